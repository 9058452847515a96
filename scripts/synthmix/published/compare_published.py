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
from synthmix.published.judging import (
    ANOTHER_PROTOCOL,
    NO,
    NOT_COMPARABLE,
    YES,
    differences,
    is_inside,
)
from synthmix.published.markdown import published_markdown
from synthmix.published.protocol import LIKE_ITS_SOURCE, Protocol
from synthmix.published.results import AbsentError, Ours, Results, Searched
from synthmix.published.rows import (
    COLUMNS,
    Heading,
    Printed,
    of_dataset,
    read_headings,
    read_printed,
)
from synthmix.published.sections import read_comparison
from synthmix.published.settings import Choice, published_choices, trained_otherwise

LOGGER = logging.getLogger(__name__)
KEYS = tuple(column for column in COLUMNS if column not in ("low", "high", "note"))
# of the table that is written
WRITTEN = (
    "title",
    *KEYS,
    *("published_low", "published_high", "ours_low", "ours_high", "low", "high"),
    *("difference", "difference_high", "inside", "why_absent", "why_not_comparable", "left_out"),
    *("note", "table_note", "leakage"),
)


def compare_published(
    published: str | Path,
    dataset: str,
    results: Results,
    output: str | Path,
    markdown: str | Path,
    scale: str,
    leakage: str = NONE,
    protocol: Protocol = LIKE_ITS_SOURCE,
) -> None:
    """Write a row a published value of `dataset` to `output`, and a page about them to `markdown`.

    Columns of `output` are those of `WRITTEN`: title and table_note are of the source's table;
    ours_low and ours_high are equal but for several classifiers, of which they are the range, and
    left_out says which are not in it; low and high are the limits of its interval. difference is
    ours less the published value, and difference_high that of the upper end where ours is a range.
    inside is yes or no as `judging.is_inside` says, empty where nothing can be said,
    "not comparable" where ours is not there (why_absent) or was trained otherwise
    (why_not_comparable), and "another protocol" where the study does not follow its source.
    `leakage`, a column too, is how the images were split.
    """
    headings = read_headings(published)
    printed = of_dataset(read_printed(published), dataset)
    choices = published_choices(printed)
    rows = [
        _row(one, headings.get(one.table, Heading("")), results, choices, protocol)
        for one in printed
    ]
    table = pd.DataFrame(rows, columns=list(WRITTEN)).assign(leakage=leakage)
    write_table(output, table)
    # as others read it, too
    written = read_comparison(output)
    write_text(markdown, published_markdown(written, results.confidence, scale, leakage, protocol))
    LOGGER.info("%s", _counted(rows))


def _row(
    printed: Printed,
    heading: Heading,
    results: Results,
    choices: Mapping[Searched, Choice],
    protocol: Protocol,
) -> dict[str, Any]:
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
        why = {"why_absent": str(reason), "inside": NOT_COMPARABLE}
        return {**row, **why, "note": note}
    otherwise = trained_otherwise(printed, results, choices)
    inside = NOT_COMPARABLE if otherwise else is_inside(printed, ours)
    return {
        **row,
        **_beside(printed, ours),
        "inside": inside if protocol.is_that_of_source else ANOTHER_PROTOCOL,
        "why_not_comparable": otherwise,
    }


def _beside(printed: Printed, ours: Ours) -> Mapping[str, Any]:
    low, high = ours.interval or (None, None)
    difference, difference_high = differences(printed, ours)
    return {
        "ours_low": ours.low,
        "ours_high": ours.high,
        "low": low,
        "high": high,
        "difference": difference,
        "difference_high": difference_high,
        "left_out": "; ".join(ours.left_out),
    }


def _counted(rows: Sequence[Mapping[str, Any]]) -> str:
    inside = [row["inside"] for row in rows]
    absent = sum("why_absent" in row for row in rows)
    return (
        f"{len(rows)} published values: {inside.count(YES)} inside, {inside.count(NO)} not, "
        f"{inside.count(NOT_COMPARABLE) - absent} not comparable, "
        f"{inside.count(ANOTHER_PROTOCOL)} of another protocol, {absent} without one of ours"
    )
