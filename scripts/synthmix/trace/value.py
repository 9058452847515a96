"""One value of a table of metrics: its row, what it was computed from, and where else it stands."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from synthmix.errors import UserError
from synthmix.evaluate.metrics import weighted_metrics
from synthmix.evaluate.predictions import (
    PROBABILITY,
    Predictions,
    fold_tables,
    read_predictions,
)
from synthmix.evaluate.score_predictions import (
    ALL_FOLDS,
    ALL_SEEDS,
    MEAN_OF_FOLDS,
    OF_REPEATS,
)
from synthmix.repeats import (
    ANY_FOLD,
    ANY_SPLIT,
    ANY_TRAINING,
    Repeat,
    fold_number,
    split_number,
    training_number,
)
from synthmix.store import read_table
from synthmix.trace.chain import AGAIN, stale
from synthmix.trace.records import Record, Records

SCORING, TABULATING, REPORTING = "score_predictions", "tabulate_study", "render_report"
_PREDICTIONS = re.compile(
    rf"(?P<split>{ANY_SPLIT})(?P<fold>{ANY_FOLD})/predictions/\w+/[\w.-]+?(?P<training>{ANY_TRAINING})"
    r"/seed(?P<seed>\d+)(?P<validation>\.validation)?\.csv$"
)
# the rows of a table that are means over all repeats
_MEANS = (ALL_SEEDS,) * len(OF_REPEATS)


@dataclass(frozen=True)
class Asked:
    """Which row of a table of metrics is asked for."""

    metric: str
    label: str = ""
    """The class that the metric is of; empty where it is of all or of the positive one."""
    seed: str = ALL_SEEDS
    fold: str = ALL_FOLDS
    split: str = "test"
    split_number: str = ALL_SEEDS
    generator_training: str = ALL_SEEDS

    @property
    def repeat(self) -> tuple[str, ...]:
        """What the columns `OF_REPEATS` have of it."""
        return self.split_number, self.generator_training, self.seed

    def follows(self, record: Record, path: str) -> bool:
        """Return whether `path`, which the job of `record` read, is behind the value."""
        found = _PREDICTIONS.search(path)
        if record.rule != SCORING or found is None:
            return True
        return (
            all(map(_fits, self.repeat, map(str, _repeat_of(found))))
            and self.fold in (ALL_FOLDS, MEAN_OF_FOLDS, str(fold_number(found["fold"])))
            and self.split == ("validation" if found["validation"] else "test")
        )

    def of_one_training(self, path: str) -> Self:
        """Return the same with the repeat named: a table has means over all of them alone.

        Raises UserError where there are several repeats to choose from.
        """
        if self.repeat == _MEANS and self.fold in (ALL_FOLDS, MEAN_OF_FOLDS):
            return self
        rows = read_table(path)
        known = {}
        for name, given in zip(OF_REPEATS, self.repeat, strict=True):
            there = [text for text in _texts(rows, name) if text != ALL_SEEDS]
            if given == ALL_SEEDS and len(there) != 1:
                option = name.replace("_", "-")
                raise UserError(
                    f"one training is asked for: add --{option}, one of {', '.join(there)}"
                )
            known[name] = there[0] if given == ALL_SEEDS else given
        return replace(self, **known)

    def row_of(self, path: str) -> pd.Series:
        """Return the row of the table of metrics `path`; raises UserError where there is none."""
        rows = read_table(path)
        wanted = {
            "split": self.split,
            "seed": self.seed,
            "split_number": self.split_number,
            "generator_training": self.generator_training,
            "fold": self.fold,
            "class": self.label,
            "metric": self.metric,
        }
        if not {*wanted, "value"} <= set(rows):
            raise UserError(f"{path} is no table of metrics: name one of metrics/, or no --metric")
        for column, value in wanted.items():
            known = _texts(rows, column)
            if value not in known:
                listed = ", ".join(each or "none" for each in known)
                option = column.replace("_", "-")
                raise UserError(
                    f"--{option} {value or 'none'}: {path} has no such row, but {listed}"
                )
            rows = rows[rows[column].fillna("").astype(str) == value]
        return rows.iloc[0]


def _fits(asked: str, found: str) -> bool:
    return asked in (ALL_SEEDS, found)


def _repeat_of(found: re.Match[str]) -> Repeat:
    """Return the repeat that a path of predictions is of."""
    split, training = split_number(found["split"]), training_number(found["training"])
    return Repeat(split, training, int(found["seed"]))


def _texts(rows: pd.DataFrame, column: str) -> list[str]:
    """Return what stands in a column, each once, as text."""
    return list(dict.fromkeys(rows[column].fillna("").astype(str)))


@dataclass(frozen=True)
class Value:
    """A value, and the same computed anew."""

    asked: Asked
    file: str
    classifier: str
    mix: str
    value: float
    low: float
    high: float
    undefined: str
    """Why there is no value, where there is none."""
    recomputed: float
    """From the predictions; nan where they are gone, or where it is undefined."""
    predictions: Sequence[str]
    stands_in: list[str] = field(default_factory=list)
    """Tables that have the same value, and the report that shows them."""
    problems: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether the value is what its predictions give."""
        return _same(self.value, self.recomputed)


