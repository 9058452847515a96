import numpy as np
import pytest

from synthmix.score import neighbours
from synthmix.score.neighbours import nearest, overlap, radii


def line(*places):
    return np.array(places, np.float32)[:, None]


def scores(real, synthetic, k):
    found = overlap(real, radii(real, k), synthetic, k)
    return tuple(v.mean() for v in (found.precision, found.recall, found.density, found.coverage))


def test_radii_reach_to_the_kth_other_point():
    np.testing.assert_allclose(radii(line(0, 1, 3, 10), 1), [1, 1, 2, 7])
    np.testing.assert_allclose(radii(line(0, 1, 3, 10), 2), [3, 2, 3, 9])
    np.testing.assert_allclose(radii(line(0, 1), 5), [1, 1])
    with pytest.raises(ValueError, match="two points"):
        radii(line(0), 1)


def test_known_sets_on_a_line():
    # real balls: 0..2 around 1 (from 0 and 2, radius 1), -1..1 around 0, 1..3 around 2, 8..12 -> 10
    real, synthetic = line(0, 1, 2, 10), line(0.5, 2.5, 5, 20)
    np.testing.assert_allclose(radii(real, 1), [1, 1, 1, 8])
    np.testing.assert_allclose(radii(synthetic, 1), [2, 2, 2.5, 15])
    found = overlap(real, radii(real, 1), synthetic, 1)
    # 0.5 lies in the balls of 0 and 1, 2.5 in those of 2 and 10, 5 in that of 10, 20 in none
    np.testing.assert_array_equal(found.precision, [True, True, True, False])
    np.testing.assert_allclose(found.density, [2, 2, 1, 0])
    # balls of the synthetic ones: -1.5..2.5, 0.5..4.5, 2.5..7.5 and 5..35
    np.testing.assert_array_equal(found.recall, [True, True, True, True])
    np.testing.assert_array_equal(found.coverage, [True, True, True, True])


def test_a_mode_that_is_left_out_costs_recall_and_coverage():
    real = line(0, 1, 2, 100, 101, 102)
    precision, recall, density, coverage = scores(real, line(0.1, 1.1, 1.9), 1)
    assert (precision, recall, coverage) == (1, 0.5, 0.5)
    assert density > 1


def test_images_far_away_have_nothing_in_common():
    assert scores(line(0, 1, 2), line(50, 51, 52), 2) == (0, 0, 0, 0)


def test_equal_sets_have_all_in_common():
    points = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    precision, recall, _, coverage = scores(points, points, 5)
    assert (precision, recall, coverage) == (1, 1, 1)


def test_a_collapsed_generator_covers_one_image_at_the_most():
    real = line(0, 1, 2, 3)
    precision, recall, _, _ = scores(real, line(1, 1, 1, 1, 1, 1), 2)
    assert (precision, recall) == (1, 0.25)


def test_density_and_coverage_of_one_distribution_are_as_expected():
    # Naeem et al. 2020: density 1, coverage 1 - (N-1)...(N-k) / ((2N-1)...(2N-k))
    random = np.random.default_rng(0)
    real, synthetic = random.normal(size=(2, 800, 4))
    _, _, density, coverage = scores(real, synthetic, 5)
    steps = np.arange(1, 6)
    assert density == pytest.approx(1, abs=0.1)
    assert coverage == pytest.approx(1 - np.prod((800 - steps) / (1600 - steps)), abs=0.02)


def test_an_outlier_among_the_real_images_does_not_raise_density_much():
    random = np.random.default_rng(0)
    real = np.concatenate([random.normal(size=(100, 2)), [[1000.0, 0]]])
    precision, _, density, _ = scores(real, random.normal([500, 0], 1, (100, 2)), 5)
    assert precision == 1
    assert density == pytest.approx(0.2)


def test_the_nearest_are_found_whatever_the_blocks(monkeypatch):
    random = np.random.default_rng(0)
    points, others = random.normal(size=(50, 6)), random.normal(size=(70, 6))
    rows = np.arange(3, 70, 2)
    apart = np.linalg.norm(points[:, None] - others[rows], axis=2)
    for block, some in ((7, 11), (1000, 1000)):
        monkeypatch.setattr(neighbours, "BLOCK", block)
        monkeypatch.setattr(neighbours, "OTHERS", some)
        distances, found = nearest(points, others, rows)
        np.testing.assert_allclose(distances, apart.min(1))
        np.testing.assert_array_equal(found, rows[apart.argmin(1)])


def test_a_copy_is_at_no_distance_even_far_from_zero():
    others = np.random.default_rng(0).normal(1e4, 1, (40, 8)).astype(np.float32)
    distances, rows = nearest(others[[5, 17]], others, np.arange(40))
    np.testing.assert_array_equal(distances, [0, 0])
    np.testing.assert_array_equal(rows, [5, 17])
