import pandas as pd
import pytest

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.prepare.split_samples import assign_splits, split_samples
from synthmix.store import read_table

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}


def samples_of(patients):
    """Return samples from {(label, patient): number of images}."""
    rows = [
        {"sample_id": f"{label}{group}-{i}", "label": label, "group": f"{label}{group}"}
        for (label, group), images in patients.items()
        for i in range(images)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def samples():
    cancer = {("cancer", i): 2 for i in range(60)}
    return samples_of(cancer | {("normal", i): 1 + i % 4 for i in range(100)})


def test_no_patient_is_in_two_splits(samples):
    split = assign_splits(samples, SHARES, seed=3)
    assert split.notna().all()
    assert (split.groupby(samples["group"]).nunique() == 1).all()


def test_every_class_is_dealt_out_by_the_shares(samples):
    split = assign_splits(samples, SHARES, seed=3)
    shares = pd.crosstab(samples["label"], split, normalize="index")
    for name, share in SHARES.items():
        assert (abs(shares[name] - share) < 0.03).all()


def test_the_seed_decides(samples):
    assert assign_splits(samples, SHARES, 3).equals(assign_splits(samples, SHARES, 3))
    assert not assign_splits(samples, SHARES, 3).equals(assign_splits(samples, SHARES, 4))


def test_three_patients_are_enough_and_two_are_not():
    three = samples_of({("a", i): 5 for i in range(3)} | {("b", i): 1 for i in range(3)})
    split = assign_splits(three, SHARES, seed=1)
    assert split.groupby(three["label"]).nunique().tolist() == [3, 3]
    two = samples_of({("a", i): 5 for i in range(2)} | {("b", i): 1 for i in range(3)})
    with pytest.raises(UserError, match=r"class a has images of 2 patient\(s\)"):
        assign_splits(two, SHARES, seed=1)


def test_a_patient_with_two_classes_stays_whole():
    samples = samples_of({("a", i): 3 for i in range(20)})
    samples.loc[::3, "label"] = "b"
    split = assign_splits(samples, SHARES, seed=1)
    assert (split.groupby(samples["group"]).nunique() == 1).all()


def split(tmp_path, samples, test_sample):
    write_table(tmp_path / "real.csv", samples)
    split_samples(tmp_path / "real.csv", tmp_path / "split.csv", SHARES, test_sample, seed=1)
    return read_table(tmp_path / "split.csv")


def test_the_test_sample_has_its_size_and_class_shares(tmp_path, samples):
    table = split(tmp_path, samples, {"images": 30, "class_shares": {"cancer": 0.3, "normal": 0.7}})
    assert table["sample_id"].tolist() == samples["sample_id"].tolist()
    test = table[table["split"] == "test"]
    assert test["label"].value_counts().to_dict() == {"normal": 21, "cancer": 9}
    held_out = set(table.loc[table["split"] == "held_out", "group"])
    assert held_out
    assert not held_out & set(table.loc[table["split"].isin(["train", "validation"]), "group"])


def test_a_test_sample_that_is_too_large_keeps_its_shares(tmp_path, samples):
    table = split(
        tmp_path, samples, {"images": 900, "class_shares": {"cancer": 0.5, "normal": 0.5}}
    )
    counts = table.loc[table["split"] == "test", "label"].value_counts()
    assert counts["cancer"] == counts["normal"]
    assert counts["cancer"] >= 20


def test_without_a_test_sample_all_test_images_count(tmp_path, samples):
    assert "held_out" not in set(split(tmp_path, samples, None)["split"])
