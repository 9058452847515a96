import numpy as np
import pytest

from synthmix.score.memorisation import memorisation, near_limit


def test_the_limit_is_a_percentile_of_the_held_out_images():
    assert near_limit(np.arange(1.0, 200), 1) == 2
    assert near_limit(np.arange(1.0, 11), 1) == 1
    assert np.isnan(near_limit(np.empty(0), 1))


def test_copies_are_suspiciously_near():
    found = memorisation(np.zeros(10), np.arange(1.0, 102), 1)
    assert found["suspiciously_near"].value == 1
    assert found["suspiciously_near_by_chance"].high < 0.3
    assert found["nearer_than_held_out"].value == 1
    assert found["nearest_training_distance"].value == 0
    assert found["nearest_training_distance_held_out"].value == 51


@pytest.mark.parametrize("held_out", [15, 80, 400, 3000])
def test_images_like_held_out_ones_seldom_leave_the_range_of_chance(held_out):
    random = np.random.default_rng(0)
    found = [
        memorisation(random.gamma(5, size=300), random.gamma(5, size=held_out), 1)
        for _ in range(400)
    ]
    shares = np.array([scores["suspiciously_near"].value for scores in found])
    chance = found[0]["suspiciously_near_by_chance"]
    assert shares.mean() == pytest.approx(chance.value, rel=0.25)
    # the standard error of 400 draws is one in a hundred
    assert np.mean(shares > chance.high) < 0.025 + 0.02
    assert np.mean(shares < chance.low) < 0.025 + 0.02
    nearer = [scores["nearer_than_held_out"].value for scores in found]
    assert np.mean(nearer) == pytest.approx(0.5, abs=0.02)


def test_ties_count_half_and_images_far_away_not_at_all():
    assert memorisation(np.ones(3), np.ones(4), 1)["nearer_than_held_out"].value == 0.5
    far = memorisation(np.full(3, 9.0), np.ones(4), 1)
    assert far["nearer_than_held_out"].value == far["suspiciously_near"].value == 0


def test_without_held_out_images_nothing_is_said_of_copies():
    found = memorisation(np.ones(3), np.empty(0), 1)
    assert np.isnan(found["suspiciously_near"].value)
    assert found["nearest_training_distance"].value == 1
