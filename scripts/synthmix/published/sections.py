"""The published values as people read them: a section a table of the source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from synthmix.published.judging import ANOTHER_PROTOCOL, NO, NOT_COMPARABLE, YES
from synthmix.published.protocol import LIKE_ITS_SOURCE, Protocol
from synthmix.published.rows import ALL_BUT

KEYS = {
    "classifier": "classifier",
    "mix": "training set",
    "generator": "generator",
    "candidate": "settings",
    "stage": "stage",
    "split": "images",
    "class": "class",
    "epoch": "epoch",
}
NONE = "\u2013"
MINUS = "\u2212"
ACRONYMS = {"f1": "F1", "fid": "FID", "auc": "AUC"}
OTHER_WAY = "published_way_"
EPOCHS = {name: name for name in ("best", "kept", "last", "lowest", "highest")}


@dataclass(frozen=True)
class Line:
    """A published value: what it is of by key, its measure, and all numbers as text.

    `marks` are of footnotes on the published value, `own_marks` of those on ours, `inside_marks`
    of why the two can't be compared.
    """

    keys: Mapping[str, str]
    measure: str
    published: str
    ours: str
    interval: str
    difference: str
    inside: str
    why_absent: str
    marks: Sequence[int]
    own_marks: Sequence[int]
    inside_marks: Sequence[int]


@dataclass(frozen=True)
class Section:
    """A table of the source.

    `common` is what all of its values are of, `keys` what tells them apart, by their names; `notes`
    are its footnotes, which lines refer to by their marks from 1; `departures` are those on the
    whole table, where the study departs from its source.
    """

    table: str
    title: str
    common: Mapping[str, str]
    keys: Mapping[str, str]
    lines: Sequence[Line]
    notes: Sequence[str]
    about: str
    departures: Sequence[str] = ()

    @property
    def heading(self) -> str:
        """What the source calls it, and its title."""
        name = table_name(self.table)
        return f"{name}: {self.title}" if self.title else name

    @property
    def counts(self) -> str:
        """How many of its values agree, in words."""
        inside = [line.inside for line in self.lines if not line.why_absent]
        absent = len(self.lines) - len(inside)
        judged = inside.count(YES) + inside.count(NO)
        otherwise, apart = inside.count(NOT_COMPARABLE), inside.count(ANOTHER_PROTOCOL)
        parts = [f"{inside.count(YES)} of {judged} agree"] if judged else []
        parts += [f"{otherwise} not comparable"] if otherwise else []
        parts += [f"{apart} of another protocol"] if apart else []
        parts += [f"{absent} of {len(self.lines)} without a value here"] if absent else []
        return ", ".join(parts) or "nothing that could be judged"


def read_comparison(path: str | Path) -> pd.DataFrame:
    """Return the table that `compare_published` writes, all of it text: 5.10 is not 5.1."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def sections(table: pd.DataFrame, protocol: Protocol = LIKE_ITS_SOURCE) -> list[Section]:
    """Return the sections of the table that `read_comparison` returns, in its order."""
    found = table.groupby("table", sort=False)
    return [_section(str(name), rows, protocol.notes_on(str(name))) for name, rows in found]


def table_name(table: str) -> str:
    """Return what a table is called in a sentence: as the source calls it."""
    name = f"{table[:1].upper()}{table[1:]}"
    return f"Table {name}" if table[:1].isdigit() or table[1:2] == "." else name


def value_text(low: str, high: str) -> str:
    """Return a value, or a range where the ends differ; a dash for nothing."""
    if low == "":
        return NONE
    first, last = _number(low), _number(high)
    return first if first == last else f"{first} to {last}"


def measure_text(metric: str) -> str:
    """Return what a measure is called."""
    words = [ACRONYMS.get(word, word) for word in metric.removeprefix(OTHER_WAY).split("_")]
    return " ".join(words) + (" (source's way)" if metric.startswith(OTHER_WAY) else "")


def _section(name: str, rows: pd.DataFrame, departures: Sequence[str]) -> Section:
    columns = [rows["note"], map(_left_out, rows["left_out"]), rows["why_not_comparable"]]
    notes = [note for column in columns for note in dict.fromkeys(column) if note]
    values = {key: [_key_text(key, value) for value in rows[key]] for key in KEYS}
    varying = [key for key in KEYS if len(set(values[key])) > 1]
    lines = [
        _line(row, {key: values[key][place] for key in varying}, notes)
        for place, row in enumerate(rows.to_dict("records"))
    ]
    first = rows.iloc[0]
    return Section(
        table=name,
        title=first["title"],
        common={KEYS[key]: values[key][0] for key in KEYS if key not in varying and values[key][0]},
        keys={key: KEYS[key] for key in varying},
        lines=lines,
        notes=notes,
        about=first["table_note"],
        departures=departures,
    )


def _line(row: Mapping[str, str], keys: Mapping[str, str], notes: Sequence[str]) -> Line:
    unit = f" ({row['unit']})" if row["unit"] else ""

    def marked(note: str) -> list[int]:
        return [notes.index(note) + 1] if note else []

    interval = "" if row["low"] == "" else f"({_number(row['low'])} to {_number(row['high'])})"
    return Line(
        keys=keys,
        measure=measure_text(row["metric"]) + unit,
        published=value_text(row["published_low"], row["published_high"]),
        ours=value_text(row["ours_low"], row["ours_high"]),
        interval=interval,
        difference=_both_ends(row["difference"], row["difference_high"]),
        inside=row["inside"],
        why_absent=row["why_absent"],
        marks=marked(row["note"]),
        own_marks=marked(_left_out(row["left_out"])),
        inside_marks=marked(row["why_not_comparable"]),
    )


def _left_out(names: str) -> str:
    """Return the footnote on a range of ours that lacks classifiers."""
    return f"Left out of our range: {names}." if names else ""


def _both_ends(low: str, high: str) -> str:
    return f"{_signed(low)}, {_signed(high)}" if high else _signed(low)


def _key_text(key: str, value: str) -> str:
    if key == "classifier":
        others = value.removeprefix(ALL_BUT)
        return (f"all but {others}" if others != value else value).replace(";", ",")
    if key == "candidate":
        value = value.replace("!=", " not ").replace("=", " ")
        return value.replace("_", " ").replace(";", ",")
    return EPOCHS.get(value, value) if key == "epoch" else value


def _number(value: str, digits: int = 4) -> str:
    """Return a number as it stands beside others, measures in `digits`; a word as it is."""
    try:
        number = float(value)
    except ValueError:
        return value
    text = f"{number:,.0f}" if number.is_integer() and abs(number) >= 2 else f"{number:.{digits}g}"
    return text.replace("-", MINUS, 1) if number < 0 else text


def _signed(value: str) -> str:
    if value == "":
        return NONE
    number = float(value)
    if not number:
        return "0"
    return f"{'+' if number > 0 else MINUS}{_number(str(abs(number)), 3)}"
