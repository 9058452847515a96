import re
from pathlib import Path

import pytest

from published_data import printed, write_published
from synthmix.errors import UserError
from synthmix.published.rows import (
    COLUMNS,
    curves_file,
    of_dataset,
    read_curves,
    read_headings,
    read_printed,
)

SHIPPED = Path(__file__).parents[2] / "studies" / "published"
STUDIES = ("imbalance", "mammography", "mri_qc", "skin_lesions", "transfer_learning")
CURVE = {"table": "figure 2", "dataset": "d", "classifier": "c", "mix": "m"}


def test_rows_come_back_as_they_were_written(tmp_path):
    rows = [
        printed("5.10", "metrics", "accuracy", 0.5, 0.6, split="test", label="1", note="a, b"),
        printed("A.1", "parameters", "network", "vgg16", classifier="best"),
        printed("figure 1", "none", note="A picture."),
    ]
    path = write_published(tmp_path / "p.csv", rows, {"5.10": ("title", "")})
    assert read_printed(path) == rows
    assert read_headings(path)["5.10"].title == "title"
    assert read_headings(write_published(tmp_path / "without.csv", rows)) == {}


def test_settings_of_a_candidate_and_the_mixes_of_a_difference():
    row = printed("1", "search", "accuracy", 1.0, candidate="batch_size=32; network=vgg16")
    assert row.settings == {"batch_size": "32", "network": "vgg16"}
    assert printed("1", "metrics", "accuracy", 1.0, mix="a-b minus c").mixes == ["a-b", "c"]


def test_rows_of_no_data_set_are_of_all():
    rows = [printed("1", "images", "images", 1.0, dataset=name) for name in ("", "a", "b")]
    assert of_dataset(rows, "a") == rows[:2]


def test_a_printed_history_gives_its_best_and_its_last_epoch(tmp_path):
    losses = {"train": (3.0, 2.0, 1.0), "validation": (2.0, 0.5, 0.9)}
    curves = [
        {**CURVE, "split": split, "epoch": epoch, "loss": loss, "accuracy": 1 - loss / 4}
        for split, values in losses.items()
        for epoch, loss in enumerate(values, start=1)
    ]
    rows = read_printed(write_published(tmp_path / "p.csv", [], curves=curves))
    found = {(row.split, row.epoch, row.metric): row.low for row in rows}
    assert found["", "", "epochs"] == 3
    # the best of both parts is that of the lowest validation loss
    assert found["train", "best", "loss"] == 2.0
    assert found["validation", "best", "accuracy"] == 1 - 0.5 / 4
    assert found["validation", "last", "loss"] == 0.9
    assert {(row.table, row.classifier, row.mix) for row in rows} == {("figure 2", "c", "m")}
    assert len(rows) == 1 + 2 * 2 * 2


def test_the_measures_of_a_printed_history_are_in_the_order_of_its_columns(tmp_path):
    """Not in one that changes from run to run, as that of a set of words does."""
    measures = ["loss", "accuracy", "recall", "precision", "macro_f1", "balanced_accuracy"]
    curve = {**CURVE, "split": "train", "epoch": 1} | dict.fromkeys(measures, 0.5)
    path = write_published(tmp_path / "p.csv", [], curves=[curve])
    assert list(read_curves(curves_file(path))[0].values) == measures


def test_a_printed_history_may_have_less(tmp_path):
    curves = [{**CURVE, "split": "train", "epoch": epoch, "accuracy": 0.1} for epoch in (1, 2)]
    rows = read_printed(write_published(tmp_path / "p.csv", [], curves=curves))
    assert [(row.split, row.epoch, row.metric) for row in rows] == [("train", "last", "accuracy")]


def test_a_history_is_of_what_trains_or_validates(tmp_path):
    curves = [{**CURVE, "split": "test", "epoch": 1, "loss": 0.1}]
    path = write_published(tmp_path / "p.csv", [], curves=curves)
    with pytest.raises(UserError, match="line 2: split: 'test' is not one of train, validation"):
        read_printed(path)


@pytest.mark.parametrize("epoch", ["", "fourth"])
def test_a_value_of_a_history_is_of_an_epoch(tmp_path, epoch):
    rows = [printed("1", "history", "loss", 0.1, epoch=epoch, split="train")]
    with pytest.raises(UserError, match=f"epoch: '{epoch}' is neither a number nor one of best"):
        read_printed(write_published(tmp_path / "p.csv", rows))


MISTAKES = {
    "columns": ("tabel,of", "its columns must be table, of, dataset"),
    "unknown place": ("1,metric,accuracy,1,1,", "of: 'metric' is not one of metrics, "),
    "no table": (",metrics,accuracy,1,1,", "table is empty"),
    "no value": ("1,metrics,accuracy,1,,", "low and high must both be there"),
    "a word": ("1,metrics,accuracy,high,high,", "must be numbers, not 'high'"),
    "not finite": ("1,metrics,accuracy,nan,nan,", "must be numbers, not 'nan'"),
    "the wrong way round": ("1,metrics,accuracy,0.9,0.8,", "low 0.9 is above high 0.8"),
    "two words": ("1,parameters,network,vgg16,vgg19,", "low 'vgg16' and high 'vgg19' must be the"),
    "a number and a word": ("1,parameters,unfrozen_layers,3,all,", "must be the same word, or num"),
    "no reason": ("1,none,,,,", "note is empty"),
    "no metric": ("1,metrics,,1,1,", "metric is empty"),
    "a comma too many": ("1,metrics,accuracy,1,1,a,b", "quote those with a comma"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path, case):
    line, message = MISTAKES[case]
    path = tmp_path / "p.csv"
    if case == "columns":
        path.write_text(f"{line}\n")
        where = f"{path}: "
    else:
        first, of, metric, low, high, *note = line.split(",")
        values = {"table": first, "of": of, "metric": metric, "low": low, "high": high}
        values["note"] = ",".join(note)
        text = ",".join(values.get(column, "") for column in COLUMNS)
        path.write_text(f"{','.join(COLUMNS)}\n{text}\n")
        where = f"{path}, line 2: "
    with pytest.raises(UserError, match=re.escape(message)) as found:
        read_printed(path)
    assert str(found.value).startswith(where)


@pytest.mark.parametrize("study", STUDIES)
def test_what_the_project_ships_is_whole(study):
    path = SHIPPED / f"{study}.csv"
    rows = read_printed(path)
    assert {row.table for row in rows} == set(read_headings(path))
    assert len(set(rows)) == len(rows), "a value is there twice"
    # shares, not percents
    shares = [row for row in rows if row.of in ("metrics", "search") and row.metric == "accuracy"]
    assert all(0 < row.low <= row.high <= 1 for row in shares)


def test_the_printed_histories_are_there_to_the_last_digit():
    rows = read_printed(SHIPPED / "mammography.csv")
    curves = [row for row in rows if row.of == "history" and "section" not in row.table]
    assert len({row.mix for row in curves}) == 9
    (last,) = [
        row.low
        for row in curves
        if row.mix.endswith("cancer30-normal70-real0")
        and (row.split, row.epoch, row.metric) == ("train", "last", "accuracy")
    ]
    assert last == pytest.approx(0.98, abs=0.02)
    epochs = [int(row.low) for row in curves if row.metric == "epochs"]
    assert sum(2 * count for count in epochs) == 404
