import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

from synthmix.checkpoint import Checkpoint
from synthmix.classifiers import vgg16
from synthmix.classify.extract_features import extract_features, to_inputs
from synthmix.classify.predict import predict
from synthmix.classify.train_classifier import Training, train_classifier
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.store import read_table, save_array
from synthmix.trackers import NO_TRACKER, Tracker, open_tracker

CPU = torch.device("cpu")
CLASSES = ["cancer", "normal"]
SETTINGS = {
    "network": "vgg16",
    "input_size": 32,
    "unfrozen_layers": 1,
    "dense_layers": [8],
    "dropout": 0.4,
    "batch_size": 8,
    "learning_rate": 1e-3,
    "epochs": 5,
    "patience": 10,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Two stores of bright (cancer) and dark images, their features, a mix and a split."""
    folder = tmp_path_factory.mktemp("data")
    torch.manual_seed(0)
    save_file(vgg16.random_weights(), folder / "start.safetensors")
    rng = np.random.default_rng(0)
    labels = np.array(CLASSES * 20)
    for store in ("real", "made"):
        level = np.where(labels == "cancer", 200, 60)[:, None, None, None]
        images = np.clip(level + rng.normal(0, 30, (40, 32, 32, 1)), 0, 255)
        save_array(folder / f"{store}.npy", (32, 32, 1), "uint8", [images])
        extract_features(
            folder / f"{store}.npy",
            folder / "start.safetensors",
            folder / f"{store}_features.npy",
            "vgg16",
            32,
            1,
            CPU,
        )
    rows = [("train", "made", i) for i in range(40)] + [("train", "real", i) for i in range(10)]
    rows += [("validation", "real", i) for i in range(10, 20)]
    mix = pd.DataFrame(rows, columns=["split", "store", "row"])
    mix["label"] = labels[mix["row"]]
    write_table(folder / "mix.csv", mix)
    split = pd.DataFrame({"sample_id": [f"s{i}" for i in range(40)], "label": labels})
    split["group"] = [f"p{i // 2}" for i in range(40)]
    split["split"] = ["train"] * 10 + ["validation"] * 10 + ["test"] * 20
    write_table(folder / "split.csv", split)
    return folder


def train(data, folder, checkpoint=None, tracker=NO_TRACKER, **changes):
    train_classifier(
        settings=SETTINGS | changes,
        mix=data / "mix.csv",
        features={store: data / f"{store}_features.npy" for store in ("real", "made")},
        weights=data / "start.safetensors",
        classes=CLASSES,
        positive_class="cancer",
        output=folder / "weights.safetensors",
        history=folder / "history.csv",
        checkpoint=checkpoint or Checkpoint(folder / "a.pt", "a", 3600),
        seed=1,
        device=CPU,
        tracker=tracker,
    )
    return folder


def assert_same(one, two):
    assert (one / "weights.safetensors").read_bytes() == (two / "weights.safetensors").read_bytes()
    assert (one / "history.csv").read_bytes() == (two / "history.csv").read_bytes()


def test_features_are_those_of_the_whole_network(data):
    images = np.load(data / "real.npy")[:3]
    inputs = to_inputs(images, 32, vgg16.MEAN, vgg16.STANDARD_DEVIATION, CPU)
    frozen = vgg16.frozen_part(load_file(data / "start.safetensors"), 1)
    kept = torch.from_numpy(np.load(data / "real_features.npy")[:3]).float()
    torch.testing.assert_close(kept, frozen(inputs), rtol=1e-3, atol=1e-3)


def test_grey_inputs_are_repeated_resized_and_normalised():
    inputs = to_inputs(np.full((2, 16, 16, 1), 255, np.uint8), 32, (0.5,) * 3, (0.25,) * 3, CPU)
    assert inputs.shape == (2, 3, 32, 32)
    torch.testing.assert_close(inputs, torch.full_like(inputs, 2.0))


def test_it_learns_keeps_the_best_weights_and_predicts(data, tmp_path):
    train(data, tmp_path, epochs=8)
    history = read_table(tmp_path / "history.csv")
    assert history.columns.tolist() == ["epoch", "split", "loss", "accuracy", "precision", "recall"]
    validation = history[history["split"] == "validation"]
    assert validation["loss"].min() < 0.4 < validation["loss"].iloc[0] + 0.3
    predict(
        {key: SETTINGS[key] for key in ("network", "input_size", "unfrozen_layers", "dense_layers")}
        | {"dropout": 0.4},
        data / "real_features.npy",
        data / "split.csv",
        data / "start.safetensors",
        tmp_path / "weights.safetensors",
        CLASSES,
        tmp_path / "predictions.csv",
        CPU,
    )
    table = read_table(tmp_path / "predictions.csv")
    assert table["sample_id"].tolist() == [f"s{i}" for i in range(20, 40)]
    assert (table["predicted"] == table["label"]).mean() > 0.9
    np.testing.assert_allclose(table["probability_cancer"] + table["probability_normal"], 1, 1e-5)


def test_a_training_repeats_itself(data, tmp_path):
    assert_same(train(data, tmp_path / "one"), train(data, tmp_path / "two"))


def test_a_training_that_is_broken_off_ends_as_one_that_is_not(data, tmp_path, monkeypatch):
    whole = train(data, tmp_path / "whole")
    go_through, passes = Training._pass, []

    def dies_in_the_third_epoch(self, *args, **options):
        passes.append(1)
        if len(passes) == 6:
            raise KeyboardInterrupt
        return go_through(self, *args, **options)

    monkeypatch.setattr(Training, "_pass", dies_in_the_third_epoch)
    checkpoint = Checkpoint(tmp_path / "kept.pt", "a", every_seconds=0)
    with pytest.raises(KeyboardInterrupt):
        train(data, tmp_path / "resumed", checkpoint)
    train(data, tmp_path / "resumed", checkpoint)
    assert len(passes) == 6 + 2 * 3
    assert_same(whole, tmp_path / "resumed")


class Notes(Tracker):
    """A tracker that keeps what it is told."""

    def __init__(self):
        self.rows = []

    def log(self, values, step):
        self.rows.append((step, dict(values)))


def test_a_tracker_is_shown_the_history(data, tmp_path):
    notes = Notes()
    train(data, tmp_path, tracker=notes, epochs=2)
    history = read_table(tmp_path / "history.csv").set_index(["epoch", "split"])
    assert [step for step, _ in notes.rows] == [1, 2]
    for step, values in notes.rows:
        assert len(values) == 8
        for name, value in values.items():
            measure, split = name.split("/")
            assert value == pytest.approx(history.loc[(step, split), measure])


def test_a_tracker_changes_no_result_and_sees_each_epoch_again_after_a_kill(
    data, tmp_path, monkeypatch
):
    whole = train(data, tmp_path / "whole")
    with open_tracker("tensorboard", tmp_path / "events", "mine") as tracker:
        train(data, tmp_path / "shown", tracker=tracker)
    assert_same(whole, tmp_path / "shown")

    notes = Notes()
    checkpoint = Checkpoint(tmp_path / "kept.pt", "a", every_seconds=0)
    save = checkpoint.save_if_due

    def dies_after_the_third_epoch(state):
        save(state)
        if len(notes.rows) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save_if_due", dies_after_the_third_epoch)
    with pytest.raises(KeyboardInterrupt):
        train(data, tmp_path / "resumed", checkpoint, notes)
    train(data, tmp_path / "resumed", checkpoint, notes)
    assert [step for step, _ in notes.rows] == [1, 2, 3, 4, 5]
    assert_same(whole, tmp_path / "resumed")


def test_a_finished_training_that_is_resumed_stays_as_it_is(data, tmp_path, monkeypatch):
    whole = train(data, tmp_path / "whole")
    monkeypatch.setattr(Checkpoint, "remove", lambda self: None)
    checkpoint = Checkpoint(tmp_path / "kept.pt", "a", every_seconds=0)
    train(data, tmp_path / "one", checkpoint)
    assert_same(whole, train(data, tmp_path / "two", checkpoint))


def test_it_stops_early_and_keeps_the_best_epoch(data, tmp_path):
    # so large a step never improves on the first epochs for long
    train(data, tmp_path, learning_rate=0.5, epochs=60, patience=3)
    history = read_table(tmp_path / "history.csv")
    losses = history.loc[history["split"] == "validation", "loss"].to_numpy()
    assert len(losses) == int(np.argmin(losses)) + 1 + 3
    assert len(losses) < 60


def test_a_training_gone_astray_is_not_taken_for_done(data, tmp_path):
    with pytest.raises(UserError, match="lower the classifier's learning_rate"):
        train(data, tmp_path, learning_rate=1e30)
    assert not (tmp_path / "weights.safetensors").exists()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_it_repeats_itself_on_a_gpu(data, tmp_path):
    torch.use_deterministic_algorithms(True)
    for name in ("one", "two"):
        train_classifier(
            settings=SETTINGS,
            mix=data / "mix.csv",
            features={store: data / f"{store}_features.npy" for store in ("real", "made")},
            weights=data / "start.safetensors",
            classes=CLASSES,
            positive_class="cancer",
            output=tmp_path / name / "weights.safetensors",
            history=tmp_path / name / "history.csv",
            checkpoint=Checkpoint(tmp_path / "a.pt", "a", 3600),
            seed=1,
            device=torch.device("cuda"),
        )
    assert_same(tmp_path / "one", tmp_path / "two")
