import pytest

from synthmix.shares import apportion, largest_sample


@pytest.mark.parametrize("total", [0, 1, 7, 100, 16800])
@pytest.mark.parametrize("shares", [{"a": 0.3, "b": 0.7}, {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}])
def test_counts_sum_to_the_total_and_are_off_by_less_than_one(total, shares):
    counts = apportion(total, shares)
    assert sum(counts.values()) == total
    assert all(abs(counts[key] - total * shares[key]) < 1 for key in shares)


def test_a_whole_number_is_not_lost_to_floating_point():
    assert apportion(24000, {"train": 0.7, "validation": 0.3}) == {
        "train": 16800,
        "validation": 7200,
    }
    assert apportion(5040, {"synthetic": 1 - 0.05, "real": 0.05}) == {
        "synthetic": 4788,
        "real": 252,
    }


def test_the_largest_sample_uses_up_the_scarcest_class():
    assert largest_sample({"a": 30, "b": 1000}, {"a": 0.3, "b": 0.7}) == {"a": 30, "b": 70}
    assert largest_sample({"a": 30, "b": 1000}, {"a": 0.3, "b": 0.7}, limit=10) == {"a": 3, "b": 7}


def test_the_largest_sample_never_exceeds_what_there_is():
    for a in range(12):
        for b in range(12):
            sample = largest_sample({"a": a, "b": b}, {"a": 0.37, "b": 0.63})
            assert sample["a"] <= a
            assert sample["b"] <= b


def test_a_missing_class_leaves_no_sample():
    assert largest_sample({"a": 5}, {"a": 0.5, "b": 0.5}) == {"a": 0, "b": 0}
