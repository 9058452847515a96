"""Which real images ready images were made from, as far as a list says, and what that leaves open.

Each sentence here is about one generator of ready images, for the report and data cards.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.datasets.tables import read_table
from synthmix.datasets.texts import tidied
from synthmix.errors import UserError

PARTS = ("train", "validation", "test", "held_out")
SAMPLE_ID = "sample_id"


def listed_ids(path: str | Path) -> list[str]:
    """Return the identifiers of real images that the file `path` lists, each once.

    They stand in its column sample_id, or one a line. Raises UserError for another file.
    """
    try:
        table = read_table(Path(path))
    except FileNotFoundError:
        raise UserError(f"learned_from: there is no file {path}; name it, or say unknown") from None
    place = table.position(SAMPLE_ID)
    if place is None and len(table.columns) != 1:
        raise UserError(
            f"learned_from: {path} has no column {SAMPLE_ID}, but {', '.join(table.columns)}: call "
            f"the column so, or write one identifier a line"
        )
    texts = list(table.rows[0 if place is None else place])
    named = texts if place is not None else [table.columns[0], *texts]
    return list(dict.fromkeys(text for text in map(tidied, named) if text))


def listed_samples(samples: pd.DataFrame, path: str | Path | None) -> pd.DataFrame:
    """Return those of `samples`, the table of a split, that `path` lists; none where it is None."""
    named = [] if path is None else listed_ids(path)
    return samples[samples[SAMPLE_ID].isin(named)]


def unknown_origin(names: Sequence[str]) -> str:
    """Return what is to be said of generators whose images were made from nobody knows what."""
    if not names:
        return ""
    return (
        f"What the images of {_listed(names)} were made from is not known (learned_from: "
        f"unknown). Test images may be among it: a leak that can't be ruled out. Where they help, "
        f"that may be why."
    )


def leaks(row: Mapping[str, Any]) -> list[str]:
    """Return what of the test, or of validation, a generator's images show, sentence by sentence.

    `row` is one of the table of `tabulate_ready_images`.
    """
    name, found = row["generator"], []
    if row["listed_test"]:
        found.append(
            f"{name} was made from {_images(row['listed_test'], 'test image')} of "
            f"{_images(row['listed_test_patients'], 'patient')}, as its list says (learned_from): "
            f"what its images do for a classifier is judged on images that they come from, and "
            f"looks too good."
        )
    if row["equal_test"]:
        found.append(
            f"{_images(row['equal_test'], 'image')} of {name} {_are(row['equal_test'])} real test "
            f"images, pixel by pixel: who trains on them trains on the test, and results look too "
            f"good. Remove them from the pool."
        )
    if row["listed_validation"] or row["equal_validation"]:
        found.append(
            f"{name} knows validation images: {row['listed_validation']:,} are in its list "
            f"(learned_from), {row['equal_validation']:,} in its pool itself. Validation is too "
            f"good for its mixes, and so is what is stopped or chosen by it."
        )
    return found


def remarks(row: Mapping[str, Any]) -> list[str]:
    """Return what else is to be said of the pool of a generator; `row` as of `leaks`."""
    name, found = row["generator"], []
    if row["equal_train"]:
        found.append(
            f"{_images(row['equal_train'], 'image')} of {name} {_are(row['equal_train'])} real "
            f"training images, pixel by pixel: copies."
        )
    if row["repeated"]:
        found.append(
            f"{row['repeated']:,} of the {row['images']:,} images of {name} are the same as an "
            f"earlier one of it."
        )
    if row["unreadable"]:
        found.append(
            f"{_images(row['unreadable'], 'image')} of {name} could not be read: ready_images/"
            f"{name}_rejected.csv lists them."
        )
    if row["listed_unknown"]:
        found.append(
            f"{row['listed_unknown']:,} of the {row['listed']:,} identifiers that {name} says it "
            f"was made from are none of this data set: whatever they are is not checked."
        )
    return found


def _images(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _are(count: int) -> str:
    return "is one of the" if count == 1 else "are"


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
