import numpy as np
import pytest
from scipy.stats import norm

from synthmix.evaluate.components import Design
from synthmix.evaluate.effect import Error, error_of
from synthmix.evaluate.power import assumed_components, power, smallest_difference
from synthmix.evaluate.repeats import Repeats


def test_of_many_patients_alone_it_is_the_power_of_a_normal_test():
    error = Error(np.array([1e-4]), (100_000,), ("patients",))
    expected = norm.sf(norm.ppf(0.975) - 3) + norm.cdf(-norm.ppf(0.975) - 3)
    assert power(0.03, error, 0.05) == pytest.approx(expected, abs=1e-3)
    assert power(0.0, error, 0.05) == pytest.approx(0.05, abs=1e-3)
    least = smallest_difference(error)
    assert least == pytest.approx((norm.ppf(0.975) + norm.ppf(0.8)) * 0.01, rel=5e-3)


@pytest.mark.parametrize(("splits", "between"), [(2, 0.5), (3, 0.8), (5, 0.5)])
def test_power_is_how_often_made_up_differences_are_found(splits, between):
    trials, patients = 4000, 50
    random = np.random.default_rng(splits)
    deviations = np.sqrt(between * splits), np.sqrt(1 - between)  # of a split, and of all patients
    of = random.standard_normal((trials, 1, 1, 1, patients))
    of = (of - of.mean(-1, keepdims=True)) * deviations[1] / np.sqrt(patients)
    values = deviations[0] * random.standard_normal((trials, splits, 1, 1))
    values += deviations[1] * random.standard_normal((trials, 1, 1, 1)) + 4.0
    repeats = Repeats(
        values, np.broadcast_to(of, (trials, splits, 1, 1, patients)), patients, 50, 0
    )
    error = error_of(repeats)
    found = np.mean(error.p_value(repeats.means((0, 1, 2))) < 0.05)
    expected = Error(np.array([between, 1 - between]), error.degrees, error.covered)
    assert power(4.0, expected, 0.05) == pytest.approx(found, abs=0.03)


def test_more_of_anything_shows_smaller_differences():
    components = assumed_components(200)

    def visible(*counts, patients=200):
        return smallest_difference(components.error(Design(*counts, patients)))

    base = visible(5, 1, 1)
    assert visible(10, 1, 1) < base
    assert visible(5, 2, 1) < base
    assert visible(5, 1, 2) < base
    assert visible(5, 1, 1, patients=1000) < base
    assert 0.02 < base < 0.1


def test_more_comparisons_show_less():
    error = assumed_components(200).error(Design(5, 1, 1, 200))
    assert smallest_difference(error, comparisons=9) > smallest_difference(error)


def test_splits_on_other_patients_show_more():
    error = assumed_components(200, shared_patients=0).error(Design(10, 1, 1, 200))
    assert smallest_difference(error) < smallest_difference(
        assumed_components(200).error(Design(10, 1, 1, 200))
    )


def test_what_can_never_be_seen_is_nan():
    assert np.isnan(smallest_difference(Error(np.array([1.0, 0.0]), (1, 10), ())))


def test_without_variance_any_difference_is_seen():
    nothing = Error(np.zeros(1), (10,), ())
    assert power(0.001, nothing, 0.05) == 1
    assert power(0.0, nothing, 0.05) == 0
    assert smallest_difference(nothing) < 1e-6
