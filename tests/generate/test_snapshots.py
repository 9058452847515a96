"""Scores while a generator learns, and what follows from them."""

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from sklearn.datasets import load_digits

from synthmix.files import write_table
from synthmix.generate.snapshots import FIRST_SEED, FrechetScorer
from synthmix.generate.train_generator import fit, train_generator
from synthmix.registry import load_generator
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.scopes import ALL_CLASSES
from synthmix.score.extract_score_features import extract_score_features
from synthmix.score.fit_real import fit_real
from synthmix.score.score_generator import score_generator
from synthmix.score.score_real import score_real
from synthmix.score.settings import ScoreSettings
from synthmix.score.train_score_network import train_score_network
from synthmix.store import read_table, save_array

CPU = torch.device("cpu")
SETTINGS = {"latent_dim": 8, "base_channels": 4, "batch_size": 8}
CLASSES = ["0", "1"]
FRECHET = "frechet_distance_own_features"


class Script:
    """Scores that are given beforehand."""

    name = "fid"

    def __init__(self, *values):
        self.values = list(values)

    def score(self, generator):
        return self.values.pop(0)


def build(**snapshots):
    torch.manual_seed(0)
    model = load_generator("dcgan")
    settings = {"model": "dcgan", "epochs": 8, **SETTINGS, "snapshots": {"every": 1, **snapshots}}
    return model(model.Settings(**settings), (16, 16, 1), 1, CPU)


def train(tmp_path, scorer, name="kept", checkpoint_seconds=3600, **snapshots):
    images = torch.randint(256, (16, 1, 16, 16), dtype=torch.uint8)
    checkpoint = Checkpoint(tmp_path / f"{name}.pt", "a", checkpoint_seconds)
    generator = build(**snapshots)
    return fit(generator, images, torch.zeros(16).long(), checkpoint, 1, scorer), generator


def test_a_training_stops_after_enough_snapshots_without_a_better_score(tmp_path):
    progress, _ = train(tmp_path, Script(5, 3, 4, 3, 2), patience=2)
    assert progress.epoch == 4  # equally good is not better
    assert [snapshot["value"] for snapshot in progress.snapshots] == [5, 3, 4, 3]
    assert [snapshot["images_seen"] for snapshot in progress.snapshots] == [16, 32, 48, 64]
    seconds = [snapshot["seconds"] for snapshot in progress.snapshots]
    assert seconds == sorted(seconds)
    assert max(progress.sheets) == 4


def test_without_patience_it_goes_on(tmp_path):
    progress, _ = train(tmp_path, Script(*range(8)))
    assert progress.epoch == 8


def test_snapshots_come_at_their_epochs_and_at_the_end(tmp_path):
    progress, _ = train(tmp_path, Script(3, 2, 1), every=3)
    assert [snapshot["epoch"] for snapshot in progress.snapshots] == [3, 6, 8]


def test_the_best_snapshot_is_what_it_was(tmp_path):
    progress, generator = train(tmp_path, Script(9, 8, 1, *range(2, 7)))
    assert progress.best.keys() == generator.sampling_network().state_dict().keys()
    stopped, _ = train(tmp_path, Script(9, 8, 1, 5), patience=1, name="y")
    for key, tensor in progress.best.items():
        assert torch.equal(tensor, stopped.best[key])
    assert any(
        not torch.equal(tensor, progress.best[key])
        for key, tensor in generator.sampling_network().state_dict().items()
    )


