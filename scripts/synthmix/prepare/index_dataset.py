"""From a folder of raw files to one table of samples."""

import logging
import os.path
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.acquire.raw import raw_root
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.prepare.passed_over import in_words
from synthmix.raw_names import raw_file
from synthmix.registry import load_dataset
from synthmix.scopes import UNLABELLED

LOGGER = logging.getLogger(__name__)
COLUMNS = ["sample_id", "path", "frame", "label", "group", "part"]
PARTS = ["", "train", "validation", "test"]
_MOST_SHOWN = 3
_REASONS = {
    "field_uniqueness": "not unique",
    "multiple_fields_uniqueness": "the same file and frame more than once",
}


def index_dataset(
    settings: dict[str, Any],
    fetched: str | Path,
    output: str | Path,
    passed_over: str | Path | None = None,
) -> None:
    """List the images of a data set, and tell of files that are none.

    `settings` are the data set's; `fetched` is what `fetch_dataset` wrote. The table `output`
    has the columns of `COLUMNS`, a row an image; `passed_over` gets what `Dataset.passed_over`
    returns. Raises UserError when the raw files are gone or the table is not what a table of
    samples must be.
    """
    dataset = load_dataset(settings["source"])(**settings)
    root = raw_root(fetched)
    table = dataset.index(root)
    table = table.assign(**{name: "" for name in ("frame", "part") if name not in table})[COLUMNS]
    validate_index(table, dataset.class_names(), root, dataset.has_unlabelled)
    _log_counts(table)
    others = dataset.passed_over(root)
    if words := in_words(others):
        LOGGER.warning("%s; passed over, and listed in rejected.csv", words)
    if passed_over is not None:
        write_table(passed_over, others)
    write_table(output, table)


def read_index(path: str | Path) -> pd.DataFrame:
    """Read a table of samples; every column is text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def validate_index(
    table: pd.DataFrame, classes: Sequence[str], root: Path, has_unlabelled: bool = False
) -> None:
    """Raise UserError, with the first rows at fault, unless `table` is a table of samples.

    Identifiers are unique and fit for file names, labels are among `classes` or, where it
    `has_unlabelled`, say that an image is of none, each class has an image, none is listed twice
    and none lacks a patient. Files may be missing below `root`, which `prepare_images` tells, but
    not all of them.
    """
    import pandera.pandas as pandera

    text = {"dtype": str, "nullable": False}
    labels = (*classes, UNLABELLED) if has_unlabelled else classes
    schema = pandera.DataFrameSchema(
        {
            "sample_id": pandera.Column(
                **text,
                unique=True,
                checks=pandera.Check.str_matches(
                    r"^[A-Za-z0-9._-]+$", error="not made of letters, digits and ._-"
                ),
            ),
            "path": pandera.Column(**text),
            "frame": pandera.Column(**text),
            "label": pandera.Column(
                **text, checks=pandera.Check.isin(labels, error="not a class of the data set")
            ),
            "group": pandera.Column(
                **text, checks=pandera.Check.str_length(min_value=1, error="no patient")
            ),
            "part": pandera.Column(**text, checks=pandera.Check.isin(PARTS)),
        },
        unique=["path", "frame"],
        strict=True,
    )
    try:
        schema.validate(table, lazy=True)
    except pandera.errors.SchemaErrors as error:
        raise UserError(_explained(error.failure_cases)) from None
    if not any(os.path.lexists(raw_file(root, path)) for path in table["path"]):
        shown = ", ".join(table["path"].head(_MOST_SHOWN))
        raise UserError(f"none of the files of the images is there below {root}, such as {shown}")
    absent = [label for label in classes if label not in set(table["label"])]
    if absent:
        raise UserError(f"the raw files have no image of class {', '.join(absent)}")


def _explained(failures: pd.DataFrame) -> str:
    lines = []
    for (column, check), cases in failures.groupby(["column", "check"], dropna=False):
        shown = ", ".join(str(case) for case in cases["failure_case"].head(_MOST_SHOWN))
        check = _REASONS.get(check, check)
        lines.append(f"  {column}: {check}: {len(cases)} rows, such as {shown}")
    return "the list of images is not as it must be:\n" + "\n".join(lines)


def _log_counts(table: pd.DataFrame) -> None:
    for label, count in table["label"].value_counts().sort_index().items():
        patients = table.loc[table["label"] == label, "group"].nunique()
        LOGGER.info("%s: %d images of %d patients", label, count, patients)
    classes = table.groupby("group")["label"].nunique()
    several = classes.index[classes > 1]
    if len(several):
        LOGGER.info(
            "%d patients have images of several classes, such as %s: they are kept whole",
            len(several),
            ", ".join(several[:_MOST_SHOWN]),
        )