def trace_value(path: str, asked: Asked, records: Records) -> Value:
    """Look up the value that is `asked` for in the table `path`, and compute it anew.

    Raises UserError where `path` is no table of metrics or has no such row.
    """
    record = records.of(path)
    if record is None or record.rule != SCORING or path.endswith(".confusion.csv"):
        raise UserError(
            f"--metric: {path} is no table of metrics; name one, such as "
            "results/<scale>/<study>/<data set>/metrics/<classifier>/<mix>.csv"
        )
    if not Path(path).is_file():
        raise UserError(f"{path} is missing: {AGAIN}")
    try:
        return _traced(path, asked, record, records)
    except (ValueError, KeyError) as error:
        raise UserError(
            f"{path}, or what it was computed from, can't be read ({error!r}): {AGAIN}"
        ) from error


def _traced(path: str, asked: Asked, record: Record, records: Records) -> Value:
    asked = asked.of_one_training(path)
    row = asked.row_of(path)
    files = [read for read in record.inputs if asked.follows(record, read)]
    whole = bool(files) and all(Path(file).is_file() for file in files)
    found = Value(
        asked,
        path,
        row["classifier"],
        row["mix"],
        *(float(row[name]) for name in ("value", "low", "high")),
        undefined=str(row.fillna("").get("undefined", "")),
        recomputed=recompute(files, asked, record) if whole else math.nan,
        predictions=files,
    )
    if whole and not found.equal:
        found.problems.append(
            f"{path}: {asked.metric} is {found.value} there, but {found.recomputed} by "
            f"its predictions: remove it and {AGAIN}"
        )
    _look_up(found, row, records)
    return found


def recompute(files: Sequence[str], asked: Asked, record: Record) -> float:
    """Return the value that is `asked` for from `files` of predictions; nan where undefined.

    `record` is of the job that scored them; it knows the positive class.
    """
    repeats: dict[Repeat, list[str]] = {}
    for file in files:
        repeats.setdefault(_repeat_of(_PREDICTIONS.search(file)), []).append(file)
    values = []
    for of_repeat in repeats.values():
        parts = _parts(read_predictions(of_repeat), asked.fold)
        values.append(np.mean([_metric(part, asked, record) for part in parts]))
    return float(np.mean(values))


def _parts(table: pd.DataFrame, fold: str) -> list[pd.DataFrame]:
    if fold == ALL_FOLDS:
        return [table]
    folds = fold_tables(table)
    return list(folds.values()) if fold == MEAN_OF_FOLDS else [folds[fold]]


def _metric(table: pd.DataFrame, asked: Asked, record: Record) -> float:
    classes = [name.removeprefix(PROBABILITY) for name in table if name.startswith(PROBABILITY)]
    positive = next((value for value in record.parameters if value in classes), None)
    predictions = Predictions.from_table(table, classes)
    metrics = weighted_metrics(predictions, np.ones((1, len(table))), positive)
    return float(metrics[asked.metric, asked.label][0])


def _look_up(value: Value, row: pd.Series, records: Records) -> None:
    """Note where else the value stands, and whether it is the same there."""
    pages: dict[str, None] = {}
    for table in _made_by(TABULATING, value.file, records):
        there = _value_in(table, value, row)
        if there is None:
            continue
        value.stands_in.append(table)
        problems = list(stale(records, [table], [value.file]))
        if not problems and not _same(there, value.value):
            problems = [f"{table} has {there} in its place: remove it and {AGAIN}"]
        value.problems.extend(problems)
        for page in _made_by(REPORTING, table, records):
            pages[page] = None
            value.problems.extend(stale(records, [page], [table]))
    value.stands_in.extend(pages)


def _made_by(rule: str, path: str, records: Records) -> list[str]:
    """Return the files that jobs of a rule made from `path`, as far as they are there."""
    made = [made for made in records.made_from(path) if records.of(made).rule == rule]
    return [path for path in made if Path(path).is_file()]


def _value_in(table: str, value: Value, row: pd.Series) -> float | None:
    """Return the value as one of the tables of the study has it, None where it does not."""
    if not table.endswith(("/metrics.csv", "/summary.csv")):
        return None
    rows = read_table(table)
    rows = rows[(rows["classifier"] == value.classifier) & (rows["mix"] == value.mix)]
    if table.endswith("/metrics.csv"):
        for name in ("split", *OF_REPEATS, "fold", "class", "metric"):
            rows = rows[rows[name].fillna("").astype(str) == str(row.fillna("")[name])]
        return float(rows["value"].iloc[0]) if len(rows) else None
    if value.asked != Asked(value.asked.metric) or value.asked.metric not in rows or rows.empty:
        return None
    return float(rows[value.asked.metric].iloc[0])


def _same(first: float, second: float) -> bool:
    """Return whether two values are one, but for the order in which they were summed."""
    return math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-12) or (
        math.isnan(first) and math.isnan(second)
    )
