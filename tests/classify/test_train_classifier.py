import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from little_memory import room_for
from synthmix.classify.examples import Examples, FromImages, Source
from synthmix.classify.extract_features import extract_features
from synthmix.classify.fetch_weights import fetch_weights
from synthmix.classify.files import BaselineFiles, TrainingFiles
from synthmix.classify.losses import build_loss
from synthmix.classify.network import load_network, read_header
from synthmix.classify.optimizers import build_optimizer
from synthmix.classify.passes import Passes
from synthmix.classify.predict import predict
from synthmix.classify.settings import Classifier
from synthmix.classify.train_classifier import train_classifier
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.networks.base import Network
from synthmix.networks.inputs import to_inputs, to_tensor
from synthmix.networks.plan import FITTED, backbone_name, weights_name
from synthmix.prepare.folds import split_for_fold
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.runtime.distributed import run_together
from synthmix.runtime.trackers import NO_TRACKER, Tracker, open_tracker
from synthmix.store import read_table, save_array

CPU = torch.device("cpu")
CLASSES = ["cancer", "normal"]
STORES = ("real", "made")


def settings(**changes):
    """Return the settings of a small classifier as jobs have them."""
    values = {
        "network": "squeezenet1_1",
        "weights": "none",
        "input_size": 32,
        "unfrozen_layers": 1,
        "dense_layers": [8],
        "dropout": 0.4,
        "batch_size": 8,
        "learning_rate": 1e-3,
        "epochs": 5,
    }
    return Classifier(**values | changes).model_dump(mode="json")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Two stores of bright (cancer) and dark images, a mix of them and a split."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    labels = np.array(CLASSES * 20)
    for store in STORES:
        level = np.where(labels == "cancer", 200, 60)[:, None, None, None]
        images = np.clip(level + rng.normal(0, 30, (40, 32, 32, 1)), 0, 255)
        save_array(folder / f"{store}.npy", (32, 32, 1), "uint8", [images])
    rows = [("train", "made", i) for i in range(40)] + [("train", "real", i) for i in range(10)]
    rows += [("validation", "real", i) for i in range(10, 20)]
    mix = pd.DataFrame(rows, columns=["split", "store", "row"])
    mix["label"] = labels[mix["row"]]
    mix["sample_id"] = [f"{store}{row}" for _, store, row in rows]
    mix["group"] = "p"
    write_table(folder / "mix.csv", mix)
    split = pd.DataFrame({"sample_id": [f"s{i}" for i in range(40)], "label": labels})
    split["group"] = [f"p{i // 2}" for i in range(40)]
    split["split"] = ["train"] * 10 + ["validation"] * 10 + ["test"] * 20
    split["fold"] = np.arange(40) // 2 % 4 + 1
    write_table(folder / "split.csv", split)
    return folder


def files_for(data, classifier, **more):
    """Return the files that a training with these settings reads; makes those that are missing."""
    images = {store: data / f"{store}.npy" for store in STORES}
    weights, features = {}, {}
    if name := weights_name(classifier, 1):
        weights[name] = data / f"{name}.safetensors"
        if not weights[name].exists():
            fetch_weights(classifier["network"], classifier["weights"], weights[name], 1)
    if backbone := backbone_name(classifier, 1):
        for store in STORES:
            features[backbone, store] = path = data / f"{backbone}-{store}.npy"
            if not path.exists():
                extract_features(images[store], weights[name], path, classifier, CPU)
    return TrainingFiles(data / "mix.csv", images, features, weights, **more)


def train(
    data,
    folder,
    checkpoint=None,
    tracker=NO_TRACKER,
    positive="cancer",
    device=CPU,
    start=None,
    cached=True,
    baseline=None,
    equal_steps=False,
    most_steps=None,
    **changes,
):
    classifier = settings(**changes)
    files = files_for(data, classifier, start=start, baseline=baseline)
    work = {
        "base": classifier,
        "own": {},
        "files": files if cached else replace(files, features={}),
        "classes": CLASSES,
        "positive_class": positive,
        "output": folder / "weights.safetensors",
        "history": folder / "history.csv",
        "checkpoint": checkpoint or Checkpoint(folder / "a.pt", "a", 3600),
        "seed": 1,
        "master_seed": 1,
        "tracker": tracker,
        "equal_steps": equal_steps,
        "most_steps": most_steps,
    }
    run_together(train_classifier, work, classifier["devices"], device)
    return folder


