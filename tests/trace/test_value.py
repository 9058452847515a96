"""A value of a table of metrics, computed anew from its predictions."""

import os
from itertools import product
from pathlib import Path

import pandas as pd
import pytest

from predictions_data import by_seed, write_predictions
from synthmix.errors import UserError
from synthmix.evaluate.score_predictions import score_predictions
from synthmix.repeats import Repeat, split_folder, training_suffix
from synthmix.trace.records import Records
from synthmix.trace.value import Asked, trace_value
from traced_project import CLASSES, DATASET, METRICS, MIX

TABLES = [f"{DATASET}/tables/metrics.csv", f"{DATASET}/tables/summary.csv"]
FOLDED = f"{DATASET}/metrics/vgg16/folded.csv"


def value_of(asked, path=METRICS):
    return trace_value(path, asked, Records.read(Path()))


def replace_in(path, column, metric, value):
    """Write another value into a table, which keeps its time."""
    state = Path(path).stat()
    table = pd.read_csv(path)
    if column in table:
        table.loc[table["metric"] == metric, column] = value
    else:
        table[metric] = value
    table.to_csv(path, index=False)
    os.utime(path, (state.st_atime, state.st_mtime))


@pytest.mark.parametrize(
    ("asked", "files"),
    [
        (Asked("macro_f1"), 2),
        (Asked("macro_f1", seed="2"), 1),
        (Asked("precision"), 2),
        (Asked("precision", label="well", seed="1"), 1),
        (Asked("auc", split="validation"), 2),
        (Asked("expected_calibration_error", split="validation", seed="2"), 1),
    ],
)
def test_it_is_what_the_predictions_give(asked, files, untouched):
    value = value_of(asked)
    assert value.equal
    assert value.problems == []
    assert len(value.predictions) == files
    assert value.low <= value.value <= value.high


def test_where_it_stands(untouched):
    assert value_of(Asked("accuracy")).stands_in == [*TABLES, "results/report.html"]
    assert value_of(Asked("accuracy", seed="1")).stands_in == [TABLES[0], "results/report.html"]


def test_a_changed_value_is_found(project):
    replace_in(METRICS, "value", "accuracy", 0.99)
    value = value_of(Asked("accuracy"))
    assert not value.equal
    assert "accuracy is 0.99 there, but 0." in value.problems[0]
    assert value_of(Asked("macro_f1")).equal


@pytest.mark.parametrize("table", TABLES)
def test_another_value_in_a_table_is_found(table, project):
    replace_in(table, "value", "accuracy", 0.25)
    (problem,) = value_of(Asked("accuracy")).problems[:1]
    assert problem.startswith(f"{table} has 0.25 in its place: remove it")
    assert not [p for p in value_of(Asked("macro_f1")).problems if "in its place" in p]


def test_a_report_of_other_tables_is_found(project):
    replace_in(TABLES[1], "value", "macro_f1", 0.25)
    (problem,) = value_of(Asked("accuracy")).problems
    assert problem.startswith(f"{TABLES[1]} has changed since render_report made results/report")


def test_predictions_that_are_gone_give_nothing(project):
    Path(f"{DATASET}/predictions/vgg16/{MIX}/seed1.csv").unlink()
    assert not value_of(Asked("accuracy")).equal
    assert value_of(Asked("accuracy", seed="2")).equal


