"""What a search may try."""

import pytest
from pydantic import ValidationError

from synthmix.classify.settings import Classifier
from synthmix.config.classifiers import ClassifierSearch
from synthmix.evaluate.metrics import OVERALL
from synthmix.search.scores import lower_is_better
from synthmix.search.settings import grid_of, is_value

ClassifierGrid = grid_of(Classifier, {"devices"})

# a value of each setting that is not its default
VALUES = {
    "network": "resnet18",
    "weights": "none",
    "input_size": 64,
    "input_scaling": "image",
    "unfrozen_layers": "all",
    "unfrozen_share": 0.5,
    "pooling": "flatten",
    "dense_layers": [8, 4],
    "dropout": 0.1,
    "cnn": {"levels": 2},
    "head": "linear",
    "l2_penalty": 0.1,
    "neighbours": 3,
    "auxiliary_weight": 0.1,
    "loss": "dice",
    "class_weights": {"a": 1.0, "b": 2.0},
    "sampler": "balanced",
    "augmentation": {"horizontal_flip": True},
    "volume_augmentation": {"noise": 0.1},
    "mixup": 0.2,
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "layer_learning_rate_decay": 0.9,
    "momentum": 0.9,
    "weight_decay": 0.01,
    "batch_size": 8,
    "accumulation_steps": 2,
    "mixed_precision": True,
    "epochs": 3,
    "monitor": "macro_f1",
    "patience": 3,
    "min_delta": 0.1,
    "keep": "last",
    "plateau": {"patience": 2},
    "monte_carlo_passes": 5,
}


def test_every_setting_of_a_classifier_can_be_tried():
    assert set(VALUES) == set(ClassifierGrid.model_fields)
    assert set(VALUES) == set(Classifier.model_fields) - {"devices"}
    for name, value in VALUES.items():
        (point,) = ClassifierGrid(**{name: [value]}).points()
        others = {"network": "vgg16"} if name != "network" else {}
        settings = Classifier(**others, **{name: value}).model_dump(mode="json")
        assert point == {name: settings[name]}


def test_points_are_all_combinations_the_last_setting_first_to_change():
    # in the order in which settings are described, however a study orders them
    grid = ClassifierGrid(learning_rate=[1e-3, 1e-4], network=["vgg16", "resnet50"])
    assert grid.points() == [
        {"network": network, "learning_rate": rate}
        for network in ("vgg16", "resnet50")
        for rate in (1e-3, 1e-4)
    ]


def test_no_value_is_a_value_where_a_setting_may_be_absent():
    grid = ClassifierGrid(augmentation=[None, {"zoom": 0.1}], mixup=[0.2, None])
    assert len(grid.points()) == 4
    assert {"augmentation": None, "mixup": None} in grid.points()


@pytest.mark.parametrize(
    "grid", [{}, {"epochs": []}, {"epochs": [1, 1]}, {"epochs": [0]}, {"epoch": [1]}]
)
def test_wrong_grids(grid):
    with pytest.raises(ValidationError):
        ClassifierGrid(**grid)


def test_scores_are_metrics_of_all_classes_and_known_which_way_they_are_better():
    scores = ClassifierSearch.model_fields["score"].annotation.__args__
    assert set(scores) - {"auc"} < set(OVERALL)
    assert [score for score in scores if lower_is_better(score)] == ["negative_log_likelihood"]
    assert ClassifierSearch(stages=[{"epochs": [1]}]).score == "macro_f1"


@pytest.mark.parametrize(
    ("text", "value"),
    [("vgg16", "vgg16"), ("32", 32), ("1e-3", 0.001), ("true", True), ("null", None)],
)
def test_keys_are_text_and_mean_the_values_that_are_written_so(text, value):
    assert is_value(text, value)
    assert not is_value(text, "other")
    assert not is_value("1", True)
    assert not is_value("other", value)


def test_what_goes_with_values_is_told_by_value():
    per_value = {"batch_size": {"8": {"dropout": 0.1}, "16": None}, "epochs": None}
    search = ClassifierSearch(stages=[{"batch_size": [8, 16, 32]}], per_value=per_value)
    assert search.going_with("batch_size", 8) == {"dropout": 0.1}
    for value in (16, 32):
        assert search.going_with("batch_size", value) == {}
    assert search.going_with("network", "vgg16") == {}
