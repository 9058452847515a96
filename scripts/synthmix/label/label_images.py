"""The command line that makes a page to label images with."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path

from tqdm import tqdm

from synthmix import command_line
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
    return command_line.run(label_images, _parser().parse_args(arguments))


def label_images(asked: Namespace) -> None:
    """Write the page that was `asked` for. Raises UserError and OSError."""
    _check(asked)
    keys = label_keys(asked.labels, asked.keys)
    output, place = Path(asked.output), Path(asked.input)
    with open_images(place, output.parent) as found:
        images = _shown(found, asked.pixels, asked.limit_mb, command_line.threads_of(asked))
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
    print(told + (f". {len(bad)} can't be shown, which the page lists too:{listed}" if bad else ""))


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


def _check(asked: Namespace) -> None:
    command_line.require_names(asked, "input", "--output")
    output = Path(asked.output)
    if output.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"--output {output}: give it the ending .html, for a browser to know it by")
    command_line.require_new_file(output)
    command_line.require_one_at_least(asked, "--threads", "--pixels")
    if not asked.limit_mb > 0:
        raise UserError(f"--limit-mb {asked.limit_mb:g}: give more than 0")


def _printable(text: str) -> str:
    """Return `text` as UTF-8 can hold it."""
    return text.encode("utf-8", "replace").decode()


def _parser() -> ArgumentParser:
    parser = command_line.parser_of(
        "label_images.py",
        description="Make a page to label images with, one key a label: of volumes their three "
        "middle slices, of pictures the picture. The page is one file, works without a network "
        "and saves a CSV that a data set of the source manifest reads.",
        example=EXAMPLE,
    )
    add = parser.add_argument
    add("input", help="folder with images, or with folders of them; archive (.zip, .tar.gz); image")
    add("--output", required=True, metavar="FILE.html", help="where the page goes")
    add("--labels", nargs="+", default=["good", "bad"], metavar="LABEL", help="default: good bad")
    add("--keys", nargs="+", metavar="KEY", help="of each label; its first letter by default")
    add("--blind", action="store_true", help="hide what files are called, and shuffle them")
    add("--pixels", type=int, default=480, metavar="N", help="longest side of a picture: 480")
    add("--limit-mb", type=float, default=200, metavar="MB", help="of the page: 200")
    command_line.add_threads(parser)
    return parser