def predicted(data, folder, fold=None, threshold=0.5, split=None, **predicting):
    """Return the tables of what the classifier in `folder` says: test and validation."""
    model = folder / "weights.safetensors"
    outputs = {part: folder / f"{part}.csv" for part in ("test", "validation")}
    predict(
        model,
        files_for(data, read_header(model).settings),
        split or data / "split.csv",
        outputs,
        "cancer",
        threshold,
        predicting,
        fold,
        1,
        1,
        CPU,
    )
    return [read_table(path) for path in outputs.values()]


def losses(folder):
    return read_table(folder / "history.csv")["loss"].to_numpy()


def assert_same(one, two):
    assert (one / "weights.safetensors").read_bytes() == (two / "weights.safetensors").read_bytes()
    assert (one / "history.csv").read_bytes() == (two / "history.csv").read_bytes()


def test_pictures_may_be_scaled_each_over_its_channels_together():
    rng = np.random.default_rng(0)
    # as three slices of a volume: one dark, one with a background
    images = rng.integers(0, 90, (3, 20, 20, 3), np.uint8)
    images[1] += 100
    images[0, :5, :, 2] = 0
    images[2] = 7
    network = nn.Module()
    network.channels, network.scales_each, network.mean = 3, True, (0.5, 0.5, 0.5)
    inputs = to_inputs(to_tensor(images), network, None, CPU).numpy()
    for image, found in zip(images[:2].astype(float), inputs[:2], strict=True):
        expected = (image - image.mean()) / image.std()
        np.testing.assert_allclose(found, expected.transpose(2, 0, 1), atol=1e-5)
    assert (inputs[2] == 0).all()


def test_the_scaling_of_a_study_is_that_of_the_network(data, tmp_path):
    own = {"input_scaling": "image", "unfrozen_layers": 0}
    train(data, tmp_path, epochs=1, **own)
    files = files_for(data, settings(**own))
    network, _ = load_network(tmp_path / "weights.safetensors", files.weights)
    assert network.scales_each
    (features,) = (path for (_, store), path in files.features.items() if store == "real")
    images = to_tensor(np.load(data / "real.npy")[:4])
    seen = network.cut(0)[0](to_inputs(images, network, 32, CPU))
    np.testing.assert_allclose(np.load(features)[:4], seen.numpy(), atol=1e-5)


def test_grey_inputs_are_repeated_resized_and_normalised():
    network = Classifier(network="vgg16")
    network = type(
        "Net",
        (),
        {
            "channels": 3,
            "mean": (0.5,) * 3,
            "standard_deviation": (0.25,) * 3,
            "scales_each": False,
        },
    )
    images = to_tensor(np.full((2, 16, 16, 1), 255, np.uint8))
    inputs = to_inputs(images, network, 32, CPU)
    assert inputs.shape == (2, 3, 32, 32)
    torch.testing.assert_close(inputs, torch.full_like(inputs, 2.0))


@pytest.mark.parametrize("network", ["vgg16", "resnet18"])
def test_cached_features_give_the_losses_of_the_plain_training(data, tmp_path, network):
    own = {"network": network, "unfrozen_layers": 0, "epochs": 3}
    train(data, tmp_path / "cached", **own)
    train(data, tmp_path / "plain", cached=False, **own)
    np.testing.assert_allclose(losses(tmp_path / "cached"), losses(tmp_path / "plain"), atol=1e-4)
    assert len(losses(tmp_path / "plain")) == 6


