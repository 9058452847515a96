import numpy as np
import pandas as pd
import pytest

from synthmix.prepare.parts import deal_from_one_pool, has_leak, rows_of

PARTS = ("train", "validation", "test", "held_out")


def test_without_a_leak_an_image_is_in_the_part_it_is_split_into():
    samples = pd.DataFrame({"split": [*PARTS, "train"]})
    assert not has_leak(samples)
    rows = {part: rows_of(samples, part).index.tolist() for part in PARTS}
    assert rows == {"train": [0, 4], "validation": [1], "test": [2], "held_out": [3]}


class TestOnePool:
    @pytest.fixture
    def samples(self):
        labels = pd.Series(["a"] * 100 + ["b"] * 40, name="label")
        kept = pd.Series(np.arange(140) % 10 > 0)
        dealt = deal_from_one_pool(labels, kept, validation=0.3, test=0.5, seed=1)
        return dealt.assign(label=labels)

    def test_training_and_validation_images_share_out_all_there_are(self, samples):
        train, validation = (set(rows_of(samples, part).index) for part in PARTS[:2])
        assert not train & validation
        assert train | validation == set(samples.index[samples["split"] == "train"])
        assert rows_of(samples, "validation")["label"].value_counts().to_dict() == {
            "a": 27,
            "b": 11,
        }

    def test_test_images_are_among_them(self, samples):
        test = rows_of(samples, "test")
        assert has_leak(samples)
        assert test["label"].value_counts().to_dict() == {"a": 45, "b": 18}
        for part in ("train", "validation"):
            assert set(test.index) & set(rows_of(samples, part).index)

    def test_what_is_left_out_is_in_no_part(self, samples):
        held_out = set(rows_of(samples, "held_out").index)
        assert held_out == set(range(0, 140, 10))
        for part in PARTS[:3]:
            assert not held_out & set(rows_of(samples, part).index)

    def test_each_class_has_an_image_of_its_own_in_either(self):
        labels, kept = pd.Series(["a", "a", "b", "b"]), pd.Series([True] * 4)
        dealt = deal_from_one_pool(labels, kept, validation=0.1, test=0.1, seed=1)
        assert dealt["validates"].sum() == dealt["tested"].sum() == 2