def test_a_score_that_is_no_number_is_never_the_best(tmp_path):
    nan = float("nan")
    progress, _ = train(tmp_path, Script(nan, 4, nan, 5, nan), patience=3)
    assert progress.epoch == 5
    assert progress.best_snapshot()["epoch"] == 2
    progress, _ = train(tmp_path, Script(*[nan] * 8))
    assert progress.best == {}
    assert progress.best_snapshot() is None


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """Real zeros and ones with what scores need to know of them."""
    folder = tmp_path_factory.mktemp("scored")
    digits = load_digits()
    chosen = np.isin(digits.target, [0, 1])
    pixels = (digits.images[chosen] * 255 / 16).round().astype(np.uint8)
    images = pixels.repeat(2, axis=1).repeat(2, axis=2)[..., None]
    samples = pd.DataFrame({"label": digits.target[chosen].astype(str)})
    samples["sample_id"] = samples["group"] = [f"s{n}" for n in range(len(samples))]
    samples["split"] = np.array(["train", "train", "validation", "test"])[samples.index % 4]
    write_table(folder / "split.csv", samples)
    save_array(folder / "real.npy", images.shape[1:], "uint8", [images])
    write_table(folder / "real.csv", samples)
    network = folder / "network.safetensors"
    train_score_network(folder / "real.npy", folder / "split.csv", CLASSES, network, 1, CPU)
    extract_score_features(folder / "real.npy", network, "own", None, folder / "f.npy", None, CPU)
    fit_real(folder / "f.npy", folder / "split.csv", CLASSES, folder / "training.safetensors")
    score_real(
        folder / "f.npy",
        folder / "split.csv",
        CLASSES,
        ScoreSettings(network="own", kid_subsets=5),
        1,
        folder / "reference.safetensors",
        folder / "real.csv",
    )
    return folder


def train_scored(folder, name, snapshots, checkpoint=None, epochs=6):
    out = folder / name
    files = ("weights", "last", "history", "times", "snapshots", "trained_on")
    outputs = {file: out / f"{file}.csv" for file in files} | {"sheet": out / "sheet.png"}
    train_generator(
        settings={"model": "dcgan", "epochs": epochs, **SETTINGS, "snapshots": snapshots},
        images=folder / "real.npy",
        split=folder / "split.csv",
        classes=["1"],
        scope="1",
        name="mine",
        scored_by={
            "weights": folder / "network.safetensors",
            "reference": folder / "training.safetensors",
            "scoring_network": "own",
            "input_size": None,
        },
        outputs=outputs,
        checkpoint=checkpoint or Checkpoint(out / "kept.pt", "a", 3600),
        seed=1,
        device=CPU,
    )
    return {name: load_file(out / f"{name}.csv") for name in ("weights", "last")}, read_table(
        out / "snapshots.csv"
    )


def equal(one, two):
    return all(torch.equal(one[key], two[key]) for key in one)


def test_the_best_snapshot_makes_the_images(scored):
    found, snapshots = train_scored(scored, "best", {"every": 1, "images": 40})
    assert set(snapshots["score"]) == {FRECHET}
    assert snapshots["value"].notna().all()
    assert snapshots["best"].tolist() == [
        value == snapshots["value"].min() for value in snapshots["value"]
    ]
    best = int(snapshots.loc[snapshots["best"], "epoch"].item())
    shorter, _ = train_scored(scored, "shorter", {"every": 99, "images": 40}, epochs=best)
    assert equal(found["weights"], shorter["last"])
    last, _ = train_scored(scored, "keeps_last", {"every": 1, "images": 40, "keep": "last"})
    assert equal(last["weights"], found["last"])


def test_scoring_changes_nothing_about_the_training(scored):
    often, _ = train_scored(scored, "often", {"every": 1, "images": 20})
    seldom, _ = train_scored(scored, "seldom", {"every": 99, "images": 20})
    assert equal(often["last"], seldom["last"])


def test_a_training_that_is_broken_off_remembers_its_best_snapshot(scored, monkeypatch):
    whole, snapshots = train_scored(scored, "whole", {"every": 1, "images": 20})
    model, calls = load_generator("dcgan"), []
    train_epoch = model.train_epoch

    def dying(self, *data):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return train_epoch(self, *data)

    monkeypatch.setattr(model, "train_epoch", dying)
    checkpoint = Checkpoint(scored / "resumed.pt", "a", every_seconds=0)
    with pytest.raises(KeyboardInterrupt):
        train_scored(scored, "resumed", {"every": 1, "images": 20}, checkpoint)
    found, again = train_scored(scored, "resumed", {"every": 1, "images": 20}, checkpoint)
    assert len(calls) == 5 + 2
    assert equal(found["weights"], whole["weights"])
    pd.testing.assert_frame_equal(again.drop(columns="seconds"), snapshots.drop(columns="seconds"))
    assert again["seconds"].is_monotonic_increasing


