"""Tables in workbooks of Excel."""

import io
import logging
import re
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from synthmix.datasets.delimited import Row
from synthmix.errors import UserError, one_of

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

LOGGER = logging.getLogger(__name__)


def workbook_rows(file: Path, content: bytes, sheet: str | None) -> list[Row]:
    """Return the rows of a sheet, the header first; empty rows are left out.

    Without `sheet` it is the first that is not hidden; several are told. Text stays as it is,
    whole numbers are written without a point, with the zeros in front that the sheet shows. Cells
    that were merged all say what the first of them says. Raises `UserError` when the file is no
    such workbook or has no such sheet.
    """
    import openpyxl

    try:
        workbook = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    except Exception as error:  # damaged workbooks make openpyxl raise nearly anything
        raise UserError(
            f"{file}: cannot be read as a table: it is no workbook of Excel ({error}); save it as "
            ".xlsx or as CSV"
        ) from error
    chosen = _sheet(file, workbook, sheet)
    _fill_merged(chosen)
    rows = [(cells[0].row, [_text(cell) for cell in cells]) for cells in chosen.iter_rows()]
    return [row for row in rows if any(row[1])]


def _sheet(file: Path, workbook: "Workbook", name: str | None) -> "Worksheet":
    sheets = {sheet.title: sheet for sheet in workbook.worksheets}
    if name is not None:
        if name not in sheets:
            raise UserError(f"sheet: {one_of(name, sheets, f'sheets of {file}')}")
        return sheets[name]
    shown = [sheet for sheet in sheets.values() if sheet.sheet_state == "visible"]
    if not shown:
        raise UserError(f"{file}: has no sheet that is not hidden; set sheet to one of {[*sheets]}")
    if len(shown) > 1:
        names = ", ".join(sheet.title for sheet in shown)
        LOGGER.warning("%s: of its sheets (%s) the first is read", file, names)
    return shown[0]


def _fill_merged(sheet: "Worksheet") -> None:
    for merged in list(sheet.merged_cells.ranges):
        first = sheet.cell(merged.min_row, merged.min_col)
        value, form = first.value, first.number_format
        sheet.unmerge_cells(merged.coord)
        for row, column in merged.cells:
            cell = sheet.cell(row, column, value)
            cell.number_format = form


def _text(cell: "Cell") -> str:
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            value = int(value)
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime() | date():
            return value.isoformat()
    text = str(value).strip()
    # 7 shown as 007 is 007 to whoever made the sheet
    zeros = re.fullmatch("0+", cell.number_format or "")
    return text.zfill(len(zeros[0])) if zeros and isinstance(value, int) else text
