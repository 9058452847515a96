"""Tables that users bring along, read alike wherever a setting names one."""

import io
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.datasets.delimited import Row, delimited_rows
from synthmix.datasets.texts import letters_of, some, tidied
from synthmix.datasets.workbooks import workbook_rows
from synthmix.errors import UserError, did_you_mean

SUFFIXES = (
    *(".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz", ".tab"),
    *(".xlsx", ".xlsm", ".parquet"),
)
_SHOWN = 20
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class Table:
    """A table, all of it text, and the file it is from."""

    file: Path
    columns: tuple[str, ...]
    """The words of the header, without space around; empty where a column has none."""
    rows: pd.DataFrame
    """A column for each of `columns`, from 0; the index is the number of the line or row."""
    row_word: str = "line"
    """What such a number counts."""

    def only(self, lines: pd.Index) -> "Table":
        """Return the table with these of its rows alone."""
        return replace(self, rows=self.rows.loc[lines])

    def position(self, name: str) -> int | None:
        """Return where the column `name` is, or None.

        Where none is called exactly that, one counts whose letters and digits are the same, such
        as "Patient ID " for patient_id. Raises `UserError` where several columns are meant.
        """
        for alike in (tidied, letters_of):
            wanted = alike(name)
            found = [place for place, column in enumerate(self.columns) if alike(column) == wanted]
            if len(found) > 1:
                called = " and ".join(
                    f"{self.columns[place]!r} (column {place + 1})" for place in found
                )
                raise UserError(
                    f"{self.file}: several columns could be {name!r}: {called}; rename or remove "
                    "all but one"
                )
            if found and wanted:
                return found[0]
        return None

    def texts(self, name: str, setting: str) -> pd.Series:
        """Return a column, without space around its texts.

        Raises `UserError`, with what there is and the `setting` that names it, if it is not there.
        """
        place = self.position(name)
        if place is None:
            raise UserError(f"{self.file}: has no column {name!r}; {self._advice(name, setting)}")
        return self.rows[place]

    def refuse(self, values: pd.Series, what: str, advice: str) -> None:
        """Raise `UserError` about `values`, a column or a part of one, unless there are none.

        It says how many are `what`, with some of them and the `advice` what to do.
        """
        if len(values):
            said = f"{len(values)} {what}, such as {self.shown(values)}"
            raise UserError(f"{self.file}: {said}; {advice}")

    def shown(self, values: pd.Series) -> str:
        """Return some of `values`, a column or a part of one, with their lines."""
        return some(f"{value!r} ({self.row_word} {line})" for line, value in values.items())

    def _advice(self, name: str, setting: str) -> str:
        columns = [column for column in self.columns if column]
        listed = some(columns, _SHOWN)
        hint = did_you_mean(name, columns)
        if len(columns) == 1:
            hint += (
                "; a table of one column has no separator that is known: , ; tab or |"
                if self.row_word == "line"
                else "; nothing may stand above the header, which is the first row"
            )
        return f"set {setting} to the right one of its columns ({listed}){hint}"


def read_table(file: Path, sheet: str | None = None) -> Table:
    """Read a table: text with any usual separator and encoding, .xlsx or Parquet.

    What it is is told by its content. `sheet` is that of a workbook. Raises `UserError`, with the
    line where it has one, when it can't be read or no row is its header; `FileNotFoundError` when
    there is none.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UserError(f"{file}: cannot be read as a table ({error}); mend it") from error
    if content.startswith(b"PAR1") or file.suffix.lower() == ".parquet":
        return _read_parquet(file, content)
    if content.startswith(_OLD_EXCEL):
        raise UserError(
            f"{file}: is a workbook of an old Excel, or one with a password; save it as .xlsx "
            "without a password, or as CSV"
        )
    if content.startswith(b"PK") or file.suffix.lower() in (".xlsx", ".xlsm"):
        return replace(_table(file, workbook_rows(file, content, sheet)), row_word="row")
    return _table(file, delimited_rows(file, content))


def _table(file: Path, rows: list[Row]) -> Table:
    if not rows:
        raise UserError(f"{file}: cannot be read as a table: it is empty; it begins with a header")
    header, *body = rows
    lines = pd.Index([line for line, _ in body], dtype=int)
    fields = [[_without_space(field) for field in fields] for _, fields in body]
    frame = pd.DataFrame(fields, lines, range(len(header[1])), dtype=str)
    return Table(file, tuple(map(tidied, header[1])), frame)


def _without_space(text: str) -> str:
    text = text.strip()
    return text if text.isascii() else text.strip("\ufeff\u200b\u200e\u200f\u2060").strip()


def _read_parquet(file: Path, content: bytes) -> Table:
    import pyarrow.parquet

    try:
        arrow = pyarrow.parquet.read_table(io.BytesIO(content))
        # numbers keep their type where some are missing, an index is a column like others
        frame = arrow.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
    except (OSError, ValueError, NotImplementedError) as error:
        raise UserError(f"{file}: cannot be read as a table ({error}); mend it") from error
    columns = [[_parquet_text(value) for value in frame.iloc[:, n]] for n in range(frame.shape[1])]
    lines = range(1, len(frame) + 1)
    rows = pd.DataFrame(dict(enumerate(columns)), lines, dtype=str)
    return Table(file, tuple(tidied(str(column)) for column in frame.columns), rows, "row")


def _parquet_text(value: Any) -> str:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # what was a whole number before another row lacked one
    return _without_space(str(value))


def counts(values: pd.Series) -> str:
    """Return how often each of `values` is there, as a message shows it."""
    counted = sorted(Counter(values).items())
    return some([f"{value or 'nothing'} ({count})" for value, count in counted], _SHOWN) or (
        "nothing at all"
    )
