"""Errors that are meant for people, and the words that their messages share."""

import difflib
from collections.abc import Iterable
from typing import Any

_LONGEST_VALUE = 60


class UserError(Exception):
    """Something the user can mend: a setting, a file, a full disk.

    The message says which file or setting, what is wrong with it and what to do. Whoever runs
    the code shows it as it stands, without a traceback, and exits with code 1.
    """


def one_of(value: Any, options: Iterable[Any], kind: str = "") -> str:
    """Return that `value` is none of `options`, which are called `kind`, and the closest one."""
    options = list(options)
    listed = ", ".join(map(str, options)) or "there are none"
    prefix = f"the {kind}: " if kind else ""
    return f"{shown(value)} is not one of {prefix}{listed}{did_you_mean(value, options)}"


def did_you_mean(value: Any, options: Iterable[Any]) -> str:
    """Return a suggestion to append to a message, or "" where no option is like `value`."""
    by_text = {str(option).lower(): option for option in options}
    close = difflib.get_close_matches(str(value).lower(), by_text, n=1)
    return f"; did you mean {by_text[close[0]]}?" if close else ""


def printable(text: str) -> str:
    """Return `text` with what is no Unicode, as the names of files may be, written as \\udce9."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def shown(value: Any) -> str:
    """Return `value` as a message shows it: near to what stands in the file, and short."""
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."
