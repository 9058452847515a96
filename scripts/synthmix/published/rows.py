"""What a source prints: the files in studies/published, a row a printed value.

Imports neither torch nor pandas: the workflow plans its jobs with it.
"""

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from synthmix.errors import UserError

# where our number is, by what `of` says
PLACES = {
    "metrics": "tables/metrics.csv",
    "confusion": "the predictions, counted by class",
    "images": "the index, the split, or with a mix tables/mixes.csv",
    "census": "what the metadata says of all images, used or not",
    "history": "the histories of the classifiers' trainings",
    "generator": "the histories, times and snapshots of generators",
    "scores": "tables/scores.csv, or the plane of principal components",
    "search": "searches/<classifiers or generators>/<name>/candidates.csv",
    "parameters": "the settings of a classifier or a generator, or the size of its weights",
    "pipeline": "tables/pipeline.csv",
    "none": "nowhere: note says why",
}
# measures that take files of their own
PLANE, LEARNED_WEIGHTS = "plane_explained", "learned_weights"
# of a network, whether it is trained or not: its weights, and those that training changes
NETWORK_WEIGHTS = ("network_weights", "network_weights_trained")
TRAINING_MINUTES = "training_minutes"
# measures of a training as a whole; sources count the epoch that is kept from 1 or from 0
KEPT_FROM_0 = "kept_epoch_from_0"
OF_TRAINING = ("epochs", "kept_epoch", KEPT_FROM_0)
# places whose values are of something that was trained: its settings are asked for
TRAINED = ("metrics", "confusion", "history", "generator", "scores", "search", "parameters")
ALL_BUT = "!"  # of a range over classifiers: those that it leaves out follow
# of metrics, before the name of another classifier: whether accuracy is higher than that one's
BETTER_THAN = "better_than_"
DIFFERENCE = " minus "  # between two mixes: our number is the difference between theirs

Value = float | str


@dataclass(frozen=True)
class Printed:
    """A value that a source prints, and what it is of; what is empty is of no one in particular.

    `low` and `high` are the ends of a printed range, equal where one value is printed; text where
    the value of a setting is a word; None where `of` is none and the source prints no number.
    """

    table: str
    of: str
    dataset: str = ""
    classifier: str = ""
    mix: str = ""
    generator: str = ""
    candidate: str = ""
    stage: str = ""
    split: str = ""
    label: str = field(default="", metadata={"column": "class"})
    epoch: str = ""
    metric: str = ""
    low: Value | None = None
    high: Value | None = None
    unit: str = ""
    note: str = ""

    @property
    def mixes(self) -> list[str]:
        """The mixes that it is of: two for a difference."""
        return [mix for mix in self.mix.split(DIFFERENCE) if mix]

    @property
    def is_of_several(self) -> bool:
        """Whether it is the range over several classifiers, or over all of them."""
        return not self.classifier or any(mark in self.classifier for mark in (ALL_BUT, ";"))

    @property
    def named_classifiers(self) -> list[str]:
        """The classifiers that it names, those left out among them."""
        names = self.classifier.removeprefix(ALL_BUT).split(";")
        return [name.strip() for name in names if name.strip()]

    def classifiers_of(self, known: Sequence[str]) -> list[str]:
        """Return which of the classifiers that are `known` it is of."""
        named = self.named_classifiers
        if not self.classifier or self.classifier.startswith(ALL_BUT):
            return [name for name in known if name not in named]
        return [name for name in known if name in named]

    @property
    def settings(self) -> dict[str, str]:
        """What tells the candidate of a search from the others, or settings it was trained with."""
        return dict(_parts(self.candidate))

    @property
    def conditions(self) -> list[tuple[str, bool, str]]:
        """Which images of a census are meant: column, whether it has a value or not, the value."""
        return [
            (name.removesuffix("!").strip(), not name.endswith("!"), value)
            for name, value in _parts(self.candidate)
        ]


@dataclass(frozen=True)
class Heading:
    """The title of a source table, and a footnote on the whole of it."""

    title: str
    note: str = ""


@dataclass(frozen=True)
class Curve:
    """A training history that a source prints: of one part, `values` by metric and epoch from 1."""

    table: str
    dataset: str
    classifier: str
    mix: str
    split: str
    values: Mapping[str, Mapping[int, float]]


COLUMNS = tuple(field.metadata.get("column", field.name) for field in fields(Printed))
_CURVES_OF = ("train", "validation")
_EPOCHS = ("best", "kept", "last", "lowest", "highest")
_HEADINGS = ("table", "title", "note")
_CURVE = ("table", "dataset", "classifier", "mix", "split", "epoch")


def headings_file(published: str | Path) -> Path:
    """Return the file of the titles of the tables, which may be there or not."""
    return _beside(published, "tables")


def curves_file(published: str | Path) -> Path:
    """Return the file of the printed training histories, which may be there or not."""
    return _beside(published, "curves")


def read_printed(published: str | Path) -> list[Printed]:
    """Return the rows of the file `published`, then those of the curves beside it.

    Raises UserError that names the file, the line and what is wrong there.
    """
    rows = []
    for place, line in _lines(published, COLUMNS):
        values = {field.name: line[column] for field, column in zip(_FIELDS, COLUMNS, strict=True)}
        low, high = (_value(place, name, line[name]) for name in ("low", "high"))
        row = Printed(**{**values, "low": low, "high": high})
        _check(place, row)
        rows.append(row)
    return rows + list(_rows_of_curves(read_curves(curves_file(published))))


def of_dataset(rows: Iterable[Printed], dataset: str) -> list[Printed]:
    """Return the rows that are of `dataset`, or of no data set in particular."""
    return [row for row in rows if row.dataset in ("", dataset)]


