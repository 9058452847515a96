import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.mix import removal
from synthmix.mix.compose_mix import compose_mix
from synthmix.mix.plan import plan_mixes
from synthmix.mix.select_samples import select_samples
from synthmix.store import read_table, save_array, table_path

UNDER = removal.RandomUnderSampling(method="random_under_sampling")
EDITED = removal.EditedNearestNeighbours(
    method="edited_nearest_neighbours", neighbours=40, vote="all"
)
SHARES = {"eight": 0.5, "three": 0.5}


@pytest.fixture
def store(tmp_path):
    """Return the store and the split of real threes and, fewer of them, eights."""
    data = load_digits()
    names = {3: "three", 8: "eight"}
    rows = np.concatenate([np.flatnonzero(data.target == 3), np.flatnonzero(data.target == 8)[:90]])
    rows = np.random.default_rng(0).permutation(rows)
    images = (data.images[rows] * 15.9).astype(np.uint8)[..., None]
    splits = np.array(["train", "train", "train", "validation", "test"])
    table = pd.DataFrame(
        {
            "sample_id": [f"digit-{row}" for row in rows],
            "label": [names[digit] for digit in data.target[rows]],
            "group": [f"writer-{row}" for row in rows],
            "split": splits[np.arange(len(rows)) % 5],
        }
    )
    path = tmp_path / "real.npy"
    # blocks of odd sizes: how the store was written does not matter
    save_array(path, images.shape[1:], "uint8", [images[:50], images[50:]])
    write_table(table_path(path), table)
    return path, table_path(path)


def selected(store, tmp_path, settings, name="fewer", seed=1):
    output = tmp_path / f"{name}-{seed}.csv"
    select_samples(name, settings, *store, output, seed)
    return output


def compose(store, tmp_path, selection):
    """Return the tables of the mix of `selection` and of its baseline."""
    mixes = plan_mixes([], [SHARES], SHARES, [], 80, 30, "fail", ["fewer"])
    for mix, table in zip(mixes, (selection, None), strict=True):
        compose_mix(mix, store[1], {}, [], tmp_path / f"{mix.name}.csv", 1, selection=table)
    return [read_table(tmp_path / f"{mix.name}.csv") for mix in mixes]


def test_all_training_samples_are_listed_and_their_fate(store, tmp_path, caplog):
    caplog.set_level("INFO")
    table = read_table(selected(store, tmp_path, UNDER))
    samples = read_table(store[1])
    train = samples[samples["split"] == "train"]
    assert table["sample_id"].tolist() == train["sample_id"].tolist()
    assert table.columns.tolist() == ["sample_id", "label", "kept", "spared"]
    assert not table["spared"].any()
    there, kept = (t["label"].value_counts() for t in (train, table[table["kept"]]))
    assert kept["three"] == kept["eight"] == there["eight"] < there["three"]
    removed = there["three"] - kept["three"]
    assert f"fewer removes {removed} of {there['three']} training images of three" in caplog.text
    assert f"fewer removes 0 of {there['eight']} training images of eight" in caplog.text


@pytest.mark.parametrize("settings", [UNDER, EDITED])
def test_two_runs_give_the_same_bytes(store, tmp_path, settings):
    first, second = (selected(store, tmp_path / run, settings).read_bytes() for run in "ab")
    assert first == second


def test_another_seed_or_name_draws_other_images(store, tmp_path):
    first = read_table(selected(store, tmp_path, UNDER))
    for change in ({"seed": 2}, {"name": "other"}):
        assert not first.equals(read_table(selected(store, tmp_path, UNDER, **change)))


def test_the_block_size_changes_nothing(store, tmp_path, monkeypatch):
    whole = selected(store, tmp_path / "a", EDITED).read_bytes()
    monkeypatch.setattr("synthmix.mix.select_samples.BLOCK", 7)
    assert selected(store, tmp_path / "b", EDITED).read_bytes() == whole


def test_a_mix_trains_on_kept_samples_alone(store, tmp_path):
    selection = selected(store, tmp_path, EDITED)
    mix, baseline = compose(store, tmp_path, selection)
    fate = read_table(selection).set_index("sample_id")["kept"]
    train = mix[mix["split"] == "train"]
    there = read_table(selection).query("kept")["label"].value_counts()
    assert train["label"].value_counts().to_dict() == dict.fromkeys(there.index, there.min())
    assert train["sample_id"].is_unique
    assert not fate.all()
    assert fate[train["sample_id"]].all()
    removed = set(fate.index[~fate])
    assert removed & set(baseline["sample_id"])
    assert set(mix["origin"]) == {"real"}


def test_validation_images_are_not_selected(store, tmp_path):
    mix, baseline = compose(store, tmp_path, selected(store, tmp_path, UNDER))
    samples = read_table(store[1])
    names = set(samples.loc[samples["split"] == "validation", "sample_id"])
    for table in (mix, baseline):
        assert set(table.loc[table["split"] == "validation", "sample_id"]) <= names
    assert (mix["split"] == "validation").sum() == (baseline["split"] == "validation").sum() > 20


def test_a_class_that_would_be_emptied_keeps_an_image_and_that_is_told(store, tmp_path, caplog):
    samples = read_table(store[1])
    fewer = samples["label"].eq("three") & samples["split"].eq("train")
    table = read_table(selected(store, tmp_path, EDITED.model_copy(update={"neighbours": 150})))

    spared = table[table["spared"]]
    assert spared["label"].tolist() == ["three"]
    assert table.groupby("label")["kept"].sum()["three"] == 1
    name = spared["sample_id"].item()
    told = f"fewer would remove all {fewer.sum()} training images of three: one is kept, {name}"
    assert told in caplog.text


def test_a_method_that_cannot_be_used_names_its_setting(store, tmp_path):
    samples = read_table(store[1]).assign(label="three")
    write_table(store[1], samples)
    with pytest.raises(UserError, match=r"selections\.fewer: edited_nearest_neighbours weighs"):
        selected(store, tmp_path, EDITED)
    assert not (tmp_path / "fewer-1.csv").exists()
