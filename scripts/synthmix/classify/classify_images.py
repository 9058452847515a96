"""The command line that classifies new images with an exported classifier."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from synthmix import command_line
from synthmix.classify.new_images import open_images
from synthmix.classify.predict_new import load_classifiers, problems_of, summary, write_answers
from synthmix.classify.sorting import WAYS, check_sorting, sort_images
from synthmix.errors import UserError
from synthmix.runtime.devices import set_up_torch

EXAMPLE = """example:
  classify_images.py results/paper/mine/mine/classifiers/vgg16/real_only/seed1/model.safetensors \\
      new_images/ --output new_images.csv --sort-into sorted --by link
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status: 0, 1 for what the user can mend, 130 stopped.

    What is not finished is not left behind.
    """
    return command_line.run(classify_images, _parser().parse_args(arguments))


def classify_images(asked: Namespace) -> None:
    """Classify the images that were `asked` for. Raises UserError and OSError."""
    _check(asked)
    output, place = Path(asked.output), Path(asked.input)
    sorted_into = asked.sort_into and Path(asked.sort_into)
    threads = command_line.threads_of(asked)
    device = set_up_torch({"device": asked.device, "training_threads": threads})
    classifier = load_classifiers(asked.models, device)
    print(classifier.header.about, file=sys.stderr)
    with open_images(place, output.parent) as images:
        output.parent.mkdir(parents=True, exist_ok=True)
        if sorted_into:
            check_sorting(sorted_into, asked.by, place, images)
        answers = write_answers(classifier, images, output, asked.seed, threads)
        if problems_of(answers) == len(answers):
            raise UserError(f"{output}: {summary(images, answers)}. {_again(output)}")
        if sorted_into:
            with _sorting(sorted_into, output):
                sort_images(sorted_into, asked.by, images, answers, classifier.header.classes)
    print(f"{output}: {summary(images, answers)}")


@contextmanager
def _sorting(folder: Path, output: Path) -> Iterator[None]:
    """Say of what stops the block that the table `output` is there all the same."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"--sort-into {folder} can't be written, and nothing is left in it: {error}; make "
            f"room, mend the permissions or name another folder. {_again(output)}"
        ) from error
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(_again(output)) from stop


def _again(output: Path) -> str:
    return f"{output} is whole: move or remove it before you run the same command again"


def _check(asked: Namespace) -> None:
    command_line.require_names(asked, "input", "--output", "--sort-into")
    if "" in asked.models:
        raise UserError("model is empty: name a file or folder")
    output = Path(asked.output)
    command_line.require_new_file(output)
    command_line.require_one_at_least(asked, "--threads")
    if asked.by and not asked.sort_into:
        raise UserError(f"--by {asked.by} says how to sort: name the folder with --sort-into")
    asked.by = asked.by or WAYS[0]
    if asked.sort_into:
        table, folder = output.resolve(), Path(asked.sort_into).resolve()
        if table.is_relative_to(folder):
            raise UserError(f"--output {output} lies in --sort-into: name a file outside of it")
        if folder.is_relative_to(table):
            raise UserError(f"--sort-into {asked.sort_into} lies below --output, which is a file")


def _parser() -> ArgumentParser:
    parser = command_line.parser_of(
        "classify_images.py",
        description="Classify new images with a trained classifier: a CSV with a row an image, its "
        "class and the probability of each class. Images are made ready as those that it was "
        "trained on.",
        example=EXAMPLE,
    )
    add = parser.add_argument
    add(
        "models",
        nargs="+",
        metavar="model",
        help="model.safetensors that `snakemake export_classifiers` wrote; of several, such as "
        "those of all folds, the mean counts",
    )
    add("input", help="folder with images, or with folders of them; archive (.zip, .tar.gz); image")
    add("--output", required=True, metavar="FILE.csv", help="where the answers go")
    add("--sort-into", metavar="FOLDER", help="new folder to sort the images into, by class")
    add("--by", choices=WAYS, help="how they are sorted: lists of paths (default), links, copies")
    add("--seed", type=int, default=1, metavar="N", help="of classifiers with Monte Carlo dropout")
    command_line.add_device(parser)
    command_line.add_threads(parser)
    return parser