@pytest.mark.parametrize("head", FITTED)
def test_a_head_that_is_fitted_at_once_tells_images_apart(data, tmp_path, head):
    own = {"unfrozen_layers": 0, "dense_layers": [], "head": head, "neighbours": 3}
    train(data, tmp_path / "cached", **own)
    train(data, tmp_path / "plain", cached=False, **own)
    history = read_table(tmp_path / "cached" / "history.csv")
    assert history["epoch"].tolist() == [1, 1]
    assert history["split"].tolist() == ["train", "validation"]
    assert history["kept"].all()
    assert (history["accuracy"] >= 0.95).all()
    np.testing.assert_allclose(losses(tmp_path / "cached"), losses(tmp_path / "plain"), atol=1e-3)
    for table in predicted(data, tmp_path / "cached"):
        assert (table["predicted"] == table["label"]).mean() >= 0.8


def test_batch_norm_of_the_frozen_part_learns_nothing(data, tmp_path):
    train(data, tmp_path, network="resnet18", unfrozen_layers=2, mixup=0.2, epochs=2)
    start = load_file(data / "resnet18-random1.safetensors")
    network, _ = load_network(
        tmp_path / "weights.safetensors",
        {"resnet18-random1": data / "resnet18-random1.safetensors"},
    )
    state = network.state_dict()
    changed = {name for name in start if not torch.equal(start[name], state[name])}
    assert any("running_mean" in name for name in changed)
    assert {int(name.split(".")[1]) for name in changed} == {7, 8}


def test_it_learns_keeps_the_best_weights_and_predicts(data, tmp_path):
    train(data, tmp_path, epochs=8)
    history = read_table(tmp_path / "history.csv")
    assert history.columns.tolist() == [
        *("epoch", "split", "loss", "accuracy", "balanced_accuracy", "macro_f1"),
        *("precision", "recall", "published_way_precision", "published_way_recall"),
        *("learning_rate", "accumulation_steps", "kept"),
    ]
    validation = history[history["split"] == "validation"]
    assert validation["loss"].min() < 0.4 < validation["loss"].iloc[0] + 0.3
    test, judged = predicted(data, tmp_path)
    assert test["sample_id"].tolist() == [f"s{i}" for i in range(20, 40)]
    assert judged["sample_id"].tolist() == [f"real{i}" for i in range(10, 20)]
    assert (test["predicted"] == test["label"]).mean() > 0.9
    np.testing.assert_allclose(test["probability_cancer"] + test["probability_normal"], 1, 1e-5)
    # of the epoch that is kept, not the last one
    best = validation.loc[validation["loss"].idxmin()]
    assert history.loc[history["kept"], "epoch"].tolist() == [best["epoch"]] * 2
    truth = judged[["probability_cancer", "probability_normal"]].to_numpy()
    own = truth[np.arange(10), (judged["label"] == "normal").astype(int)]
    assert -np.log(own).mean() == pytest.approx(best["loss"], rel=1e-4)


def test_the_last_weights_are_kept_where_a_study_says_so(data, tmp_path):
    own = {"keep": "last", "learning_rate": 0.05, "epochs": 8, "patience": 3}
    train(data, tmp_path / "whole", **own)
    history = read_table(tmp_path / "whole" / "history.csv")
    validation = history[history["split"] == "validation"]
    last = validation.iloc[-1]
    assert validation["loss"].idxmin() != last.name  # else the two would be the same
    assert history.loc[history["kept"], "epoch"].tolist() == [last["epoch"]] * 2
    _, judged = predicted(data, tmp_path / "whole")
    truth = judged[["probability_cancer", "probability_normal"]].to_numpy()
    own_probability = truth[np.arange(10), (judged["label"] == "normal").astype(int)]
    assert -np.log(own_probability).mean() == pytest.approx(last["loss"], rel=1e-4)


