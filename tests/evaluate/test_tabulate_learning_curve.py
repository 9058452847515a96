"""The table of learning curves."""

import pandas as pd
import pytest

from predictions_data import predictions
from synthmix.errors import UserError
from synthmix.evaluate.exchange import exchange_rate
from synthmix.evaluate.tabulate_learning_curve import (
    Judging,
    by_share,
    columns,
    tabulate_learning_curve,
)
from synthmix.files import write_table
from synthmix.repeats import Repeat
from synthmix.store import read_table

SHARES = (0.25, 0.5, 1)
ACCURACIES = {"real_only": (0.6, 0.72, 0.85), "gan-added50": (0.66, 0.78, 0.9)}
JUDGING = Judging(["cancer", "normal"], None, 0.95, seed=1)


@pytest.fixture
def write(tmp_path):
    """Write the table of two splits, with two generator trainings, and return it."""

    def written(judging=JUDGING, patients=(10, 20, 40), accuracies=ACCURACIES, folds=1):
        found = [
            {
                ("vgg16", mix): {
                    repeat: [
                        _predicted(tmp_path, mix, share, repeat, fold, values[share], folds)
                        for fold in range(folds)
                    ]
                    for repeat in _repeats(mix)
                }
                for mix, values in accuracies.items()
            }
            for share in range(len(SHARES))
        ]
        splits = [
            [_split(tmp_path, f"{share}-{split}", count) for split in (1, 2)]
            for share, count in enumerate(patients)
        ]
        output = tmp_path / "curve.csv"
        pairs = [("gan-added50", "real_only")]
        tabulate_learning_curve(found, splits, SHARES, pairs, output, judging)
        return read_table(output)

    return written


def _repeats(mix):
    trainings = (1, 2) if mix != "real_only" else (1,)
    return [Repeat(split, training, 1) for split in (1, 2) for training in trainings]


def _predicted(folder, mix, share, repeat, fold, accuracy, folds):
    name = f"{mix}-{share}-{'-'.join(map(str, repeat))}-{fold}.csv"
    seed = sum(map(ord, name))
    of = fold if folds > 1 else None
    write_table(folder / name, predictions(100, accuracy, seed, truth=repeat.split, fold=of))
    return folder / name


def _split(folder, name, patients):
    rows = [("train", f"p{n // 2}") for n in range(2 * patients)] + [("test", "q")]
    write_table(folder / f"split-{name}.csv", pd.DataFrame(rows, columns=["split", "group"]))
    return folder / f"split-{name}.csv"


def test_a_row_has_the_mean_of_all_repeats_and_how_many_patients_it_took(write):
    table = write()
    assert list(table.columns) == columns()
    assert list(table["mix"]) == ["gan-added50"] * 3 + ["real_only"] * 3
    assert list(table["patients"]) == [10, 20, 40] * 2
    assert list(table["images"]) == [20, 40, 80] * 2
    for row in table.itertuples():
        accuracy = ACCURACIES[row.mix][SHARES.index(row.share)]
        assert row.value == pytest.approx(accuracy, abs=0.05)
        assert 0 <= row.low < row.value < row.high <= 1


def test_what_a_mix_is_worth_stands_beside_it_and_not_beside_its_baseline(write):
    table = write().set_index("mix")
    mix = table.loc["gan-added50"]
    assert set(mix["worth"]) == {"measured"}
    assert mix["more_patients"].nunique() == 1
    # 0.06 more, where twice the patients are 0.125 more
    assert 0.1 < mix["more_patients"].iloc[0] < 0.9
    assert mix["in_words"].iloc[0].startswith("as good as ")
    assert table.loc["real_only", ["baseline", "worth", "more_patients"]].isna().all(axis=None)


def test_patients_are_counted_and_not_the_shares_that_were_asked_for(write):
    few, many = (write(patients=(count, 20, 40))["more_patients"].iloc[0] for count in (19, 2))
    assert few < many


def test_worth_is_that_of_the_exchange_rate(write, monkeypatch):
    asked = []

    def listen(patients, real, mixed, *others):
        asked.append((list(patients), [len(real), len(mixed)], real[0].counts, mixed[0].counts))
        return exchange_rate(patients, real, mixed, *others)

    module = "synthmix.evaluate.tabulate_learning_curve.exchange_rate"
    monkeypatch.setattr(module, listen)
    write()
    assert asked == [([10, 20, 40], [3, 3], (2, 1, 1), (2, 2, 1))]


def test_folds_are_training_sets(write):
    table = write(folds=3)
    assert table["value"].notna().all()
    assert set(table[table["mix"] == "gan-added50"]["worth"]) == {"measured"}


def test_another_measure_is_named(write):
    judging = Judging(["cancer", "normal"], "cancer", 0.95, 1, "balanced_accuracy", "none")
    table = write(judging)
    assert set(table["judged_by"]) == {"balanced_accuracy"}
    assert list(table.columns) == columns("balanced_accuracy")


def test_flat_curves_have_words_and_no_number(write):
    table = write(accuracies=dict.fromkeys(ACCURACIES, (0.7, 0.7, 0.7)))
    mix = table[table["mix"] == "gan-added50"]
    assert set(mix["worth"]) == {"flat"}
    assert mix["more_patients"].isna().all()
    assert "can't be told yet" in mix["in_words"].iloc[0]


def test_shares_of_the_same_patients_are_named(write):
    with pytest.raises(UserError, match=r"shares of 0\.25 and 0\.5 are the same 10 patients"):
        write(patients=(10, 10, 40))


def test_files_of_shares_follow_one_another():
    assert by_share(["a", "b", "c", "d"], 2) == [["a", "b"], ["c", "d"]]


def test_it_is_the_same_every_time(write):
    pd.testing.assert_frame_equal(write(), write())
