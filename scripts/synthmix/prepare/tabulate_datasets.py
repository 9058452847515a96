"""One table of all data sets: how many images of which class, and what was wrong with them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.files import write_table, write_text
from synthmix.prepare.parts import leakage_in, rows_of
from synthmix.prepare.passed_over import passed_over_of, unreadable_of
from synthmix.scales import warning_of
from synthmix.store import read_table

LOGGER = logging.getLogger(__name__)
SPLITS = ("train", "validation", "test", "held_out")
_TITLES = {
    "study": "study",
    "dataset": "data set",
    "label": "class",
    "images": "images",
    "patients": "patients",
    **{split: split.replace("_", " ") for split in SPLITS},
    "leakage": "leakage",
    "rejected": "rejected",
    "passed_over": "passed over",
    "duplicates": "duplicates",
    "size": "size in pixels or voxels",
    "published": "published",
    "difference": "difference",
}
_LEGEND = """\
patients: an image whose patient is not known counts as one. held out: used by nothing (left out
of a sample, of a test patient the test sample has no place for, or the same as one of another
patient), or, of the class unlabelled, by generators alone that learn from all. leakage: by_image
where patients are in several splits, as_published where test images are among those of training and
validation.
rejected: can't be read, passed over: files that are no images (both: rejected.csv). duplicates: the
same or nearly the same as one of another patient or class (duplicates.csv). size: width x height,
x depth for volumes, of the raw images. published: what the source work counts, where it does;
difference: what is there, rejected images too, less that."""

_DEMO = "Demo: embedded images, not the data sets themselves."


@dataclass(frozen=True)
class DatasetFiles:
    """The tables of one data set of one study, and the images of each class that are published."""

    study: str
    dataset: str
    split: Path
    rejected: Path
    duplicates: Path
    published: Mapping[str, int]


def tabulate_datasets(
    datasets: Sequence[DatasetFiles], table: str | Path, markdown: str | Path, scale: str
) -> None:
    """Write a row for each class of each data set to `table`, and the same in Markdown.

    Images and patients are those that can be read, splits count images; `rejected` images can't be
    read, files `passed_over` are none, `duplicates` are the same or nearly the same as one of
    another patient or class. `size` is the range of the raw images. Where a number is published the
    difference to it, rejected images counted in, stands beside it and in the log.
    """
    rows = pd.DataFrame([row for dataset in datasets for row in describe_dataset(dataset)])
    rows = rows.astype({"published": "Int64", "difference": "Int64"})
    for row in rows[rows["difference"].fillna(0) != 0].itertuples():
        LOGGER.warning(
            "%s, %s: %d images of class %s, and the source counts %d",
            *(row.study, row.dataset, row.published + row.difference, row.label, row.published),
        )
    write_table(table, rows)
    title = warning_of(scale, _DEMO) or "Raw data."
    write_text(markdown, f"{title}\n\n{_markdown(rows)}\n{_LEGEND}\n")


def describe_dataset(dataset: DatasetFiles) -> list[dict[str, Any]]:
    """Return a row for each class of `dataset`, with the keys of the table."""
    split = read_table(dataset.split)
    left_out = read_table(dataset.rejected)
    rejected = unreadable_of(left_out)["label"].value_counts()
    passed_over = passed_over_of(left_out)["label"].value_counts()
    duplicates = read_table(dataset.duplicates)["label"].value_counts()
    leakage = leakage_in(split)
    rows = []
    for label, samples in split.groupby("label"):
        published = dataset.published.get(label)
        found = len(samples) + rejected.get(label, 0)
        rows.append(
            {
                "study": dataset.study,
                "dataset": dataset.dataset,
                "label": label,
                "images": len(samples),
                "patients": samples["group"].nunique(),
                **{name: len(rows_of(samples, name)) for name in SPLITS},
                "leakage": leakage,
                "rejected": rejected.get(label, 0),
                "passed_over": passed_over.get(label, 0),
                "duplicates": duplicates.get(label, 0),
                "size": size_range(samples),
                "published": published,
                "difference": None if published is None else found - published,
            }
        )
    return rows


def size_range(samples: pd.DataFrame) -> str:
    """Return the smallest and the largest of each side, such as 320-512 x 240-512."""
    sides = ["width", "height"] + (["depth"] if (samples["depth"] > 1).any() else [])
    ranges = []
    for side in sides:
        low, high = samples[side].min(), samples[side].max()
        ranges.append(f"{low}" if low == high else f"{low}-{high}")
    return " x ".join(ranges)


def _markdown(rows: pd.DataFrame) -> str:
    shown = rows.astype(object).where(rows.notna(), "")
    lines = [list(_TITLES.values()), ["---"] * len(_TITLES)]
    lines += [
        [str(row[column]).replace("|", "\\|") for column in _TITLES]
        for row in shown.to_dict("records")
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
