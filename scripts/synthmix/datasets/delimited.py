"""Tables in text files, as spreadsheets and programs of many countries write them."""

import csv
import gzip
import io
import itertools
import logging
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

from synthmix.datasets.texts import some, tidied
from synthmix.errors import UserError

LOGGER = logging.getLogger(__name__)
SEPARATORS = (",", ";", "\t", "|")
Row = tuple[int, list[str]]
"""The number of the line in its file, from 1, and the fields."""

# of UTF-32 first: its mark begins as that of UTF-16 does
_MARKS = {
    b"\xff\xfe\0\0": "utf-32-le",
    b"\0\0\xfe\xff": "utf-32-be",
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
_GZIP = b"\x1f\x8b"
_PROBED = 200  # rows that the separator is told by


def delimited_rows(file: Path, content: bytes) -> list[Row]:
    """Return the rows of a table, the header first; empty lines are left out.

    `content` is that of the file, as it is or compressed by gzip. The separator is the one of
    `SEPARATORS` that fits best, whatever the file is called. Text that is neither UTF-8 nor UTF-16
    is taken for Windows-1252, with a warning. Rows have as many fields as the header: what
    commas at the end of lines add is left out. Raises `UserError` with the numbers of the lines
    where rows are longer or shorter than that, or quotes are not closed.
    """
    text = _decoded(file, _unpacked(file, content))
    if text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<?xml")):
        raise UserError(f"{file}: is a web page, not a table; download or export the table again")
    stated = re.match(r"sep=(.)\r?\n?", text, re.IGNORECASE)  # as Excel takes it
    rows = _parsed(file, text, stated[1] if stated else _separator(text))
    rows = rows[1:] if stated else rows
    return _squared(file, rows) if rows else []


def _unpacked(file: Path, content: bytes) -> bytes:
    if not content.startswith(_GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{file}: cannot be unpacked ({error}); mend it") from error


def _decoded(file: Path, content: bytes) -> str:
    mark = next((mark for mark in _MARKS if content.startswith(mark)), b"")
    encoding = _MARKS[mark] if mark else _wide(content) or "utf-8"
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        if mark or encoding != "utf-8":
            raise UserError(f"{file}: is no text ({error}); save it as CSV in UTF-8") from error
        text = _western(file, content)
    if "\0" in text:
        raise UserError(f"{file}: is no text, and no table; save it as CSV in UTF-8, or as .xlsx")
    return text


def _wide(content: bytes) -> str | None:
    """Return the encoding of two bytes a letter that every other byte is 0 by, or None."""
    first, second = content[:1000:2].count(0), content[1:1000:2].count(0)
    if max(first, second) < len(content[:1000]) / 4:
        return None
    return "utf-16-le" if second > first else "utf-16-be"


def _western(file: Path, content: bytes) -> str:
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        raise UserError(
            f"{file}: its text is neither UTF-8 nor Windows-1252; save it as CSV in UTF-8"
        ) from None
    word = re.search(r"[^\s,;|\"]*[^\0-\x7f][^\s,;|\"]*", text)
    LOGGER.warning(
        "%s: is not UTF-8 and is read as Windows-1252%s; save it as UTF-8 if that is wrong",
        file,
        f", such as {word[0]}" if word else "",
    )
    return text


def _separator(text: str) -> str:
    """Return the separator by which most of the first rows have as many fields as the header."""

    def fit(separator: str) -> tuple[float, int]:
        read = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
        try:
            rows = list(itertools.islice((row for row in read if any(row)), _PROBED))
        except csv.Error:
            return 0, 0
        width = _width(rows[0]) if rows else 0
        alike = sum(_width(row) <= width <= len(row) for row in rows)
        return (alike / len(rows), width) if width > 1 else (0, 0)

    return max(SEPARATORS, key=fit)


def _parsed(file: Path, text: str, separator: str) -> list[Row]:
    read = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True
    )
    rows, line = [], 0
    try:
        for fields in read:
            first, line = line + 1, read.line_num
            if any(tidied(field) for field in fields):
                rows.append((first, fields))
    except csv.Error as error:
        raise UserError(
            f"{file}: cannot be read as a table: in the row that begins in line {line + 1} a quote "
            f"is not closed or stands alone ({error}); mend it"
        ) from error
    return rows


def _width(fields: Sequence[str]) -> int:
    """Return the number of fields but for empty ones at the end."""
    return max((number for number, field in enumerate(fields, 1) if field.strip()), default=0)


def _squared(file: Path, rows: list[Row]) -> list[Row]:
    """Return the rows, each with as many fields as the header has."""
    first, header = rows[0]
    width = _width(header)
    ragged = [
        f"line {line} has {max(_width(fields), min(len(fields), width))}"
        for line, fields in rows
        if not _width(fields) <= width <= len(fields)
    ]
    if ragged:
        raise UserError(
            f"{file}: cannot be read as a table: {len(ragged)} of {len(rows) - 1} rows have another"
            f" number of fields than the header, which has {width} ({some(header[:width])}, line "
            f"{first}): {'; '.join(ragged[:5])}; mend them: text with a separator in it stands in "
            "quotes, and nothing above the header"
        )
    return [(line, fields[:width]) for line, fields in rows]
