import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from synthmix.evaluate.measure import choose_measure, constant_answer, measure_for


@pytest.mark.parametrize(
    ("counts", "measure"),
    [
        ((60, 40), "accuracy"),
        ((61, 39), "balanced_accuracy"),
        ((39, 61), "balanced_accuracy"),
        ((150, 100, 120), "accuracy"),
        ((151, 100, 120), "macro_f1"),
        ((100, 120, 151), "macro_f1"),
        ((50, 0, 50), "accuracy"),  # two classes
        ((80, 20, 0), "balanced_accuracy"),
        ((100,), "accuracy"),
    ],
)
def test_the_measure_goes_by_how_unequal_classes_are(counts, measure):
    assert choose_measure({f"c{i}": count for i, count in enumerate(counts)}) == measure


@pytest.mark.parametrize("counts", [(91, 9), (9, 91), (50, 50), (70, 20, 10), (100,)])
def test_the_constant_answer_is_what_scikit_learn_makes_of_it(counts):
    actual = [i for i, count in enumerate(counts) for _ in range(count)]
    said = [counts.index(max(counts))] * len(actual)
    found = constant_answer({f"c{i}": count for i, count in enumerate(counts)})
    assert found["accuracy"] == pytest.approx(accuracy_score(actual, said))
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(actual, said))
    macro_f1 = f1_score(actual, said, average="macro", zero_division=0)
    assert found["macro_f1"] == pytest.approx(macro_f1)
    assert found["auc"] == 0.5


def test_without_images_nothing_is_constant():
    with pytest.raises(ValueError, match="no images"):
        constant_answer({"a": 0})


@pytest.mark.parametrize(
    ("rows", "measure"),
    [
        # balanced by a subsample, and a long tail drawn from as many of each
        ({("a", "train"): 10, ("b", "test"): 10, ("a", "held_out"): 90}, "accuracy"),
        ({("a", "train"): 30, ("b", "train"): 5, ("b", "held_out"): 25}, "balanced_accuracy"),
        ({("a", "train"): 10, ("b", "test"): 10, ("unlabelled", "train"): 90}, "accuracy"),
    ],
)
def test_images_that_are_held_out_or_of_no_class_do_not_decide(tmp_path, rows, measure):
    table = [
        {"label": label, "split": split} for (label, split), n in rows.items() for _ in range(n)
    ]
    pd.DataFrame(table).to_csv(tmp_path / "split.csv", index=False)
    assert measure_for("auto", tmp_path / "split.csv") == measure
    assert measure_for("macro_f1", tmp_path / "split.csv") == "macro_f1"
