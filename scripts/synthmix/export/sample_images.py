"""The command line that makes images from a trained generator's file."""

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from synthmix import command_line
from synthmix.errors import UserError, one_of
from synthmix.export.card import Provenance, data_card
from synthmix.export.destination import destination, require_free
from synthmix.export.images import Request, weights_by_class, write_images
from synthmix.generate.models.weights_file import read_header
from synthmix.runtime.devices import set_up_torch
from synthmix.scopes import ALL_CLASSES
from synthmix.store import read_table

EXAMPLE = """example:
  sample_images.py results/paper/mine/mine/generators/dcgan/sick/weights.safetensors \\
      --seeds 100-199 --truncation 0.8 --output sick.zip
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status: 0, 1 for what the user can mend, 130 stopped.

    What is not finished is not left behind.
    """
    return command_line.run(sample_images, _parser().parse_args(arguments))


def sample_images(asked: Namespace) -> None:
    """Make the images that were `asked` for. Raises UserError and OSError."""
    output, weights = Path(asked.output), Path(asked.checkpoint)
    require_free(output)
    files = weights_by_class([weights])
    for label in asked.classes or []:
        if label not in files:
            raise UserError(f"--class: {one_of(label, files, f'classes of {weights}')}")
    header = read_header(weights)
    request = Request(
        generator=asked.name or header.model,
        weights=dict.fromkeys(dict.fromkeys(asked.classes or files), weights),
        seeds=_seeds(asked),
        truncation=asked.truncation,
    )
    command_line.require_one_at_least(asked, "--threads")
    device = set_up_torch({"device": asked.device, "training_threads": asked.threads})
    provenance = Provenance(leakage=header.leakage, training_images=_training_images(weights))
    card = data_card(request, provenance)
    with destination(output) as add:
        write_images(request, card, add, device)
    print(f"{len(request.seeds) * len(request.weights)} images in {output}")


def _parser() -> ArgumentParser:
    parser = command_line.parser_of(
        "sample_images.py",
        description="Make images from a trained generator, one a seed and class, as PNG files with "
        "a list (manifest.csv) and a data card (README.md). Equal seeds make the images that the "
        "workflow makes.",
        example=EXAMPLE,
    )
    add = parser.add_argument
    add("checkpoint", help="weights.safetensors of a generator that was trained here")
    add(
        "--class",
        dest="classes",
        nargs="+",
        metavar="NAME",
        help="classes to make; all that it has learned by default",
    )
    count = parser.add_mutually_exclusive_group(required=True)
    count.add_argument("--images", type=int, metavar="N", help="of each class, from seed 0 on")
    count.add_argument("--seeds", metavar="X-Y", help="the seeds from X to Y, both included")
    add("--truncation", type=float, default=1.0, metavar="T", help="1: full variety; 0: average")
    add("--output", required=True, metavar="FOLDER|FILE.zip", help="where the images go")
    add("--name", metavar="NAME", help="what the list calls the generator; its kind by default")
    command_line.add_device(parser)
    command_line.add_threads(parser, "as many as the workflow's training_threads for equal images")
    return parser


def _seeds(asked: Namespace) -> range:
    """Return the seeds that were asked for, either way."""
    if asked.seeds is None:
        if asked.images < 1:
            raise UserError(f"--images {asked.images}: ask for one image at least")
        return range(asked.images)
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", asked.seeds.strip(), re.ASCII)
    if found is None:
        raise UserError(
            f"--seeds {asked.seeds}: give two whole numbers, 0 or more, as in --seeds 100-199"
        )
    first, last = int(found[1]), int(found[2] or found[1])
    if last < first:
        raise UserError(f"--seeds {asked.seeds}: {last} comes before {first}; turn them round")
    return range(first, last + 1)


def _training_images(weights: Path) -> dict[str, int]:
    """Return how many images the generator was trained on, where that is told beside its file."""
    beside = weights.with_name("trained_on.csv")
    if not beside.is_file():
        return {}
    classes = read_header(weights).class_names
    learned = classes[0] if len(classes) == 1 else ALL_CLASSES
    # of ready images nobody may know
    return {learned: count} if (count := len(read_table(beside))) else {}
