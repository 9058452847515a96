from dataclasses import replace

from predictions_data import CLASSES, once, write_predictions
from synthmix.evaluate.compare_classifiers import columns, compare_classifiers
from synthmix.evaluate.paired import Judge
from synthmix.store import read_table

JUDGE = Judge(CLASSES, "cancer", 300, 0.95, 0.05, seed=1)


def compare(folder, accuracies, mixes=("m",), judge=JUDGE):
    predictions = {
        (name, mix): once(
            *(
                write_predictions(folder / f"{name}-{mix}-{f}", 20, a, 7, fold=f)
                for f in (1, 2, 3, 4)
            )
        )
        for name, a in accuracies.items()
        for mix in mixes
    }
    compare_classifiers(predictions, mixes, list(accuracies), folder / "t.csv", judge)
    return read_table(folder / "t.csv")


def test_every_pair_on_every_mix_is_compared(tmp_path):
    table = compare(tmp_path, {"good": 0.95, "same": 0.95, "bad": 0.5}, ("m", "n"))
    assert list(table) == columns()
    assert table["mix"].tolist() == ["m"] * 3 + ["n"] * 3
    pairs = list(zip(table["first"], table["second"], strict=True))[:3]
    assert pairs == [("good", "same"), ("good", "bad"), ("same", "bad")]
    assert table["better"].tolist()[:3] == ["can't tell yet", "good", "same"]
    assert table["auc_p_adjusted"].tolist()[0] == 1
    assert (table["p_adjusted"] >= table["p_value"]).all()


def test_the_second_may_be_the_better_one(tmp_path):
    assert compare(tmp_path, {"bad": 0.5, "good": 0.95})["better"].tolist() == ["good"]


def test_one_classifier_leaves_an_empty_table(tmp_path):
    table = compare(tmp_path, {"only": 0.8})
    assert table.empty
    assert list(table) == columns()


def test_classifiers_are_judged_by_the_measure_that_is_asked_for(tmp_path):
    judge = replace(JUDGE, measure="macro_f1")
    table = compare(tmp_path, {"bad": 0.5, "good": 0.95}, judge=judge)
    assert list(table) == columns("macro_f1")
    assert table["better"].tolist() == ["good"]
    assert table["judged_by"].tolist() == ["macro_f1"]
    usual = compare(tmp_path, {"bad": 0.5, "good": 0.95})
    assert table["difference"].tolist() == usual["macro_f1_difference"].tolist()
    assert table["accuracy_low"].tolist() == usual["low"].tolist()
