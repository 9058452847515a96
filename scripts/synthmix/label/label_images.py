"""The command line that makes a page to label images with."""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tqdm import tqdm

from synthmix.classify.new_images import NewImages, open_images
from synthmix.errors import UserError
from synthmix.files import write_text
from synthmix.label.choices import label_keys
from synthmix.label.page import render_page
from synthmix.label.pictures import Shown, show_file
from synthmix.prepare.prepare_images import in_order
from synthmix.seeds import derive_seed

MEGABYTE = 1_000_000
MOST_TOLD = 5
EXAMPLE = """example:
  label_images.py scans/ --output labels.html --labels good bad --keys g b
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status: 0, 1 for what the user can mend, 130 stopped.

    What is not finished is not left behind.
    """
    asked = _parser().parse_args(arguments)
    try:
        told = label_images(asked)
    except UserError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(
            f"can't be read or written: {error}; make room, mend the permissions or name another "
            "place, and run the same command again"
        )
    except KeyboardInterrupt:
        return _failed(f"stopped; nothing is left of {asked.output}", status=130)
    print(told)
    return 0


def label_images(asked: argparse.Namespace) -> str:
    """Write the page that was `asked` for; return what there is to say of it.

    Raises UserError and OSError.
    """
    _check(asked)
    keys = label_keys(asked.labels, asked.keys)
    output, place = Path(asked.output), Path(asked.input)
    threads = min(asked.threads, os.cpu_count() or 1)
    with open_images(place, output.parent) as found:
        images = _shown(found, asked.pixels, asked.limit_mb, threads)
    good = sum(not image.reason for image in images)
    bad = [image for image in images if image.reason]
    listed = "".join(f"\n  {image.name}: {image.reason}" for image in bad[:MOST_TOLD])
    if len(bad) > MOST_TOLD:
        listed += f"\n  and {len(bad) - MOST_TOLD} more"
    if not good:
        raise UserError(f"{place}: none of {len(bad)} images can be shown:{listed}")
    if asked.blind:
        images.sort(key=lambda image: derive_seed("order", image.name))
    title = place.resolve().name or str(place)
    write_text(output, render_page(_printable(title), keys, images, asked.blind))
    told = f"{output}: {good} images to label; open it in a browser"
    return told + (f". {len(bad)} can't be shown, which the page lists too:{listed}" if bad else "")


def _shown(found: NewImages, pixels: int, limit_mb: float, threads: int) -> list[Shown]:
    """Return all that the page shows; raises UserError once that is more than the limit."""

    def show(name: str) -> Shown:
        return show_file(found.root, name, pixels)

    done = tqdm(in_order(show, found.names, threads), "read", len(found.names), disable=None)
    return list(_within(limit_mb, done, len(found.names)))


def _within(limit_mb: float, images: Iterable[Shown], count: int) -> Iterable[Shown]:
    """Yield `images`, `count` of them; raise UserError where their pictures take too much."""
    taken = 0
    for position, image in enumerate(images):
        taken += sum(map(len, image.pictures))
        if taken > limit_mb * MEGABYTE:
            needed = taken / MEGABYTE / (position + 1) * count
            raise UserError(
                f"the page would be larger than --limit-mb {limit_mb:g}: that is full after "
                f"{position} of {count} images, and all would take about {needed:.0f} MB. Make "
                "pages of fewer images, a folder at a time; shrink the pictures with --pixels; or "
                "raise --limit-mb: a browser bears some hundreds of megabytes"
            )
        yield image


def _check(asked: argparse.Namespace) -> None:
    for name, value in {"input": asked.input, "--output": asked.output}.items():
        if value == "":
            raise UserError(f"{name} is empty: name a file or folder")
    output = Path(asked.output)
    if output.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"--output {output}: give it the ending .html, for a browser to know it by")
    if output.exists():
        raise UserError(f"--output {output} is there already: remove it, or name another file")
    for name in ("threads", "pixels"):
        if getattr(asked, name) < 1:
            raise UserError(f"--{name} {getattr(asked, name)}: give 1 at least")
    if not asked.limit_mb > 0:
        raise UserError(f"--limit-mb {asked.limit_mb:g}: give more than 0")


def _printable(text: str) -> str:
    """Return `text` as UTF-8 can hold it."""
    return text.encode("utf-8", "replace").decode()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="label_images.py",
        description="Make a page to label images with, one key a label: of volumes their three "
        "middle slices, of pictures the picture. The page is one file, works without a network "
        "and saves a CSV that a data set of the source manifest reads.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("input", help="folder with images, or with folders of them; archive (.zip, .tar.gz); image")
    add("--output", required=True, metavar="FILE.html", help="where the page goes")
    add("--labels", nargs="+", default=["good", "bad"], metavar="LABEL", help="default: good bad")
    add("--keys", nargs="+", metavar="KEY", help="of each label; its first letter by default")
    add("--blind", action="store_true", help="hide what files are called, and shuffle them")
    add("--pixels", type=int, default=480, metavar="N", help="longest side of a picture: 480")
    add("--limit-mb", type=float, default=200, metavar="MB", help="of the page: 200")
    add("--threads", type=int, default=1, metavar="N", help="CPU threads, no more than cores")
    return parser


def _failed(message: str, status: int = 1) -> int:
    print(f"\nsynthmix: {message}\n", file=sys.stderr)
    return status
