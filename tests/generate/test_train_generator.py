import gc
import re

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from little_memory import room_for
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.generate import train_generator as module
from synthmix.generate.models.dcgan.model import DCGAN
from synthmix.generate.models.weights_file import read_header
from synthmix.generate.sample_generator import sample_generator
from synthmix.generate.train_generator import train_generator
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.store import load_store, read_table, save_array

CPU = torch.device("cpu")
SETTINGS = {
    "model": "dcgan",
    "epochs": 4,
    "latent_dim": 8,
    "base_channels": 4,
    "batch_size": 8,
    "sheet_epochs": [1, 3, 99],
    "discriminator_dropout": 0.3,
}


@pytest.fixture
def store(tmp_path):
    return write_store(tmp_path, 40, 16)


def write_store(folder, count, size):
    """Write so many images of noise, ten of them not to train on, half of each class."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, size, size, 1))
    save_array(folder / "real.npy", (size, size, 1), "uint8", [images])
    samples = pd.DataFrame({"sample_id": [f"s{i}" for i in range(count)]})
    samples["group"] = [f"p{i // 2}" for i in range(count)]
    samples["label"] = ["cancer" if i % 4 < 2 else "normal" for i in range(count)]
    samples["split"] = ["train"] * (count - 10) + ["validation"] * 5 + ["test"] * 5
    write_table(folder / "split.csv", samples)
    return folder


def train(store, name, label="cancer", checkpoint=None, own=None, device=CPU, **options):
    out = store / name
    train_generator(
        settings=SETTINGS | (own or {}),
        images=store / "real.npy",
        split=store / "split.csv",
        classes=[label],
        scope=label,
        name="mine",
        scored_by=None,
        outputs={
            "weights": out / "weights.safetensors",
            "last": out / "last.safetensors",
            "history": out / "history.csv",
            "times": out / "times.csv",
            "snapshots": out / "snapshots.csv",
            "sheet": out / "sheet.png",
            "trained_on": out / "trained_on.csv",
        },
        checkpoint=checkpoint or Checkpoint(out / "a.pt", "a", 3600),
        seed=1,
        device=device,
        **options,
    )
    return out


def assert_same(one, two):
    first, second = (load_file(folder / "weights.safetensors") for folder in (one, two))
    assert all(torch.equal(first[key], second[key]) for key in first)
    for name in ("history.csv", "sheet.png"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_a_training_repeats_itself(store):
    assert_same(train(store, "one"), train(store, "two"))


def test_a_training_that_is_broken_off_ends_as_one_that_is_not(store, monkeypatch):
    whole = train(store, "whole")
    train_epoch, calls = DCGAN.train_epoch, []

    def dies_in_the_third_epoch(self, images, labels):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return train_epoch(self, images, labels)

    monkeypatch.setattr(DCGAN, "train_epoch", dies_in_the_third_epoch)
    checkpoint = Checkpoint(store / "kept.pt", "a", every_seconds=0)
    with pytest.raises(KeyboardInterrupt):
        train(store, "resumed", checkpoint=checkpoint)
    assert not (store / "resumed" / "weights.safetensors").exists()
    resumed = train(store, "resumed", checkpoint=checkpoint)
    assert len(calls) == 3 + 2
    assert_same(whole, resumed)
    assert not checkpoint.path.exists()
    times = read_table(resumed / "times.csv")
    assert times["epoch"].tolist() == [1, 2, 3, 4]
    assert times["seconds"].is_monotonic_increasing


def test_the_time_is_that_of_the_epochs_of_all_attempts(store, monkeypatch):
    clock = iter(range(0, 1000, 10))  # an epoch from one look at it to the next
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    train_epoch, calls = DCGAN.train_epoch, []

    def dies_in_the_fourth_epoch(self, images, labels):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return train_epoch(self, images, labels)

    monkeypatch.setattr(DCGAN, "train_epoch", dies_in_the_fourth_epoch)
    checkpoint = KeptAfter(2, store / "kept.pt")
    with pytest.raises(KeyboardInterrupt):
        train(store, "one", checkpoint=checkpoint)
    times = read_table(train(store, "one", checkpoint=checkpoint) / "times.csv")
    # the third epoch was lost and is counted once, what lies between the attempts not at all; the
    # last one has what finishes the generator
    assert times["seconds"].tolist() == [10, 20, 30, 50]


def test_a_training_out_of_memory_is_started_again_in_smaller_parts(store, caplog):
    expected = train(store, "in parts", own={"accumulation_steps": 4})
    checkpoint = Checkpoint(store / "kept.pt", "a", every_seconds=0)
    with room_for(2):
        for more in (2, 4):
            said = f"epoch 1: the GPU is out of memory.* takes batches in {more} parts"
            with pytest.raises(UserError, match=said):
                train(store, "again", checkpoint=checkpoint)
        again = train(store, "again", checkpoint=checkpoint)
    assert "batches in 4 parts: an attempt before ran out of GPU memory" in caplog.text
    assert_same(expected, again)
    assert read_header(again / "weights.safetensors").settings["accumulation_steps"] == 4
    assert not list(store.glob("kept*"))
    # which is no setting of the next training
    assert read_table(train(store, "next") / "history.csv")["accumulation_steps"].eq(1).all()


def test_a_training_goes_on_in_smaller_parts_from_where_it_was(store, monkeypatch):
    train_epoch, calls = DCGAN.train_epoch, []

    def has_less_in_the_third_epoch(self, images, labels):
        calls.append(1)
        with room_for(8 if len(calls) < 3 else 4):
            return train_epoch(self, images, labels)

    monkeypatch.setattr(DCGAN, "train_epoch", has_less_in_the_third_epoch)
    checkpoint = Checkpoint(store / "kept.pt", "a", every_seconds=0)
    with pytest.raises(UserError, match="epoch 3: the GPU is out of memory"):
        train(store, "one", checkpoint=checkpoint)
    history = read_table(train(store, "one", checkpoint=checkpoint) / "history.csv")
    assert history["epoch"].tolist() == [1, 2, 3, 4]
    assert history["accumulation_steps"].tolist() == [1, 1, 2, 2]
    assert len(calls) == 3 + 2


def test_two_images_at_a_time_are_the_fewest(store):
    with (
        room_for(1),
        pytest.raises(
            UserError, match=r"It took batches in 4 parts \(a part has two images at the l"
        ),
    ):
        train(store, "one", own={"accumulation_steps": 4})
    assert not (store / "one").exists()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_with_little_memory_sees_a_training_through(tmp_path):
    store, gpu = write_store(tmp_path, 522, 64), torch.device("cuda")
    own = {"batch_size": 256, "base_channels": 64, "epochs": 2}

    def attempt(name, **changes):
        try:
            return train(store, name, own=own | changes, device=gpu)
        except UserError as error:
            said = r"the GPU is out of memory\. Tried to allocate .* takes batches in \d parts"
            assert re.search(said, str(error))  # noqa: PT017
        finally:
            gc.collect()
            torch.cuda.empty_cache()

    needed = {}
    for parts in (1, 4):
        torch.cuda.reset_peak_memory_stats()
        assert attempt(f"{parts}", accumulation_steps=parts)
        needed[parts] = torch.cuda.max_memory_reserved()
    assert needed[1] > 1.5 * needed[4]
    total = torch.cuda.get_device_properties().total_memory
    torch.cuda.set_per_process_memory_fraction((needed[1] + needed[4]) / 2 / total)
    try:
        ends = list(iter(lambda: attempt("little"), store / "little"))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert 1 <= len(ends) <= 2
    steps = read_table(store / "little" / "history.csv")["accumulation_steps"]
    assert steps.tolist() == [2 ** len(ends)] * 2


class KeptAfter(Checkpoint):
    """A checkpoint that keeps the state after one epoch alone, and looks at no clock."""

    def __init__(self, epoch, path):
        self.epoch, self.path, self.identity = epoch, path, "a"

    def save_if_due(self, state):
        if state()["progress"]["epoch"] == self.epoch:
            torch.save({"identity": "a", "state": state()}, self.path)


def test_only_training_patients_of_the_class_are_seen(store):
    seen = read_table(train(store, "one") / "trained_on.csv")
    samples = read_table(store / "split.csv").set_index("sample_id").loc[seen["sample_id"]]
    assert len(seen) > 10
    assert set(samples["split"]) == {"train"}
    assert set(samples["label"]) == {"cancer"}


def test_it_learns_from_validation_images_where_it_says_so_and_never_from_test_images(store):
    own = {"learns_from": "training_and_validation"}
    seen = read_table(train(store, "one", own=own) / "trained_on.csv")
    samples = read_table(store / "split.csv")
    learned = samples[(samples["split"] != "test") & (samples["label"] == "cancer")]
    assert list(seen["sample_id"]) == list(learned["sample_id"])
    assert "validation" in set(learned["split"])


@pytest.mark.parametrize("leakage", ["none", "as_published"])
def test_its_files_say_whether_test_images_were_seen(store, leakage):
    folder = train(store, "one", leakage=leakage)
    for file in ("weights", "last"):
        assert read_header(folder / f"{file}.safetensors").leakage == leakage


def test_the_sheet_has_a_row_for_each_epoch_asked_for_and_the_last(store):
    with Image.open(train(store, "one") / "sheet.png") as sheet:
        assert sheet.height == 3 * 66
    assert read_table(store / "one" / "history.csv")["epoch"].tolist() == [1, 2, 3, 4]


def test_a_class_without_training_images_is_named(store):
    with pytest.raises(UserError, match="class benign has 0 training images"):
        train(store, "one", label="benign")


def test_a_pool_is_the_images_of_its_seeds(store):
    weights = train(store, "one") / "weights.safetensors"
    for count in (5, 300):
        sample_generator(
            "dcgan",
            "mine",
            {"cancer": 0},
            weights,
            store / f"{count}.npy",
            {"cancer": count},
            1.0,
            CPU,
        )
    small, table = load_store(store / "5.npy")
    large, _ = load_store(store / "300.npy")
    np.testing.assert_array_equal(small, large[:5])
    assert table["seed"].tolist() == [0, 1, 2, 3, 4]
    assert table["sample_id"][3] == "mine-cancer-000003"
    assert set(table["label"]) == {"cancer"}


def test_a_training_gone_astray_is_not_taken_for_done(store, monkeypatch):
    monkeypatch.setattr(DCGAN, "train_epoch", lambda self, *data: {"generator_loss": float("nan")})
    told = r"dcgan, epoch 1: .*generator_loss.*lower the generator's learning_rate"
    with pytest.raises(UserError, match=told):
        train(store, "one")
    assert not (store / "one" / "weights.safetensors").exists()


def test_a_generator_may_learn_from_all_images_and_at_a_size_of_its_own(store, tmp_path):
    """From test images and those left out too; its file says so, and its pool fits the store."""
    samples = read_table(store / "split.csv")
    samples.loc[:4, ["label", "split"]] = ["unlabelled", "held_out"]
    write_table(store / "split.csv", samples)
    options = {"own": {"image_size": 32, "start_size": 16}, "leakage": "as_published"}
    out = train(store, "all", "unlabelled", **options)

    assert read_table(out / "trained_on.csv")["sample_id"].tolist() == list(samples["sample_id"])
    header = read_header(out / "weights.safetensors")
    assert header.class_names == ("unlabelled",)
    assert header.image_shape == (32, 32, 1)
    assert header.leakage == "as_published"
    assert read_table(out / "history.csv")["images_seen"].tolist()[0] == 40

    for size in (None, 16):
        pool = store / f"pool{size}.npy"
        sample_generator(
            model="dcgan",
            generator="all",
            labels={"unlabelled": 0},
            weights=out / "weights.safetensors",
            output=pool,
            images={"unlabelled": 3},
            truncation=1,
            device=CPU,
            image_size=size,
        )
        images, table = load_store(pool)
        assert images.shape == (3, size or 32, size or 32, 1)
        assert set(table["label"]) == {"unlabelled"}


def test_what_learns_at_a_size_of_its_own_sees_the_images_at_that(store, monkeypatch):
    seen = []
    monkeypatch.setattr(module, "fit", lambda generator, images, *_: seen.append(images) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(store, "small", own={"image_size": 32})
    grey = load_store_images(store)
    assert seen[0].shape == (16, 1, 32, 32)
    # resizing keeps what is bright and what is dark
    assert seen[0].float().mean() == pytest.approx(grey.mean(), rel=0.02)


def load_store_images(store):
    samples = read_table(store / "split.csv")
    chosen = (samples["split"] == "train") & (samples["label"] == "cancer")
    return np.load(store / "real.npy")[chosen.to_numpy()]
