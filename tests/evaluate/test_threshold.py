import numpy as np
import pytest

from predictions_data import predictions
from synthmix.errors import UserError
from synthmix.evaluate.threshold import choose_threshold, decide, predicted_classes
from synthmix.files import write_table
from synthmix.store import read_table

CLASSES = ("cancer", "normal")


def sensitivity(table):
    return (table.loc[table["label"] == "cancer", "predicted"] == "cancer").mean()


def test_a_number_is_taken_as_it_is():
    assert choose_threshold(predictions(), "cancer", 0.3) == 0.3
    assert choose_threshold(predictions(), None, 0.5) == 0.5


@pytest.mark.parametrize("wanted", [0.01, 0.5, 0.8, 0.9, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_highest_threshold_that_reaches_a_sensitivity_is_chosen(wanted, seed):
    table = predictions(40, 0.7, seed)
    threshold = choose_threshold(table, "cancer", {"sensitivity": wanted})
    reached = sensitivity(decide(table, CLASSES, "cancer", threshold))
    higher = sensitivity(decide(table, CLASSES, "cancer", threshold + 1e-4))
    assert higher < wanted <= reached


def test_nine_of_ten_are_enough_for_nine_tenths():
    table = predictions(5).assign(label="cancer", probability_cancer=np.arange(1, 11) / 20)
    assert choose_threshold(table, "cancer", {"sensitivity": 0.9}) == pytest.approx(0.1)


def test_without_positive_images_no_threshold_can_be_chosen():
    with pytest.raises(UserError, match=r"evaluation: threshold: none of the 100 .* cancer"):
        choose_threshold(predictions().assign(label="normal"), "cancer", {"sensitivity": 0.9})


def test_half_is_the_largest_probability_and_no_column():
    table = predictions()
    decided = decide(table.drop(columns="predicted"), CLASSES, "cancer", 0.5)
    assert decided["predicted"].tolist() == table["predicted"].tolist()
    assert list(decided) == list(table)


def test_another_threshold_is_written_down():
    decided = decide(predictions(), CLASSES, "cancer", 0.2)
    assert list(decided)[3:5] == ["predicted", "threshold"]
    assert (decided["threshold"] == 0.2).all()
    says_cancer = decided["probability_cancer"] >= 0.2
    assert ((decided["predicted"] == "cancer") == says_cancer).all()


def test_several_classes_are_decided_by_the_largest_probability():
    chances = np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]])
    assert predicted_classes(chances, ("a", "b", "c"), "a", 0.1).tolist() == ["b", "a"]
    assert predicted_classes(chances[:, :2], ("a", "b"), None).tolist() == ["b", "a"]


def test_equals_are_positive_and_each_image_may_have_its_threshold():
    chances = np.array([[0.5, 0.5], [0.5, 0.5], [0.8, 0.2]])
    assert predicted_classes(chances, ("a", "b"), "b").tolist() == ["b", "b", "a"]
    thresholds = np.array([0.4, 0.6, 0.1])
    assert predicted_classes(chances, ("a", "b"), "b", thresholds).tolist() == ["b", "a", "b"]


def test_what_was_written_and_read_again_is_decided_alike(tmp_path):
    table = predictions(200, 0.7).drop(columns="predicted")
    random = np.random.default_rng(0).random(400).astype(np.float32)
    table = table.assign(probability_cancer=random, probability_normal=1 - random)
    threshold = choose_threshold(table, "cancer", {"sensitivity": 0.8})
    decided = decide(table, CLASSES, "cancer", threshold)
    write_table(tmp_path / "p.csv", decided)
    read = read_table(tmp_path / "p.csv")
    again = predicted_classes(
        read[["probability_cancer", "probability_normal"]].to_numpy(),
        CLASSES,
        "cancer",
        read["threshold"].to_numpy(),
    )
    assert again.tolist() == decided["predicted"].tolist()
