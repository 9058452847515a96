"""What the rows of a user's table show: a column of labels, or a column for each label."""

import logging
import re
from collections.abc import Mapping, Sequence

import pandas as pd

from synthmix.datasets.tables import Table, counts
from synthmix.datasets.texts import some, tidied
from synthmix.errors import UserError

LOGGER = logging.getLogger(__name__)
_YES, _NO = re.compile(r"1([.,]0*)?|true|yes", re.I), re.compile(r"(0([.,]0*)?|false|no)?", re.I)
Classes = Mapping[str, Sequence[str]]
"""For each class the labels that it is made of."""


def labels_of_rows(
    table: Table, classes: Classes, column: str, label_columns: Sequence[str] | None
) -> pd.Series:
    """Return the class of each row that belongs to one; the others are told.

    The label stands in `column`; or it is that one of `label_columns` that has 1 in the row where
    the others have 0. Raises `UserError` when a column is missing or a class has no rows.
    """
    if label_columns is not None:
        where, values = "label_columns", _marked(table, label_columns)
    else:
        where, values = column, _said(table, classes, column)
    owners = {tidied(value): label for label, named in classes.items() for value in named}
    labels = values.map(owners).dropna()
    for label, named in classes.items():
        if not (labels == label).any():
            raise UserError(
                f"classes: {label} has no rows: the column {where} of {table.file} nowhere says "
                f"{' or '.join(named)}, but {counts(values)}"
            )
    if len(labels) < len(values):
        others = values.drop(labels.index)
        LOGGER.warning(
            "%s: %d of %d rows are left out, whose label is of no class: %s%s",
            *(table.file, len(others), len(values), counts(others), _nearly(others, owners)),
        )
    return labels


def _nearly(others: pd.Series, owners: Mapping[str, str]) -> str:
    """Return, to append, a label that is left out and is one of a class but for its case."""
    by_case = {value.casefold(): value for value in owners}
    near = [value for value in others.unique() if value.casefold() in by_case]
    return f"; {near[0]!r} is not {by_case[near[0].casefold()]!r}: name both" if near else ""


def _said(table: Table, classes: Classes, name: str) -> pd.Series:
    values = [value for named in classes.values() for value in named]
    if table.position(name) is None and all(table.position(value) is not None for value in values):
        raise UserError(
            f"{table.file}: has no column {name!r}, but one for each class: where these say 1 for "
            f"their own images and 0 for others, set label_columns: [{', '.join(values)}]"
        )
    return table.texts(name, "columns.label").map(tidied)


def _marked(table: Table, names: Sequence[str]) -> pd.Series:
    """Return the one of the columns `names` that each row has 1 in, of rows with just one."""
    marks = pd.DataFrame({name: table.texts(name, "label_columns") for name in names})
    for name in names:
        wrong = marks[name][[not (_YES.fullmatch(m) or _NO.fullmatch(m)) for m in marks[name]]]
        table.refuse(wrong, f"rows of the column {name} say neither 1 nor 0", "mend label_columns")
    marks = marks.map(lambda mark: _YES.fullmatch(mark) is not None)
    marked = marks.sum(axis="columns")
    values = marks.idxmax(axis="columns").map(tidied)
    for how, left_out in (("no label", marked == 0), ("several labels", marked > 1)):
        if left_out.any():
            lines = some(f"{table.row_word} {line}" for line in marked.index[left_out])
            LOGGER.warning(
                "%s: %d of %d rows have %s and are left out: %s",
                *(table.file, left_out.sum(), len(marked), how, lines),
            )
    return values[marked == 1]
