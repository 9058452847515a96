"""What is known of ready images: how many, what they were made from, which real ones they are."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.files import write_table
from synthmix.generate.origin import PARTS, leaks, listed_ids, remarks, unknown_origin
from synthmix.prepare.parts import rows_of
from synthmix.prepare.passed_over import unreadable_of
from synthmix.store import read_table

LOGGER = logging.getLogger(__name__)
COLUMNS = (
    *("generator", "split_number", "fold", "images", "repeated", "unreadable", "learned_from"),
    *("listed", "listed_unknown", *(f"listed_{part}" for part in PARTS), "listed_test_patients"),
    *(f"equal_{part}" for part in PARTS),
)
UNKNOWN, A_LIST = "unknown", "a list"


def tabulate_ready_images(
    pools: Mapping[str, str | Path],
    rejected: Mapping[str, str | Path],
    lists: Mapping[str, str | Path | None],
    splits: Sequence[tuple[str | Path, tuple[int, int | None]]],
    output: str | Path,
) -> None:
    """Write a row for each generator of ready images and each split, with the columns `COLUMNS`.

    By the name of the generator: `pools` has the table of what `read_ready_images` has read,
    `rejected` of what it could not, `lists` the file that says what they were made from, None where
    nobody knows. Each of `splits` is the table of a split, and its numbers of split and fold.

    Of each part `listed_<part>` counts the real images that the list names, `equal_<part>` the
    images of the pool that are one of its real images, pixel by pixel.
    """
    rows = [
        _pool(name, pools[name], rejected[name], lists[name])
        | {"split_number": split, "fold": fold}
        | _of_split(read_table(pools[name]), lists[name], read_table(table))
        for name in pools
        for table, (split, fold) in splits
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"fold": "Int64"})
    write_table(output, table)
    if said := unknown_origin([name for name in pools if lists[name] is None]):
        LOGGER.warning("%s", said)
    for row in worst(table):
        for sentence in (*leaks(row), *remarks(row)):
            LOGGER.warning("%s", sentence)


def worst(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a row for each generator: of each count the largest of all splits."""
    known = [name for name in COLUMNS if name not in ("generator", "split_number", "fold")]
    return table.groupby("generator", sort=False)[known].max().reset_index().to_dict("records")


def _pool(
    name: str, pool: str | Path, rejected: str | Path, listed: str | Path | None
) -> dict[str, Any]:
    images = read_table(pool)
    return {
        "generator": name,
        "images": len(images),
        "repeated": int(images.duplicated("content").sum()),
        "unreadable": len(unreadable_of(read_table(rejected))),
        "learned_from": UNKNOWN if listed is None else A_LIST,
    }


def _of_split(
    pool: pd.DataFrame, listed: str | Path | None, samples: pd.DataFrame
) -> dict[str, int]:
    named = [] if listed is None else listed_ids(listed)
    parts = {part: rows_of(samples, part) for part in PARTS}
    known = {part: rows[rows["sample_id"].isin(named)] for part, rows in parts.items()}
    return {
        "listed": len(named),
        "listed_unknown": len(set(named) - set(samples["sample_id"])),
        "listed_test_patients": known["test"]["group"].nunique(),
        **{f"listed_{part}": len(rows) for part, rows in known.items()},
        **{
            f"equal_{part}": int(pool["content"].isin(rows["content"]).sum())
            for part, rows in parts.items()
        },
    }
