"""Every value that the source of a study prints, beside ours."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.files import write_table, write_text
from synthmix.leakage import NONE
from synthmix.published.finders import find
from synthmix.published.judging import difference, is_inside
from synthmix.published.markdown import published_markdown
from synthmix.published.results import AbsentError, Ours, Results
from synthmix.published.rows import (
    COLUMNS,
    Heading,
    Printed,
    of_dataset,
    read_headings,
    read_printed,
)
from synthmix.published.sections import read_comparison

LOGGER = logging.getLogger(__name__)
KEYS = tuple(column for column in COLUMNS if column not in ("low", "high", "note"))
# of the table that is written
WRITTEN = (
    "title",
    *KEYS,
    *("published_low", "published_high", "ours_low", "ours_high", "low", "high"),
    *("difference", "inside", "why_absent", "note", "table_note", "leakage"),
)


def compare_published(
    published: str | Path,
    dataset: str,
    results: Results,
    output: str | Path,
    markdown: str | Path,
    demo: bool,
    leakage: str = NONE,
) -> None:
    """Write a row a published value of `dataset` to `output`, and a page about them to `markdown`.

    Columns of `output` are those of `WRITTEN`: title and table_note are of the source's table;
    ours_low and ours_high are equal but for several classifiers, of which they are the range; low
    and high are the limits of its interval. difference is ours less the published value, between
    ranges the gap, 0 where they overlap. inside is yes or no as `judging.is_inside` says, and
    empty where nothing can be said; why_absent says why there is no value of ours. `leakage`, a
    column too, is how the images were split.
    """
    headings = read_headings(published)
    rows = [
        _row(printed, headings.get(printed.table, Heading("")), results)
        for printed in of_dataset(read_printed(published), dataset)
    ]
    table = pd.DataFrame(rows, columns=list(WRITTEN)).assign(leakage=leakage)
    write_table(output, table)
    # as others read it, too
    written = read_comparison(output)
    write_text(markdown, published_markdown(written, results.confidence, demo, leakage))
    LOGGER.info("%s", _counted(rows))


def _row(printed: Printed, heading: Heading, results: Results) -> dict[str, Any]:
    values = asdict(printed)
    row = {
        **values,
        "class": values["label"],
        "title": heading.title,
        "table_note": heading.note,
        "published_low": printed.low,
        "published_high": printed.high,
    }
    del row["low"], row["high"]
    try:
        ours = find(printed, results)
    except AbsentError as reason:
        note = "" if printed.of == "none" else printed.note
        return {**row, "why_absent": str(reason), "note": note}
    return {**row, **_beside(printed, ours)}


def _beside(printed: Printed, ours: Ours) -> Mapping[str, Any]:
    low, high = ours.interval or (None, None)
    return {
        "ours_low": ours.low,
        "ours_high": ours.high,
        "low": low,
        "high": high,
        "difference": difference(printed, ours),
        "inside": is_inside(printed, ours),
    }


def _counted(rows: Sequence[Mapping[str, Any]]) -> str:
    inside = [row.get("inside") for row in rows]
    absent = sum("why_absent" in row for row in rows)
    return (
        f"{len(rows)} published values: {inside.count('yes')} inside, {inside.count('no')} not, "
        f"{absent} without one of ours"
    )
