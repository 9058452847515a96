"""What the command lines share: their options, and mistakes as messages."""

import argparse
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from synthmix.errors import UserError


def parser_of(script: str, description: str, example: str) -> ArgumentParser:
    """Return the parser of `script`; `example` stands at the end of its help as it is."""
    return ArgumentParser(
        prog=script,
        description=description,
        epilog=example,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_device(parser: ArgumentParser) -> None:
    """Add the option of where networks run."""
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")


def add_threads(parser: ArgumentParser, meaning: str = "no more than cores") -> None:
    """Add the option of how many CPU threads to use; `meaning` is what else there is to say."""
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help=f"CPU threads, {meaning}"
    )


def run(work: Callable[[Namespace], int | None], asked: Namespace) -> int:
    """Do the `work` that was `asked` for; return the exit status.

    That is what `work` returns or 0, 1 where the user has something to mend and 130 after Ctrl-C.
    `work` leaves nothing behind that it has not finished.
    """
    try:
        return work(asked) or 0
    except UserError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(
            f"can't be read or written: {error}; make room, mend the permissions or name another "
            "place, and run the same command again"
        )
    except KeyboardInterrupt as stop:
        also = f"; {stop}" if str(stop) else ""
        return _failed(f"stopped; nothing is left that was not finished{also}", status=130)


def require_names(asked: Namespace, *arguments: str) -> None:
    """Raise UserError where one of the `arguments`, files or folders, is given as ''."""
    for argument in arguments:
        if _value(asked, argument) == "":
            raise UserError(f"{argument} is empty: name a file or folder")


def require_new_file(path: Path) -> None:
    """Raise UserError where something is at `path`, which --output names, that might be lost."""
    if path.exists():
        raise UserError(f"--output {path} is there already: remove it, or name another file")


def require_one_at_least(asked: Namespace, *options: str) -> None:
    """Raise UserError where one of the `options`, numbers, is less than 1."""
    for option in options:
        if _value(asked, option) < 1:
            raise UserError(f"{option} {_value(asked, option)}: give 1 at least")


def threads_of(asked: Namespace) -> int:
    """Return how many CPU threads to use: as many as were asked for, but no more than cores."""
    return min(asked.threads, os.cpu_count() or 1)


def _value(asked: Namespace, argument: str) -> str | int:
    return getattr(asked, argument.removeprefix("--").replace("-", "_"))


def _failed(message: str, status: int = 1) -> int:
    print(f"\nsynthmix: {message}\n", file=sys.stderr)
    return status
