"""Files that are no images: kept in one table with the images that can't be read, and told."""

from collections import Counter
from pathlib import Path

import pandas as pd

CLUTTER = "hidden, or made by the system"
"""The reason for files that every system makes, which are counted without their kinds."""
_MOST_KINDS = 8


def with_passed_over(unreadable: pd.DataFrame, passed_over: str | Path | None) -> pd.DataFrame:
    """Return the rows of images that can't be read, and those of the files in `passed_over` after.

    Files that are no images have no `sample_id`, but a path, a label and a reason.
    """
    if passed_over is None:
        return unreadable
    files = pd.read_csv(passed_over, dtype=str, keep_default_na=False).drop(columns="suffix")
    return pd.concat([unreadable, files]).fillna("")


def unreadable_of(rejected: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table of rejected files that are images which can't be read."""
    return rejected[~_is_no_image(rejected)]


def passed_over_of(rejected: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table of rejected files that are no images."""
    return rejected[_is_no_image(rejected)]


def in_words(files: pd.DataFrame) -> str:
    """Return how many files are no images, by suffix and reason; "" where there are none."""
    others = files[files["reason"] != CLUTTER]
    clutter = len(files) - len(others)
    parts = []
    if len(others):
        what = "no image" if len(others) == 1 else "no images"
        parts.append(f"{_files(len(others))} {what}: {_kinds(others)}")
    if clutter:
        parts.append(f"{_files(clutter)} {CLUTTER}")
    return "; ".join(parts)


def _kinds(files: pd.DataFrame) -> str:
    kinds = Counter(zip(files["suffix"], files["reason"], strict=True)).most_common()
    listed = [
        f"{count} {suffix} ({reason})".replace("  ", " ")
        for (suffix, reason), count in kinds[:_MOST_KINDS]
    ]
    more = sum(count for _, count in kinds[_MOST_KINDS:])
    return ", ".join(listed + [f"{more} more"] * (more > 0))


def _files(count: int) -> str:
    return "1 file is" if count == 1 else f"{count} files are"


def _is_no_image(rejected: pd.DataFrame) -> pd.Series:
    return rejected["sample_id"].isna() | (rejected["sample_id"] == "")
