"""Ready images are held against test images, which others have never seen."""

import numpy as np
import pytest

from digit_scores import CLASSES, Digits, value
from synthmix.scopes import ALL_CLASSES

NEAR = "suspiciously_near_test"


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return Digits(tmp_path_factory.mktemp("digits"))


def audited(digits, name, pools):
    return digits.score(name, pools, looks_at_test=True)


def high(scores, label):
    chance = scores[(scores["score"] == f"{NEAR}_by_chance") & (scores["label"] == label)]
    return chance["high"].item()


def test_copies_of_test_images_are_found_and_shown(digits):
    scores, pairs = audited(digits, "leaked", {c: digits.of(c, "test") for c in CLASSES})
    for label in (*CLASSES, ALL_CLASSES):
        assert value(scores, NEAR, label) == 1 > high(scores, label)
    assert value(scores, "nearer_test_than_other_real") > 0.99
    shown = pairs[pairs["part"] == "test"]
    assert len(shown) == 12
    assert (shown["distance"] <= shown["limit"]).all()
    for pair in shown.itertuples():
        assert digits.samples["split"][pair.real_row] == "test"
        copied = digits.of(pair.label, "test")[pair.row]
        np.testing.assert_array_equal(copied, digits.images[pair.real_row])


def test_one_leaked_image_in_ten_is_found(digits):
    pools = {}
    for label in CLASSES:
        apart, leaked = digits.of(label, "validation"), digits.of(label, "test")
        pools[label] = np.concatenate([apart, leaked[: len(apart) // 9]])
    scores, _ = audited(digits, "tenth", pools)
    assert value(scores, NEAR) > high(scores, ALL_CLASSES)


def test_other_real_images_are_not_near_the_test(digits):
    pools = {c: digits.of(c, "validation") for c in CLASSES}
    scores, _ = audited(digits, "apart", pools)
    for label in (*CLASSES, ALL_CLASSES):
        assert value(scores, NEAR, label) <= high(scores, label)


def test_generators_that_are_trained_here_are_not_held_against_the_test(digits):
    scores, pairs = digits.score("ours", {c: digits.of(c, "train") for c in CLASSES})
    assert NEAR not in set(scores["score"])
    assert set(pairs["part"]) == {"training"}


def test_without_test_images_it_is_not_known(digits):
    samples = digits.samples.assign(split=digits.samples["split"].replace("test", "held_out"))
    samples.to_csv(digits.folder / "split.csv", index=False)
    try:
        scores, _ = audited(digits, "none", {c: digits.of(c, "train") for c in CLASSES})
    finally:
        digits.samples.to_csv(digits.folder / "split.csv", index=False)
    assert np.isnan(value(scores, NEAR))
    assert "no test images" in scores.loc[scores["score"] == NEAR, "caution"].iloc[0]
