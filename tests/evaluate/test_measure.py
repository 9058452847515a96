import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from synthmix.evaluate.measure import choose_measure, constant_answer


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
