"""Shares are met as far as whole patients allow, for every seed, and told where they are not."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from synthmix.prepare.deal import deal, tell_missed_shares
from synthmix.prepare.split_samples import assign_splits

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
SEEDS = range(30)


def images_of(sizes):
    return pd.Series(sizes, [f"p{number}" for number in range(len(sizes))])


def dealt(sizes, shares, seed):
    images = images_of(sizes)
    splits = pd.Series(deal(images, shares, np.random.default_rng(seed)))
    assert splits.index.sort_values().equals(images.index.sort_values())
    return images.groupby(splits).sum().reindex(list(shares), fill_value=0)


def worst(counts, shares):
    return max(abs(counts[name] - share * sum(counts)) for name, share in shares.items())


def best(sizes, shares):
    """Return the least that any way to deal has to be off, no split being empty."""
    found = []
    for splits in product(shares, repeat=len(sizes)):
        if set(splits) == set(shares):
            counts = pd.Series(sizes).groupby(list(splits)).sum()
            found.append(worst(counts, shares))
    return min(found)


@pytest.mark.parametrize(
    ("sizes", "shares"),
    [
        ([80, 5, 5, 5, 5], SHARES),
        ([5, 5, 80, 5, 5], {"train": 0.9, "validation": 0.05, "test": 0.05}),
        ([40, 40, 4, 4, 4, 4], SHARES),
        ([50, 30, 20], SHARES),
        ([90, 5, 5], {"train": 0.8, "validation": 0.1, "test": 0.1}),
        ([1, 1, 1], SHARES),
        ([30, 30, 30, 10], SHARES),
        ([40, 20, 20, 10, 5, 5], SHARES),
        ([60, 10, 10, 10, 10], {"train": 0.8, "validation": 0.2}),
    ],
)
def test_the_shares_are_the_best_that_can_be_had_for_every_seed(sizes, shares):
    least = best(sizes, shares)
    for seed in SEEDS:
        assert worst(dealt(sizes, shares, seed), shares) == pytest.approx(least)


def test_one_large_patient_does_not_decide_for_the_others():
    sizes = [300, *[1 + number % 4 for number in range(200)]]
    tests = set()
    for seed in SEEDS:
        images = images_of(sizes)
        splits = deal(images, SHARES, np.random.default_rng(seed))
        assert splits["p0"] == "train"
        assert worst(dealt(sizes, SHARES, seed), SHARES) <= 4
        tests.add(frozenset(group for group, split in splits.items() if split == "test"))
    assert len(tests) == len(SEEDS)


def samples_of(sizes, label="a"):
    rows = [(f"{label}{n}", label) for n, size in enumerate(sizes) for _ in range(size)]
    return pd.DataFrame(rows, columns=["group", "label"])


def assign_and_tell(samples, shares, seed):
    tell_missed_shares(samples, assign_splits(samples, shares, seed), shares)


def test_missed_shares_are_told_with_the_numbers_and_the_largest_patient(caplog):
    samples = pd.concat(
        [samples_of([80, 5, 5, 5, 5]), samples_of([4] * 30, "b")], ignore_index=True
    )
    for seed in (1, 2):
        caplog.clear()
        assign_and_tell(samples, SHARES, seed)
        assert caplog.messages == [
            "class a, 100 images: the shares that were asked for can't be had: train has 80%, not "
            "60%, validation has 10%, not 20%, test has 10%, not 20%. Patients stay whole, and the "
            "largest of 5, a0, has 80 images of it"
        ]


def test_small_shares_may_be_off_by_half_of_themselves(caplog):
    shares = {"train": 0.9, "validation": 0.05, "test": 0.05}
    assign_and_tell(samples_of([88, 6, 6]), shares, 1)
    assert not caplog.messages
    assign_and_tell(samples_of([84, 8, 8]), shares, 1)
    assert "test has 8%, not 5%" in caplog.text


def test_what_a_patient_of_several_classes_spoils_is_told_of_each_of_them(caplog):
    """The patient a0 has 2 images of the class a and 60 of b, all others 2 of one class."""
    both = samples_of([62])
    both.loc[2:, "label"] = "b"
    samples = pd.concat([both, samples_of([2] * 20), samples_of([2] * 20, "b")], ignore_index=True)
    samples["group"] = samples["group"].where(samples.index < 62, samples["group"] + "x")
    assign_and_tell(samples, SHARES, 3)
    told = {message.split(":")[0]: message for message in caplog.messages}
    assert set(told) == {"class a, 42 images", "class b, 100 images"}
    assert told["class b, 100 images"].endswith("the largest of 21, a0, has 60 images of it")


def test_few_images_are_no_reason_to_tell(caplog):
    assign_and_tell(samples_of([1, 1, 1]), SHARES, 1)
    assign_and_tell(samples_of([1] * 12), SHARES, 1)
    assert not caplog.messages