def test_a_snapshots_score_is_that_of_the_table_of_scores(scored):
    model = load_generator("resampling")
    generator = model(model.Settings(model="resampling"), (16, 16, 1), 2, CPU)
    samples = read_table(scored / "split.csv")
    trained = samples["split"].eq("train").to_numpy()
    images = torch.from_numpy(np.load(scored / "real.npy")[trained]).permute(0, 3, 1, 2)
    labels = torch.tensor(samples.loc[trained, "label"].astype(int).to_numpy())
    generator.train_epoch(images, labels)
    weights, reference = scored / "network.safetensors", scored / "reference.safetensors"
    trained_on = scored / "training.safetensors"
    scorer = FrechetScorer.of_files(
        weights, "own", None, trained_on, ALL_CLASSES, labels.tolist(), 180, CPU
    )
    counts = labels.bincount().tolist()
    assert list(scorer.counts.values()) == counts

    pools = {}
    for number, label in enumerate(CLASSES):
        made = generator.sample(range(FIRST_SEED, FIRST_SEED + counts[number]), number)
        save_array(scored / f"pool{label}.npy", (16, 16, 1), "uint8", [made])
        write_table(scored / f"pool{label}.csv", pd.DataFrame({"label": [label] * len(made)}))
        pools[label] = scored / f"pool{label}-f.npy"
        extract_score_features(
            scored / f"pool{label}.npy", weights, "own", None, pools[label], None, CPU
        )
    score_generator(
        "mine",
        pools,
        scored / "f.npy",
        scored / "split.csv",
        reference,
        ScoreSettings(network="own", kid_subsets=5),
        1,
        scored / "scores.csv",
        scored / "pairs.csv",
    )
    scores = read_table(scored / "scores.csv")
    row = scores[(scores["score"] == FRECHET) & (scores["label"] == ALL_CLASSES)]
    assert scorer.score(generator) == pytest.approx(row["value"].item(), rel=1e-5)


def test_classes_are_scored_in_their_shares(scored):
    files = scored / "network.safetensors", "own", None, scored / "training.safetensors"
    labels = [0] * 90 + [1] * 10
    scorer = FrechetScorer.of_files(*files, ALL_CLASSES, labels, 50, CPU)
    assert scorer.counts == {0: 45, 1: 5}
    few = FrechetScorer.of_files(*files, ALL_CLASSES, [0] * 999 + [1], 20, CPU)
    assert few.counts == {0: 20, 1: 1}  # the rare one is not forgotten


def test_images_are_not_judged_before_they_can_be(tmp_path):
    torch.manual_seed(0)
    model = load_generator("bagan_gp")
    settings = {"model": "bagan_gp", "autoencoder_epochs": 4, "working_size": 16, "batch_size": 8}
    settings |= {"epochs": 7, "latent_dim": 4, "base_channels": 4, "critic_steps": 1}
    snapshots = {"every": 1, "patience": 2}
    generator = model(model.Settings(**settings, snapshots=snapshots), (16, 16, 1), 2, CPU)
    images = torch.randint(256, (16, 1, 16, 16), dtype=torch.uint8)
    checkpoint = Checkpoint(tmp_path / "kept.pt", "a", 3600)
    scorer = Script(1, 2, 3)
    progress = fit(generator, images, torch.arange(16) % 2, checkpoint, 1, scorer)
    assert [snapshot["epoch"] for snapshot in progress.snapshots] == [5, 6, 7]
