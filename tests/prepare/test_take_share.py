"""Shares of the training patients."""

from itertools import pairwise

import pandas as pd
import pytest

from synthmix.errors import UserError
from synthmix.prepare.take_share import split_for_share, take_share
from synthmix.store import read_table

SHARES = (0.1, 0.25, 0.5, 0.8)


@pytest.fixture
def samples():
    """Forty sick and eighty well patients, three images each, a quarter of them in other splits."""
    rows = [
        {"label": label, "group": f"{label}{n}", "split": "train" if n % 4 else "test"}
        for label, count in (("sick", 40), ("well", 80))
        for n in range(count)
        for _ in range(3)
    ]
    table = pd.DataFrame(rows)
    table.loc[table["group"].isin(["sick0", "well0"]), "split"] = "validation"
    return table.assign(sample_id=[f"s{n}" for n in range(len(table))])


def learned(table):
    return table[table["split"] == "train"]


@pytest.mark.parametrize("share", SHARES)
def test_a_share_has_so_many_patients_of_each_class_all_their_images_and_no_other(samples, share):
    taken = split_for_share(samples, share, seed=1)
    patients = learned(taken).groupby("label")["group"].nunique()
    assert patients.to_dict() == {"sick": round(share * 30), "well": round(share * 60)}
    assert (learned(taken).groupby("group").size() == 3).all()
    others = samples["split"] != "train"
    pd.testing.assert_frame_equal(taken[others], samples[others])
    assert set(taken.loc[~others, "split"]) == {"train", "held_out"}


def test_a_larger_share_has_all_patients_of_a_smaller_one(samples):
    patients = [set(learned(split_for_share(samples, s, 1))["group"]) for s in SHARES]
    for smaller, larger in pairwise(patients):
        assert smaller < larger
    other = set(learned(split_for_share(samples, SHARES[0], 2))["group"])
    assert other != patients[0]


def test_of_a_class_with_few_patients_one_stays(samples):
    few = samples[~samples["group"].str.match(r"sick(?!0$|1$|2$|4$)")]
    taken = split_for_share(few, 0.1, seed=1)
    assert learned(taken).groupby("label")["group"].nunique().to_dict() == {"sick": 1, "well": 6}


def test_a_class_that_no_patient_is_left_of_is_named():
    # every patient with an image of "b" counts for "a", which is rarer
    rows = [("a", "p0"), ("b", "p0"), ("b", "p0")]
    rows += [("a", f"p{n}") for n in range(1, 2)] + [("c", f"q{n}") for n in range(20)]
    table = pd.DataFrame(rows, columns=["label", "group"]).assign(split="train")
    messages = set()
    for seed in range(20):
        try:
            taken = split_for_share(table, 0.5, seed)
            assert set(learned(taken)["label"]) == {"a", "b", "c"}
        except UserError as error:
            messages.add(str(error))
    (message,) = messages
    assert (
        "a share of 0.5 of the 22 training patients leaves none with images of class b" in message
    )
    assert message.startswith("learning_curve.real_patients: ")


def test_the_table_is_written(samples, tmp_path):
    samples.to_csv(tmp_path / "split.csv", index=False)
    take_share(tmp_path / "split.csv", 0.5, tmp_path / "share.csv", seed=1)
    found = read_table(tmp_path / "share.csv")
    pd.testing.assert_frame_equal(found, split_for_share(samples, 0.5, 1))