def read_headings(published: str | Path) -> dict[str, Heading]:
    """Return the titles of the tables of the file `published`; none where it has no such file."""
    path = headings_file(published)
    if not path.is_file():
        return {}
    return {
        line["table"]: Heading(line["title"], line["note"]) for _, line in _lines(path, _HEADINGS)
    }


def read_curves(path: str | Path) -> list[Curve]:
    """Return the training histories that the file `path` has; none where there is no such file."""
    if not Path(path).is_file():
        return []
    curves: dict[tuple[str, ...], dict[str, dict[int, float]]] = {}
    for place, line in _lines(path, _CURVE, more=True):
        key = tuple(line[name] for name in _CURVE[:-1])
        if line["split"] not in _CURVES_OF:
            text = f"split: {line['split']!r} is not one of {', '.join(_CURVES_OF)}"
            raise UserError(f"{place}: {text}, of which trainings have a history")
        epoch = int(_number(place, "epoch", line["epoch"]))
        for metric in (name for name in line if name not in _CURVE):
            value = _number(place, metric, line[metric])
            curves.setdefault(key, {}).setdefault(metric, {})[epoch] = value
    return [Curve(*key, values) for key, values in curves.items()]


def _rows_of_curves(curves: Sequence[Curve]) -> Iterator[Printed]:
    """Yield what each training was like at its best validation loss and at its end."""
    validation = {_training(curve): curve for curve in curves if curve.split == "validation"}
    for curve in curves:
        of = {
            "table": curve.table,
            "of": "history",
            "dataset": curve.dataset,
            "classifier": curve.classifier,
            "mix": curve.mix,
        }
        epochs = sorted({epoch for values in curve.values.values() for epoch in values})
        chosen = {"last": epochs[-1]}
        stopped_by = validation.get(_training(curve))
        if stopped_by is not None and (losses := stopped_by.values.get("loss")):
            chosen = {"best": min(losses, key=losses.__getitem__)} | chosen
        if curve.split == "validation":
            yield Printed(**of, metric="epochs", low=float(len(epochs)), high=float(len(epochs)))
        for name, epoch in chosen.items():
            for metric, values in sorted(curve.values.items()):
                if epoch in values:
                    one = {"low": values[epoch], "high": values[epoch]}
                    yield Printed(**of, split=curve.split, epoch=name, metric=metric, **one)


def _training(curve: Curve) -> tuple[str, ...]:
    return curve.table, curve.dataset, curve.classifier, curve.mix


def _lines(
    path: str | Path, columns: Sequence[str], more: bool = False
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield where each line of a CSV file is and its values; `more` columns may be there."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{path} is not text in UTF-8: save it so") from None
    reader = csv.DictReader(text.splitlines())
    there = reader.fieldnames or []
    missing = [column for column in columns if column not in there]
    unknown = [] if more else [column for column in there if column not in columns]
    if missing or unknown:
        raise UserError(
            f"{path}: its columns must be {', '.join(columns)}"
            + (f"; missing: {', '.join(missing)}" if missing else "")
            + (f"; unknown: {', '.join(unknown)}" if unknown else "")
        )
    for line in reader:
        place = f"{path}, line {reader.line_num}"
        if None in line or None in line.values():
            raise UserError(f"{place}: not as many values as columns; quote those with a comma")
        yield place, {name: value.strip() for name, value in line.items()}


def _check(place: str, row: Printed) -> None:
    if not row.table:
        raise UserError(f"{place}: table is empty: say where the source prints the value")
    if row.of not in PLACES:
        raise UserError(f"{place}: of: {row.of!r} is not one of {', '.join(PLACES)}")
    if row.of == "none":
        if not row.note:
            raise UserError(f"{place}: note is empty: with none it says why there is no value here")
        return
    if row.low is None or row.high is None:
        raise UserError(f"{place}: low and high must both be there; they are equal for one value")
    if not row.metric:
        raise UserError(f"{place}: metric is empty: say what was measured")
    if row.is_of_several and row.classifier and row.of != "metrics":
        text = f"classifier: {row.classifier!r} are several: metrics alone are of a range of them"
        raise UserError(f"{place}: {text}")
    of_epoch = row.of == "history" and row.metric not in OF_TRAINING
    if of_epoch and row.epoch not in _EPOCHS and not row.epoch.isdecimal():
        text = f"epoch: {row.epoch!r} is neither a number nor one of {', '.join(_EPOCHS)}"
        raise UserError(f"{place}: {text}")
    if isinstance(row.low, str) or isinstance(row.high, str):
        if row.of != "parameters" and not row.metric.startswith(BETTER_THAN):
            raise UserError(
                f"{place}: low and high must be numbers, not {row.low!r} and {row.high!r}"
            )
        if row.low != row.high:
            text = f"low {row.low!r} and high {row.high!r} must be the same word, or numbers"
            raise UserError(f"{place}: {text}")
    elif row.low > row.high:
        raise UserError(f"{place}: low {row.low:g} is above high {row.high:g}")


def _value(place: str, name: str, text: str) -> Value | None:
    """Return a number, a word where it is none, None where there is nothing."""
    try:
        return _number(place, name, text) if text else None
    except UserError:
        return text


def _number(place: str, name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UserError(f"{place}: {name}: {text!r} is not a number")
    return number


def _parts(candidate: str) -> list[tuple[str, str]]:
    parts = (part.partition("=") for part in candidate.split(";") if part.strip())
    return [(name.strip(), value.strip()) for name, _, value in parts]


def _beside(published: str | Path, what: str) -> Path:
    path = Path(published)
    return path.with_name(f"{path.stem}_{what}{path.suffix}")


_FIELDS = fields(Printed)
