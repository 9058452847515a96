"""From a folder of raw files to one table of samples."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.acquire.raw import raw_root
from synthmix.files import write_table
from synthmix.registry import load_dataset

LOGGER = logging.getLogger(__name__)
COLUMNS = ["sample_id", "path", "label", "group"]


def index_dataset(settings: dict[str, Any], fetched: str | Path, output: str | Path) -> None:
    """List the images of a data set.

    `settings` are the data set's; `fetched` is what `fetch_dataset` wrote. The table `output`
    has the columns of `COLUMNS`, a row an image. Raises UserError when the raw files are gone.
    """
    source = load_dataset(settings["source"])
    table = source.index(source.Settings(**settings), raw_root(fetched))[COLUMNS]
    if not table["sample_id"].is_unique:
        raise ValueError(f"data set source {settings['source']} gave a sample_id twice")
    for label, count in table["label"].value_counts().sort_index().items():
        patients = table.loc[table["label"] == label, "group"].nunique()
        LOGGER.info("%s: %d images of %d patients", label, count, patients)
    write_table(output, table)


def read_index(path: str | Path) -> pd.DataFrame:
    """Read a table of samples; every column is text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)