@pytest.fixture
def folded(project):
    """A table of metrics of three folds, of two trainings."""
    path = f"{DATASET}/fold{{}}/predictions/vgg16/folded/seed{{}}.csv"
    files = {
        seed: [
            write_predictions(Path(path.format(k, seed)), 9, seed=seed, fold=k) for k in (1, 2, 3)
        ]
        for seed in (1, 2)
    }
    nothing = pd.read_csv(files[1][0])[:0]
    empty = Path(f"{DATASET}/fold1/predictions/vgg16/folded/seed1.validation.csv")
    nothing.to_csv(empty, index=False)
    score_predictions(
        test=by_seed(files),
        validation=by_seed({1: [empty], 2: [empty]}),
        metrics=FOLDED,
        confusion=f"{DATASET}/metrics/vgg16/folded.confusion.csv",
        identity={"classifier": "vgg16", "mix": "folded"},
        classes=("cancer", "normal"),
        positive_class=None,
        bootstrap_samples=5,
        confidence=0.9,
        seed=1,
    )
    read = [str(file) for of_seed in files.values() for file in of_seed]
    project.note("score_predictions", [FOLDED], [*read, str(empty)], [None, [*CLASSES]])


@pytest.mark.parametrize(
    ("asked", "files"),
    [
        (Asked("accuracy"), 6),
        (Asked("auc", fold="mean"), 6),
        (Asked("auc", fold="mean", seed="2"), 3),
        (Asked("macro_f1", fold="3", seed="2"), 1),
    ],
)
def test_folds(asked, files, folded):
    value = value_of(asked, FOLDED)
    assert value.equal
    assert len(value.predictions) == files


def test_one_fold_is_of_one_training(folded):
    with pytest.raises(UserError, match="one training is asked for: add --seed, one of 1, 2"):
        value_of(Asked("accuracy", fold="2"), FOLDED)


@pytest.fixture
def repeated(project):
    """A table of metrics of a mix in two splits, of two trainings of its generator."""
    files = {}
    for split, training in product((1, 2), (1, 2)):
        place = f"{DATASET}{split_folder(split)}/predictions/vgg16"
        path = Path(f"{place}/dcgan-real12.5{training_suffix(training)}/seed1.csv")
        seed = 10 * split + training
        files[Repeat(split, training, 1)] = [write_predictions(path, 9, seed=seed)]
    score_predictions(
        test=files,
        validation=files,
        metrics=FOLDED,
        confusion=f"{DATASET}/metrics/vgg16/folded.confusion.csv",
        identity={"classifier": "vgg16", "mix": "dcgan-real12.5"},
        classes=("cancer", "normal"),
        positive_class=None,
        bootstrap_samples=5,
        confidence=0.9,
        seed=1,
    )
    read = [str(path) for paths in files.values() for path in paths]
    project.note("score_predictions", [FOLDED], read, [None, ["cancer", "normal"]])


@pytest.mark.parametrize(
    ("asked", "files"),
    [
        (Asked("accuracy"), 4),
        (Asked("accuracy", split_number="2", generator_training="1"), 1),
        (Asked("accuracy", seed="1", split_number="1", generator_training="2"), 1),
    ],
)
def test_repeats(asked, files, repeated):
    value = value_of(asked, FOLDED)
    assert value.equal
    assert len(value.predictions) == files


def test_one_repeat_of_several_is_named_whole(repeated):
    with pytest.raises(UserError, match="add --generator-training, one of 1, 2"):
        value_of(Asked("accuracy", split_number="2"), FOLDED)


@pytest.mark.parametrize(
    ("asked", "path", "message"),
    [
        (Asked("acuracy"), METRICS, "--metric acuracy: .* no such row, but accuracy, "),
        (Asked("accuracy", seed="9"), METRICS, "--seed 9: .* no such row, but 1, 2, all"),
        (Asked("f1", label="ill"), METRICS, "--class ill: .* but none, sick, well"),
        (Asked("accuracy"), TABLES[0], "no table of metrics; name one"),
        (Asked("accuracy"), "results/report.html", "no table of metrics; name one"),
    ],
)
def test_mistakes_are_explained(asked, path, message, untouched):
    with pytest.raises(UserError, match=message):
        value_of(asked, path)


def test_a_damaged_table_is_told(project):
    Path(METRICS).write_text("")
    with pytest.raises(UserError, match=r"can't be read .*run snakemake again"):
        value_of(Asked("accuracy"))
