"""What there is to say of the jobs of a chain, by their rule: how many images, of whom, how far.

A describer may also find that a job did not get what it should have got.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.prepare.parts import LEARNED_FROM, has_leak, rows_of
from synthmix.prepare.passed_over import unreadable_of
from synthmix.repeats import ANY_FOLD, ANY_SHARE, ANY_SPLIT
from synthmix.scopes import UNLABELLED
from synthmix.store import load_array, read_table
from synthmix.trace.chain import AGAIN, Chain, Step

Describer = Callable[[Step, "Files"], Iterator[str]]
DESCRIBERS: dict[str, Describer] = {}
_DEAL = re.compile(rf"^results/\w+/\w+/\w+({ANY_SPLIT}{ANY_FOLD}){ANY_SHARE}/")
# rules whose only whole number among the parameters is the seed
_SEEDED = {
    *("fetch_weights", "split_samples", "select_samples", "compose_mix"),
    *("train_generator", "train_classifier", "predict", "take_share"),
}
_LONGEST = 300  # characters of settings
READY = "ready_images"  # the model of generators whose images were made elsewhere
_NOTHING = (None, {}, [], ())
_SPLITS = ("train", "validation", "test", "held_out")


class Files:
    """The files that a job wrote and read, by how their names end."""

    def __init__(self, chain: Chain, step: Step) -> None:
        """Look among all outputs and inputs of the `step`."""
        record = step.record
        self._outputs = chain.records.outputs(record) if record else []
        self._inputs = record.inputs if record else ()

    def output(self, ending: str) -> Path | None:
        """Return the output whose name ends so; None where it is not there."""
        return _found(self._outputs, ending)

    def input(self, ending: str) -> Path | None:
        """Return the input whose name ends so; None where it is not there."""
        return _found(self._inputs, ending)

    def split(self) -> pd.DataFrame | None:
        """Return the split that a job reads; None where it reads none."""
        path = self.input("split.csv")
        return None if path is None else read_table(path)


def deal_of(path: str) -> str | None:
    """Return the split and fold that a path of results names, "" for the first; None of others."""
    found = _DEAL.search(path)
    return found and found[1]


def describe(chain: Chain) -> None:
    """Add to each step of `chain` what there is to say of it, and what is wrong with it.

    That a file can't be read is wrong too.
    """
    for step in chain:
        if step.record is None:
            continue
        files = Files(chain, step)
        step.details += _parameters(step)
        describer = DESCRIBERS.get(step.rule)
        if describer is None:
            continue
        try:
            step.details += describer(step, files)
        except (ValueError, KeyError) as error:
            step.problems.append(
                f"{step.files[0]}: what {step.rule} wrote can't be read ({error!r}): remove it and "
                f"{AGAIN}"
            )


def _parameters(step: Step) -> Iterator[str]:
    """Yield a digest of all parameters, by which two jobs are compared, and what they are."""
    text = "\n".join(map(repr, step.record.parameters))
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    numbers = sorted(set(step.values(int)))
    seed = f", seed {numbers[0]}" if step.rule in _SEEDED and len(numbers) == 1 else ""
    yield f"parameters {digest}{seed}"
    for settings in step.values(dict):
        text = ", ".join(_named(settings))
        if text:
            yield text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def _named(settings: Mapping[str, Any]) -> list[str]:
    return [f"{name} {_short(value)}" for name, value in settings.items() if value not in _NOTHING]


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({', '.join(_named(value))})"
    if isinstance(value, list | tuple):
        return " ".join(map(_short, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _found(paths: list[str] | tuple[str, ...], ending: str) -> Path | None:
    matching = (Path(path) for path in paths if path.endswith(ending))
    return next((path for path in matching if path.is_file()), None)


def _of(rule: str) -> Callable[[Describer], Describer]:
    """Return a decorator that registers the describer of a rule."""

    def register(describer: Describer) -> Describer:
        DESCRIBERS[rule] = describer
        return describer

    return register


@_of("fetch_dataset")
def _fetched(step: Step, files: Files) -> Iterator[str]:
    if fetched := files.output("fetched.json"):
        known = json.loads(fetched.read_text(encoding="utf-8"))
        yield f"source {known['source']}"
        if known.get("about"):
            yield f"{known['about']['title']}; licence: {known['about']['licence']}"


@_of("index_dataset")
def _index(step: Step, files: Files) -> Iterator[str]:
    if index := files.output("index.csv"):
        yield f"listed: {_counted(read_table(index))}"


@_of("prepare_images")
def _prepared(step: Step, files: Files) -> Iterator[str]:
    if images := files.output("real.npy"):
        yield _shape(images, "prepared")
    if rejected := files.output("rejected.csv"):
        yield f"{len(unreadable_of(read_table(rejected)))} could not be read"


@_of("take_fold")
@_of("take_share")
@_of("split_samples")
def _split(step: Step, files: Files) -> Iterator[str]:
    if path := files.output("split.csv"):
        table = read_table(path)
        for name in _SPLITS:
            rows = rows_of(table, name)
            if len(rows):
                yield f"{name}: {_counted(rows)}"


@_of("select_samples")
def _selected(step: Step, files: Files) -> Iterator[str]:
    if table := files.output(".csv"):
        kept = read_table(table)["kept"]
        yield f"{kept.sum()} of {len(kept)} training images kept"


@_of("adopt_generator")
@_of("train_generator")
def _generator(step: Step, files: Files) -> Iterator[str]:
    yield from _last_row(files.output("history.csv"))
    if trained_on := files.output("trained_on.csv"):
        table = read_table(trained_on)
        if any(base.get("model") == READY for base in step.values(dict)):
            known = f"{len(table)} real images that a list names" if len(table) else "unknown"
            yield f"ready images, made elsewhere; made from: {known}"
            return
        said = f"learned from {len(table)} images of {table['group'].nunique()} patients"
        if step.rule == "adopt_generator":  # a copy: held against the split where it was trained
            yield said
            return
        given = [base["learns_from"] for base in step.values(dict) if "learns_from" in base]
        splits = LEARNED_FROM[given[0]] if given else ("train",)
        yield said + _within(step, files, table, splits, str(trained_on))


@_of("sample_generator")
def _pool(step: Step, files: Files) -> Iterator[str]:
    if path := files.output(".csv"):
        table = read_table(path)
        truncation = ", ".join(f"{value:g}" for value in table["truncation"].unique())
        seeds = f"seeds {table['seed'].min()} to {table['seed'].max()}" if len(table) else "no seed"
        yield f"{len(table)} synthetic images, {seeds}, truncation {truncation or 'none'}"


@_of("compose_mix")
def _mix(step: Step, files: Files) -> Iterator[str]:
    if path := files.output(".csv"):
        table = read_table(path)
        for (split, origin), rows in table.groupby(["split", "origin"], sort=False):
            again = int(rows.duplicated(["store", "row"]).sum())
            said = f"{split}, {origin}: {_by_class(rows)}" + (f", {again} repeated" * bool(again))
            if origin == "real":
                said += _within(step, files, rows, (split,), str(path))
            yield said


@_of("extract_features")
def _features(step: Step, files: Files) -> Iterator[str]:
    if features := files.output(".npy"):
        yield _shape(features, "features")


@_of("train_classifier")
def _classifier(step: Step, files: Files) -> Iterator[str]:
    yield from _last_row(files.output("history.csv"))


@_of("predict")
def _predictions(step: Step, files: Files) -> Iterator[str]:
    for split in ("test", "validation"):
        path = next(
            (p for p in step.files if p.endswith(".validation.csv") == (split != "test")), None
        )
        if path is not None and Path(path).is_file():
            table = read_table(path)
            right = int((table["label"] == table["predicted"]).sum())
            said = f"{split}: {_counted(table)}; {right} right"
            # validation images may be synthetic
            yield said + (_within(step, files, table, (split,), path) if split == "test" else "")


@_of("choose_candidate")
def _chosen(step: Step, files: Files) -> Iterator[str]:
    if best := files.output(".json"):
        chosen = json.loads(best.read_text(encoding="utf-8"))
        yield f"chosen: {', '.join(_named(chosen))}"[:_LONGEST]


def _within(step: Step, files: Files, table: pd.DataFrame, splits: Sequence[str], path: str) -> str:
    """Return that all images of `table` are in `splits`; else note the problem."""
    samples = files.split()
    if samples is None:
        return ""
    # with a leak generators learn from all of them, and some do whatever the split is
    leaks = has_leak(samples) or Path(path).parent.name == UNLABELLED
    whole = "train" in splits and leaks
    parts = [samples] if whole else [rows_of(samples, split) for split in splits]
    allowed = pd.concat([part["sample_id"] for part in parts])
    split = " or ".join(splits)
    strangers = table.loc[~table["sample_id"].isin(allowed), "sample_id"]
    if strangers.empty:
        return f", all in split {split}"
    step.problems.append(
        f"{path}: {len(strangers)} real images are not in split {split}, such as "
        f"{strangers.iloc[0]}: {AGAIN}"
    )
    return ""


def _last_row(history: Path | None) -> Iterator[str]:
    """Yield the last epoch of a training, and the one whose weights were kept where told."""
    if history is None:
        return
    table = read_table(history)
    last = table["epoch"].max()
    yield from _epoch(table, "last epoch", last)
    kept = table.loc[table["kept"], "epoch"].max() if "kept" in table else last
    if kept != last:
        yield from _epoch(table, "whose weights were kept: epoch", kept)


def _epoch(table: pd.DataFrame, name: str, epoch: int) -> Iterator[str]:
    rows = table[table["epoch"] == epoch].drop(columns=["epoch", "kept"], errors="ignore")
    for row in rows.to_dict("records"):
        split = row.pop("split", None)
        values = ", ".join(f"{column} {value:.4g}" for column, value in row.items())
        yield f"{name} {epoch}{f', {split}' if split else ''}: {values}"


def _counted(table: pd.DataFrame) -> str:
    patients = table["group"].nunique()
    return f"{len(table)} images of {patients} patients ({_by_class(table)})"


def _by_class(table: pd.DataFrame) -> str:
    counts = table["label"].value_counts().sort_index()
    return ", ".join(f"{label} {count}" for label, count in counts.items()) or "none"


def _shape(path: Path, what: str) -> str:
    array = load_array(path)
    return f"{what}: {' x '.join(map(str, array.shape))}, {array.dtype}"
