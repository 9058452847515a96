import numpy as np
import pandas as pd
import pytest
import torch

from synthmix.classify.settings import Classifier, Cnn
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.notebooks.experiment import Experiment
from synthmix.notebooks.tables import best_on_validation, class_table, layer_table, metrics_table
from synthmix.store import read_table, save_array

CLASSES = ("bad", "good")
TINY = Classifier(
    network="cnn",
    cnn=Cnn(levels=2, filters=3),
    weights="none",
    learning_rate=0.02,
    epochs=30,
    batch_size=4,
)
FROZEN = Classifier(
    network="resnet18",
    weights="none",
    input_size=32,
    unfrozen_layers=0,
    learning_rate=0.05,
    epochs=2,
    batch_size=8,
)


@pytest.fixture
def folder(tmp_path):
    """Twelve patients with two images each, dark where bad; a third of them in each part."""
    random = np.random.default_rng(0)
    labels = np.arange(24) // 2 % 2
    images = random.integers(0, 90, (24, 16, 16, 1)) + 140 * labels[:, None, None, None]
    save_array(tmp_path / "real.npy", (16, 16, 1), "uint8", [images])
    samples = pd.DataFrame(
        {
            "sample_id": [f"s{i}" for i in range(24)],
            "label": np.array(CLASSES)[labels],
            "group": [f"p{i // 2}" for i in range(24)],
            "split": np.repeat(["train", "validation", "test"], 8),
        }
    )
    write_table(tmp_path / "split.csv", samples)
    return tmp_path


def experiment(folder, **changes):
    arguments = {"positive_class": "bad"} | changes
    return Experiment(
        folder / "trials", folder / "real.npy", folder / "split.csv", CLASSES, **arguments
    )


def test_a_classifier_is_trained_asked_and_scored(folder):
    trials = experiment(folder)
    trained = trials.train("tiny", TINY)
    answers = trials.predict(trained)
    split = read_table(folder / "split.csv")
    assert list(answers["sample_id"]) == list(split.loc[split["split"] == "test", "sample_id"])
    assert len(read_table(trained.predictions("validation"))) == 8
    scores = trials.score(trained)
    assert (answers["predicted"] == answers["label"]).all()  # dark from bright is soon learned
    shown = metrics_table(scores.metrics, {"accuracy": "right", "auc": "AUC"})
    assert list(shown.columns) == ["right", "AUC"]
    assert shown.loc["tiny", "right"].startswith("1.000 (")
    assert list(class_table(scores.metrics, "tiny", CLASSES).index) == list(CLASSES)
    confusion = read_table(scores.confusion)
    assert confusion.loc[confusion["true"] == confusion["predicted"], "images"].sum() == 8


def test_a_training_goes_on_from_another_and_both_are_scored_together(folder):
    trials = experiment(folder)
    first = trials.train("first", FROZEN)
    second = trials.train("second", FROZEN.model_copy(update={"unfrozen_layers": 1}), start=first)
    assert second.weights == first.weights
    for each in (first, second):
        trials.predict(each)
    scores = trials.score(first, second)
    assert list(read_table(scores.metrics)["mix"].unique()) == ["first", "second"]
    assert best_on_validation(scores.metrics, "accuracy") in ("first", "second")
    # what comes before the boundary is computed once for each
    assert len(list((folder / "features").iterdir())) == 2
    assert len(list((folder / "weights").iterdir())) == 1


def test_features_of_other_images_are_computed_anew(folder):
    trials = experiment(folder)
    trials.train("first", FROZEN)
    (features,) = (folder / "features").iterdir()
    before = np.load(features)
    save_array(folder / "real.npy", (16, 16, 1), "uint8", [np.load(folder / "real.npy")[::-1]])
    trials.train("first", FROZEN)
    assert np.allclose(np.load(features), before[::-1], atol=1e-4)


def test_the_threshold_is_chosen_on_validation_images(folder):
    trials = experiment(folder)
    trained = trials.train("tiny", TINY)
    answers = trials.predict(trained, threshold={"sensitivity": 1.0})
    validation = read_table(trained.predictions("validation"))
    least = validation.loc[validation["label"] == "bad", "probability_bad"].min()
    assert answers["threshold"].iloc[0] == pytest.approx(least)


def test_the_best_is_chosen_on_validation_images_alone(tmp_path):
    rows = [
        ("a", "validation", 0.7),
        ("b", "validation", 0.8),
        ("a", "test", 0.9),
        ("b", "test", 0.1),
    ]
    table = pd.DataFrame(rows, columns=["mix", "split", "value"])
    table = table.assign(classifier="x", seed="all", metric="macro_f1", **{"class": ""})
    write_table(tmp_path / "metrics.csv", table)
    assert best_on_validation(tmp_path / "metrics.csv", "macro_f1") == "b"


def test_a_network_is_shown_as_its_training_begins(folder):
    network = experiment(folder).network(FROZEN)
    table = layer_table(network)
    assert list(table["layers"]) == [9, 0, 1]
    assert table.loc["dense layers", "weights"] == 512 * 2 + 2
    total = sum(weight.numel() for weight in network.parameters())
    assert table["weights"].sum() == total
    assert torch.isfinite(network(torch.zeros(1, 3, 32, 32))).all()


def test_a_patient_in_two_parts_is_refused(folder):
    split = read_table(folder / "split.csv")
    split.loc[0, "split"] = "test"
    write_table(folder / "split.csv", split)
    with pytest.raises(UserError, match="p0"):
        experiment(folder)
