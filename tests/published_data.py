"""Files of published values, made up."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from synthmix.published.rows import COLUMNS, Printed, curves_file, headings_file


def printed(
    table: str,
    of: str,
    metric: str = "",
    low: float | str | None = None,
    high: float | str | None = None,
    **others: str,
) -> Printed:
    """Return a published value, a range where `high` is given."""
    return Printed(table, of, metric=metric, low=low, high=low if high is None else high, **others)


def write_published(
    path: Path,
    rows: Iterable[Printed],
    headings: Mapping[str, tuple[str, str]] | None = None,
    curves: Iterable[Mapping[str, object]] = (),
) -> Path:
    """Write the file of `rows`, and beside it the titles and notes of tables and the curves."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = {"class": "label"}
    lines = [{name: getattr(row, names.get(name, name)) for name in COLUMNS} for row in rows]
    _write(path, lines, COLUMNS)
    if headings:
        lines = [{"table": t, "title": title, "note": n} for t, (title, n) in headings.items()]
        _write(headings_file(path), lines, ("table", "title", "note"))
    curves = list(curves)
    if curves:
        _write(curves_file(path), curves, tuple(curves[0]))
    return path


def _write(path: Path, lines: Iterable[Mapping[str, object]], columns: Iterable[str]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns))
        writer.writeheader()
        writer.writerows(lines)