def test_a_fold_is_tested_on_by_its_number(data, tmp_path):
    train(data, tmp_path, epochs=1)
    write_table(tmp_path / "fold.csv", split_for_fold(read_table(data / "split.csv"), 2))
    test, _ = predicted(data, tmp_path, fold=2, split=tmp_path / "fold.csv")
    assert test["sample_id"].tolist() == [f"s{i}" for i in range(40) if i // 2 % 4 == 1]
    assert set(test["fold"]) == {2}


def test_images_that_were_trained_on_too_are_tested_on_where_the_split_says_so(data, tmp_path):
    train(data, tmp_path, epochs=1)
    pool = read_table(data / "split.csv").assign(split="train", validates=False)
    write_table(tmp_path / "pool.csv", pool.assign(tested=pool.index % 8 == 1))
    test, _ = predicted(data, tmp_path, split=tmp_path / "pool.csv")
    assert test["sample_id"].tolist() == ["s1", "s9", "s17", "s25", "s33"]


def test_a_threshold_is_chosen_on_the_validation_images(data, tmp_path):
    train(data, tmp_path, epochs=2)
    _, validation = predicted(data, tmp_path, threshold={"sensitivity": 0.8})
    positive = validation[validation["label"] == "cancer"]
    threshold = validation["threshold"].iloc[0]
    assert (positive["predicted"] == "cancer").mean() == pytest.approx(0.8)
    assert threshold == pytest.approx(sorted(positive["probability_cancer"])[1])


def test_monte_carlo_dropout_averages_passes_that_differ(data, tmp_path):
    plain, several = (
        predicted(data, train(data, tmp_path / str(passes), epochs=3, monte_carlo_passes=passes))[0]
        for passes in (None, 8)
    )
    assert not np.allclose(plain["probability_cancer"], several["probability_cancer"], atol=1e-4)
    assert np.allclose(plain["probability_cancer"], several["probability_cancer"], atol=0.3)
    again = predicted(data, tmp_path / "8")[0]
    pd.testing.assert_frame_equal(several, again)


def test_a_network_from_scratch_needs_no_weights_and_differs_by_seed(data, tmp_path):
    own = {"network": "cnn", "unfrozen_layers": None, "cnn": {"levels": 2, "filters": 4}}
    own |= {"input_size": None, "epochs": 12, "learning_rate": 1e-2}
    assert files_for(data, settings(**own)).weights == {}
    train(data, tmp_path, **own)
    test, _ = predicted(data, tmp_path)
    assert (test["predicted"] == test["label"]).mean() > 0.9


def test_it_goes_on_from_another_classifier(data, tmp_path):
    train(data, tmp_path / "head", unfrozen_layers=0, epochs=6)
    start = tmp_path / "head" / "weights.safetensors"
    train(data, tmp_path / "tuned", unfrozen_layers=2, epochs=1, learning_rate=1e-12, start=start)
    best = losses(tmp_path / "head")[1::2].min()
    assert losses(tmp_path / "tuned")[1] == pytest.approx(best, abs=1e-4)
    with pytest.raises(UserError, match="unfreeze as many at least"):
        train(
            data, tmp_path / "less", unfrozen_layers=1, start=tmp_path / "tuned/weights.safetensors"
        )


@pytest.mark.parametrize(
    "own",
    [
        {"loss": {"name": "focal"}, "class_weights": "balanced"},
        {"optimizer": "sgd", "momentum": 0.9, "layer_learning_rate_decay": 0.5},
        {"optimizer": "rmsprop", "weight_decay": 0.002, "plateau": {"patience": 1}},
        {"augmentation": {"horizontal_flip": True}, "sampler": "balanced"},
        {"mixup": 0.2, "accumulation_steps": 3},
        {"mixed_precision": True, "monitor": "accuracy"},
    ],
    ids=lambda own: "-".join(own),
)
def test_recipes_train_and_repeat_themselves(data, tmp_path, own):
    one, two = (train(data, tmp_path / name, epochs=2, **own) for name in ("one", "two"))
    assert_same(one, two)
    assert np.isfinite(losses(one)).all()


def test_a_batch_in_parts_is_the_batch(data, tmp_path):
    own = {"dropout": 0.0, "epochs": 3}
    train(data, tmp_path / "whole", **own)
    train(data, tmp_path / "parts", accumulation_steps=2, **own)
    np.testing.assert_allclose(losses(tmp_path / "whole"), losses(tmp_path / "parts"), rtol=1e-4)


@pytest.mark.parametrize("weights", ["balanced", {"cancer": 5.0, "normal": 1.0}])
def test_a_weighted_batch_in_parts_is_the_batch(data, tmp_path, weights):
    own = {"dropout": 0.0, "epochs": 2, "class_weights": weights}
    train(data, tmp_path / "whole", **own)
    train(data, tmp_path / "parts", accumulation_steps=4, **own)
    np.testing.assert_allclose(losses(tmp_path / "whole"), losses(tmp_path / "parts"), rtol=1e-4)


@pytest.mark.parametrize(
    "own",
    [
        {"class_weights": {"cancer": 5.0, "normal": 1.0}, "batch_size": 7},
        # trained on few images a batch, whose batch norm sees the parts
        {"network": "resnet18", "optimizer": "sgd", "batch_size": 16, "learning_rate": 1e-4},
    ],
    ids=["weighted", "batch norm"],
)
def test_two_devices_train_as_one_does_in_twice_as_many_parts(data, tmp_path, own):
    own = {"dropout": 0.0, "epochs": 2, **own}
    one, two = (
        load_file(train(data, tmp_path / name, **parts, **own) / "weights.safetensors")
        for name, parts in {"one": {"accumulation_steps": 2}, "two": {"devices": 2}}.items()
    )
    histories = [read_table(tmp_path / name / "history.csv") for name in ("one", "two")]
    one_learns, two_learn = (h[h["split"] == "train"].drop(columns="kept") for h in histories)
    columns = ["loss", "accuracy", "macro_f1", "precision", "recall"]
    np.testing.assert_allclose(one_learns[columns], two_learn[columns], rtol=1e-4)
    assert one.keys() == two.keys()
    for name, tensor in one.items():
        # batch norm's averages of one device follow its last parts more closely
        if "running" not in name and "tracked" not in name:
            torch.testing.assert_close(two[name], tensor, rtol=1e-3, atol=1e-5)
    if "network" not in own:
        np.testing.assert_allclose(*(h["loss"] for h in histories), rtol=1e-4)


def test_what_two_devices_draw_is_the_same_again(data, tmp_path, monkeypatch):
    """Broken off and all: changes of images, blending and dropout are drawn by each device."""
    own = {"devices": 2, "accumulation_steps": 2, "epochs": 3, "mixup": 0.2}
    own |= {"augmentation": {"horizontal_flip": True}, "unfrozen_layers": 0}
    whole = train(data, tmp_path / "whole", **own)
    judge, epochs = Passes.judge, []

    def dies_in_the_second_epoch(self, *args):
        epochs.append(1)
        if len(epochs) == 2:
            raise KeyboardInterrupt
        return judge(self, *args)

    monkeypatch.setattr(Passes, "judge", dies_in_the_second_epoch)
    checkpoint = Checkpoint(tmp_path / "kept.pt", "a", every_seconds=0)
    with pytest.raises(KeyboardInterrupt):
        train(data, tmp_path / "resumed", checkpoint, **own)
    train(data, tmp_path / "resumed", checkpoint, **own)
    assert len(epochs) == 2 + 2
    assert_same(whole, tmp_path / "resumed")
    assert not list(tmp_path.glob("kept*"))


def test_devices_without_two_images_each_are_told(data, tmp_path):
    with pytest.raises(UserError, match="devices: 2, but a batch has 3 images: not two for each"):
        train(data, tmp_path, batch_size=3, devices=2)
    assert not list(tmp_path.iterdir())


def test_a_training_out_of_memory_is_started_again_in_smaller_parts(data, tmp_path, caplog):
    own = {"network": "resnet18", "epochs": 2}  # its batch norm sees the parts
    expected = train(data, tmp_path / "parts", accumulation_steps=4, **own)
    checkpoint = Checkpoint(tmp_path / "kept.pt", "a", every_seconds=0)
    with room_for(2):
        for more in (2, 4):
            said = rf"^the GPU is out of memory.* takes batches in {more} parts"
            with pytest.raises(UserError, match=said):
                train(data, tmp_path / "again", checkpoint, **own)
        again = train(data, tmp_path / "again", checkpoint, **own)
    assert "batches in 4 parts: an attempt before ran out of GPU memory" in caplog.text
    assert_same(expected, again)
    assert read_header(again / "weights.safetensors").settings["accumulation_steps"] == 4
    assert not list(tmp_path.glob("kept*"))
    predicted(data, again)


def test_a_training_goes_on_in_smaller_parts_from_where_it_was(data, tmp_path, monkeypatch):
    learn, calls = Passes.learn, []

    def has_less_in_the_third_epoch(self, train, epoch):
        calls.append(epoch)
        with room_for(8 if len(calls) < 3 else 4):
            return learn(self, train, epoch)

    monkeypatch.setattr(Passes, "learn", has_less_in_the_third_epoch)
    checkpoint = Checkpoint(tmp_path / "kept.pt", "a", every_seconds=0)
    with pytest.raises(UserError, match="the GPU is out of memory"):
        train(data, tmp_path, checkpoint, epochs=4)
    history = read_table(train(data, tmp_path, checkpoint, epochs=4) / "history.csv")
    assert calls == [1, 2, 3, 3, 4]
    assert history["accumulation_steps"].tolist() == [1, 1, 1, 1, 2, 2, 2, 2]


def test_a_loss_of_a_batch_as_a_whole_takes_no_smaller_parts(data, tmp_path):
    said = r"whole batches \(dice is a loss of all images of a batch together\): lower batch_size"
    with room_for(4), pytest.raises(UserError, match=said):
        train(data, tmp_path, loss={"name": "dice"})
    assert not list(tmp_path.iterdir())


def test_mixup_blends_what_goes_into_the_network(data, tmp_path, monkeypatch):
    seen = []

    def keep(inputs, targets, alpha):
        seen.append(tuple(inputs.shape))
        return inputs, targets

    monkeypatch.setattr("synthmix.classify.passes.mix_up", keep)
    train(data, tmp_path, mixup=0.2, epochs=1, unfrozen_layers=0)
    assert {shape[1:] for shape in seen} == {(3, 32, 32)}


def test_accuracy_under_mixup_is_of_the_image_of_which_more_is_seen():
    """Who knows all that can be known is always right: of the labels unblended in 3 of 4 cases."""
    network = Network(nn.Sequential(nn.Flatten()), nn.Identity(), nn.Sequential(nn.Linear(1, 2)), 1)
    with torch.no_grad():  # a class of dark images and one of bright ones
        network.head[0].weight.copy_(torch.tensor([[-20.0], [20.0]]))
        network.head[0].bias.copy_(torch.tensor([10.0, -10.0]))
    frozen, trained = network.cut(1)
    rows = pd.DataFrame({"store": "real", "row": range(80), "label": ["a", "b"] * 40})
    images = np.array([0, 255] * 40, np.uint8).reshape(80, 1, 1, 1)
    source = Source({"real": images}, FromImages(network, frozen, None, CPU))
    chosen = settings(mixup=0.2, learning_rate=1e-12)
    optimizer, loss = build_optimizer(chosen, trained), build_loss(chosen["loss"], ["a", "b"], None)
    passes = Passes(trained, chosen, optimizer, loss, 2, None, None, CPU, len(rows))
    torch.manual_seed(0)
    values = passes.learn(Examples(rows, source, ["a", "b"]), 1)
    assert values["accuracy"] == values["balanced_accuracy"] == 1


def test_an_auxiliary_output_helps_training_by_its_weight():
    network = Network(
        nn.Sequential(nn.Linear(3, 4)),
        nn.Identity(),
        nn.Sequential(nn.Linear(4, 2)),
        channels=3,
        auxiliary=nn.Linear(4, 2),
        auxiliary_after=0,
    )
    _, trained = network.cut(1)
    rows = pd.DataFrame({"store": "real", "row": range(4), "label": ["a", "b"] * 2})
    examples = Examples(rows, Source({"real": np.eye(4, 3, dtype=np.float32)}), ["a", "b"])
    learned = {}
    for weight in (0.0, 0.5):
        chosen = settings(auxiliary_weight=weight, learning_rate=1e-12)
        optimizer = build_optimizer(chosen, trained)
        loss = build_loss(chosen["loss"], ["a", "b"], None)
        passes = Passes(trained, chosen, optimizer, loss, 2, None, None, CPU, len(rows))
        learned[weight] = passes.learn(examples, 1)["loss"]
    with torch.no_grad():
        auxiliary = nn.functional.cross_entropy(
            network.auxiliary(network.layers(torch.eye(4, 3))), torch.tensor([0, 1, 0, 1])
        )
    assert learned[0.5] - learned[0.0] == pytest.approx(auxiliary.item() / 2, rel=1e-4)


def test_the_learning_rate_falls_on_a_plateau(data, tmp_path):
    train(data, tmp_path, plateau={"patience": 1, "min_delta": 10.0}, epochs=3)
    rates = read_table(tmp_path / "history.csv")["learning_rate"]
    np.testing.assert_allclose(rates[::2], [1e-3, 1e-3, 1e-4])


def test_without_a_positive_class_precision_and_recall_are_macro_averages(data, tmp_path):
    train(data, tmp_path, positive=None, epochs=2)
    history = read_table(tmp_path / "history.csv")
    np.testing.assert_allclose(history["recall"], history["balanced_accuracy"])


def test_batch_norm_is_not_fed_one_image(data, tmp_path):
    own = {"network": "resnet18", "unfrozen_layers": 1}
    with pytest.raises(UserError, match="batch_size: 1 leaves one image in a batch"):
        train(data, tmp_path, batch_size=1, **own)
    train(data, tmp_path, batch_size=1, network="resnet18", unfrozen_layers=0, epochs=1)


def test_a_part_without_a_class_is_refused(data, tmp_path, monkeypatch):
    mix = read_table(data / "mix.csv")
    write_table(tmp_path / "mix.csv", mix[(mix["split"] == "train") | (mix["label"] == "normal")])
    files = files_for(data, settings())
    with pytest.raises(UserError, match="no validation image of class cancer"):
        train_classifier(
            settings(),
            {},
            TrainingFiles(tmp_path / "mix.csv", files.images),
            CLASSES,
            None,
            tmp_path / "a",
            tmp_path / "b",
            Checkpoint(tmp_path / "a.pt", "a", 1),
            1,
            1,
            CPU,
        )


def test_a_training_repeats_itself(data, tmp_path):
    assert_same(train(data, tmp_path / "one"), train(data, tmp_path / "two"))


def test_a_training_that_is_broken_off_ends_as_one_that_is_not(data, tmp_path, monkeypatch):
    whole = train(data, tmp_path / "whole")
    go_through, passes = Passes.judge, []

    def dies_in_the_third_epoch(self, *args, **options):
        passes.append(1)
        if len(passes) == 3:
            raise KeyboardInterrupt
        return go_through(self, *args, **options)

    monkeypatch.setattr(Passes, "judge", dies_in_the_third_epoch)
    checkpoint = Checkpoint(tmp_path / "kept.pt", "a", every_seconds=0)
    with pytest.raises(KeyboardInterrupt):
        train(data, tmp_path / "resumed", checkpoint)
    train(data, tmp_path / "resumed", checkpoint)
    assert len(passes) == 3 + 3
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
        assert len(values) == 2 * 9
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
    told = r"epoch 1, step \d+ of 7: the train loss is (nan|inf): squeezenet1_1 has gone astray"
    with pytest.raises(UserError, match=told) as caught:
        train(data, tmp_path, learning_rate=1e30)
    assert "learning_rate (1e+30)" in str(caught.value)
    assert "another loss than cross_entropy" in str(caught.value)
    assert not (tmp_path / "weights.safetensors").exists()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_it_repeats_itself_on_a_gpu(data, tmp_path):
    torch.use_deterministic_algorithms(True)
    for name in ("one", "two"):
        train(data, tmp_path / name, device=torch.device("cuda"))
    assert_same(tmp_path / "one", tmp_path / "two")


@pytest.fixture
def baseline(data, tmp_path):
    """A function that makes the baseline of the mix, with so many of its 50 training images."""

    def make(images):
        mix = read_table(data / "mix.csv")
        more = pd.concat([mix[:50]] * 2)[: max(0, images - 50)]
        table = pd.concat([mix[: min(images, 50)], more, mix[50:]], ignore_index=True)
        assert (table["split"] == "train").sum() == images
        write_table(tmp_path / "baseline.csv", table)
        return BaselineFiles(tmp_path / "baseline.csv")

    return make


@pytest.mark.parametrize(("images", "steps"), [(20, 3), (90, 12), (57, 7)])
def test_an_epoch_has_as_many_batches_as_the_baseline(
    data, tmp_path, baseline, monkeypatch, images, steps
):
    taken, step = [], Passes._step

    def count(self, train, positions, *others):
        taken.append(len(positions))
        return step(self, train, positions, *others)

    monkeypatch.setattr(Passes, "_step", count)
    train(data, tmp_path, epochs=2, baseline=baseline(images), equal_steps=True)
    assert (len(taken), sum(taken)) == (2 * steps, 2 * images)
    taken.clear()
    train(data, tmp_path, epochs=2, baseline=baseline(images))
    assert (len(taken), sum(taken)) == (2 * 7, 2 * 50)


def test_a_mix_as_large_as_its_baseline_is_trained_as_without(data, tmp_path, baseline):
    with_, without = (
        train(data, tmp_path / str(own), epochs=2, baseline=baseline(50), equal_steps=own)
        for own in (True, False)
    )
    assert_same(with_, without)


@pytest.mark.parametrize("images", [20, 90])
def test_equal_steps_repeat_themselves_and_go_on_where_they_were(
    data, tmp_path, baseline, monkeypatch, images
):
    own = {"baseline": baseline(images), "equal_steps": True, "epochs": 4}
    whole = train(data, tmp_path / "whole", **own)
    checkpoint = Checkpoint(tmp_path / "kept.pt", "a", every_seconds=0)
    judge = Passes.judge

    def stop_in_the_third(self, examples, epoch):
        if epoch == 3:
            raise KeyboardInterrupt
        return judge(self, examples, epoch)

    with monkeypatch.context() as patch:
        patch.setattr(Passes, "judge", stop_in_the_third)
        with pytest.raises(KeyboardInterrupt):
            train(data, tmp_path / "resumed", checkpoint, **own)
    train(data, tmp_path / "resumed", checkpoint, **own)
    assert_same(whole, tmp_path / "resumed")


@pytest.mark.parametrize(("most", "sizes"), [(1, [8]), (2, [8, 8]), (99, None)])
def test_an_epoch_has_no_more_than_the_most_steps(data, tmp_path, monkeypatch, most, sizes):
    taken = []
    step = Passes._step

    def noted(self, train, positions, *others):
        taken.append(len(positions))
        return step(self, train, positions, *others)

    monkeypatch.setattr(Passes, "_step", noted)
    train(data, tmp_path / "few", epochs=2, batch_size=8, most_steps=most)
    whole = int((read_table(data / "mix.csv")["split"] == "train").sum())
    assert sum(taken) == 2 * (whole if sizes is None else sum(sizes))


def test_a_mix_of_the_images_of_its_baseline_is_not_trained(data, tmp_path, caplog, monkeypatch):
    """What is taken over is what the training would have come to, byte for byte."""
    first = train(data, tmp_path / "first", epochs=2)
    weights, history = first / "weights.safetensors", first / "history.csv"
    baseline = BaselineFiles(data / "mix.csv", weights, history)
    trained = train(data, tmp_path / "trained", epochs=2, baseline=BaselineFiles(data / "mix.csv"))
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING, "synthmix"):
        patch.setattr(Passes, "learn", None)
        taken = train(data, tmp_path / "taken", epochs=2, baseline=baseline)
    assert_same(taken, trained)
    assert "the mix mix has the same images as its baseline mix: it is not trained" in caplog.text


def test_a_mix_with_an_image_more_is_trained(data, tmp_path):
    table = read_table(data / "mix.csv")
    write_table(tmp_path / "baseline.csv", table.drop(index=0))
    missing = tmp_path / "nowhere"
    found = train(
        data,
        tmp_path,
        epochs=1,
        baseline=BaselineFiles(tmp_path / "baseline.csv", missing, missing),
    )
    assert (found / "weights.safetensors").is_file()
