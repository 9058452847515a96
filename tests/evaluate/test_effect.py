from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm, t

from synthmix.evaluate.bootstrap import Bootstrap
from synthmix.evaluate.effect import Error, effect_of, effect_of_trained_networks, error_of
from synthmix.evaluate.repeats import Repeats


def repeats(values, influence=None, patients=100, least=0.0):
    values = np.asarray(values, float)
    if influence is None:
        influence = np.zeros((*values.shape, patients))
    return Repeats(values, influence, patients, patients, least)


def of_patients(random, *counts, patients=100, shared=1.0, own=1.0):
    """Return influence (U, G, C, P): what all runs have in common, and what is their own."""
    common = shared * random.standard_normal(patients)
    found = (common + own * random.standard_normal((*counts, patients))) / patients
    return found - found.mean(-1, keepdims=True)


def test_splits_without_patients_in_common_are_student_s_t():
    values = np.array([0.01, 0.03, 0.02, 0.05])[:, None, None]
    effect = effect_of(repeats(values))
    reach = t.ppf([0.975, 0.95], 3) * values.std(ddof=1) / 2
    assert effect.difference == pytest.approx(0.0275)
    assert (effect.low, effect.high) == pytest.approx(
        (0.0275 - reach[0], 0.0275 + reach[0]), abs=2e-4
    )
    assert effect.narrow_high == pytest.approx(0.0275 + reach[1], abs=2e-4)
    expected = 2 * t.sf(0.0275 / (values.std(ddof=1) / 2), 3)
    assert effect.p_value == pytest.approx(expected, abs=1e-3)
    assert effect.degrees == pytest.approx(3)
    assert effect.covered == ("splits", "generators", "classifiers", "patients")


def test_patients_that_all_splits_share_are_in_the_error():
    influence = of_patients(np.random.default_rng(1), 4, 1, 1, own=0)
    values = np.array([0.01, 0.03, 0.02, 0.05])[:, None, None]
    error = error_of(repeats(values, influence))
    of_mean = (influence[0] ** 2).sum() * 100 / 99
    assert error.variances == pytest.approx([values.var(ddof=1) / 4, of_mean])
    assert error.degrees == (3, 99)


def test_patients_of_one_split_are_in_what_splits_differ_by():
    influence = of_patients(np.random.default_rng(1), 1, 1, 1)
    apart = np.zeros((3, 1, 1, 300))
    for split in range(3):
        apart[split, ..., 100 * split : 100 * split + 100] = influence
    values = np.array([-0.5, 0.0, 0.5])[:, None, None]
    error = error_of(repeats(values, apart, 300))
    assert error.variances == pytest.approx([values.var(ddof=1) / 3, 0])


def test_equal_results_are_not_taken_for_certainty():
    influence = of_patients(np.random.default_rng(1), 1, 1, 1)
    apart = np.zeros((2, 1, 1, 200))
    apart[0, ..., :100], apart[1, ..., 100:] = influence, influence
    error = error_of(repeats(np.full((2, 1, 1), 0.02), apart, 200))
    of_split = (influence**2).sum() * 200 / 199
    assert error.variances == pytest.approx([0.25 * of_split / 2, 0])


@pytest.mark.parametrize(
    ("counts", "covered", "degrees"),
    [
        ((1, 1, 1), ("patients",), (99,)),
        ((1, 3, 1), ("generators", "patients"), (2, 99)),
        ((1, 1, 4), ("classifiers", "patients"), (3, 99)),
        ((1, 3, 4), ("generators", "classifiers", "patients"), (2, 3, 99)),
        ((2, 1, 1), ("splits", "generators", "classifiers", "patients"), (1, 99)),
        ((5, 3, 4), ("splits", "generators", "classifiers", "patients"), (4, 99)),
    ],
)
def test_what_was_repeated_is_covered(counts, covered, degrees):
    random = np.random.default_rng(1)
    found = error_of(repeats(random.normal(0, 0.1, counts), of_patients(random, *counts)))
    assert found.covered == covered
    assert found.degrees == degrees
    assert len(found.variances) == len(degrees)
    assert (found.variances > 0).all()


def test_generators_and_classifiers_vary_in_their_means_over_each_other():
    random = np.random.default_rng(1)
    values = random.normal(0, 0.1, (1, 3, 4))
    error = error_of(repeats(values))
    expected = [values[0].mean(1).var(ddof=1) / 3, values[0].mean(0).var(ddof=1) / 4, 0]
    assert error.variances == pytest.approx(expected)


def test_patients_common_to_all_runs_are_found_among_those_of_single_ones():
    random = np.random.default_rng(1)
    influence = of_patients(random, 1, 3, 4, patients=20_000, shared=1.0, own=2.0)
    error = error_of(repeats(random.normal(0, 0.1, (1, 3, 4)), influence, 20_000))
    assert error.variances[-1] == pytest.approx(1 / 20_000, rel=0.1)


def test_no_patient_that_tells_two_networks_apart_is_no_proof_that_there_is_none():
    same = repeats(np.zeros((1, 1, 1)), least=2 / 102**2)
    effect = effect_of(same)
    assert effect.difference == 0
    assert effect.p_value == pytest.approx(1)
    assert effect.high == pytest.approx(t.ppf(0.975, 99) * 2**0.5 / 102, rel=0.01)


def test_many_cases_are_computed_at_once_as_each_alone():
    random = np.random.default_rng(1)
    for counts in ((3, 2, 2), (1, 2, 3), (2, 1, 1)):
        values = random.normal(0, 0.1, (5, *counts))
        influence = np.stack([of_patients(random, *counts) for _ in range(5)])
        together = error_of(repeats(values, influence))
        for case in range(5):
            alone = error_of(repeats(values[case], influence[case]))
            np.testing.assert_allclose(together.variances[:, case], alone.variances)


@pytest.mark.parametrize(("splits", "one_t"), [(2, 0.874), (3, 0.922), (5, 0.943)])
def test_of_normal_errors_a_sum_covers_what_one_t_does_not(splits, one_t):
    # what splits vary by over what the variance is in all, and all that it may come out as
    between = 0.9
    places = (np.arange(200) + 0.5) / 200
    seen = between * chi2.ppf(places, splits - 1) / (splits - 1)
    error = Error(np.stack([seen, np.full(200, 1 - between)]), (splits - 1, 10_000), ())
    assert np.mean(2 * norm.cdf(error.half_width(0.95)) - 1) >= 0.949
    widths = t.ppf(0.975, error.effective_degrees) * np.sqrt(error.variances.sum(0))
    assert np.mean(2 * norm.cdf(widths) - 1) == pytest.approx(one_t, abs=0.003)


def test_swapping_mix_and_baseline_turns_the_interval_round():
    random = np.random.default_rng(1)
    one = repeats(random.normal(0.05, 0.1, (3, 2, 1)), of_patients(random, 3, 2, 1))
    first, second = effect_of(one), effect_of(replace(one, values=-one.values))
    assert (second.low, second.high) == pytest.approx((-first.high, -first.low))
    assert second.p_value == pytest.approx(first.p_value)


def test_two_trained_networks_keep_their_bootstrap_interval_and_their_test():
    bootstrap = Bootstrap(pd.Series(np.arange(40).astype(str)), 500, seed=1)
    gains = np.random.default_rng(1).integers(-1, 2, 40)
    values = bootstrap.apply(lambda weights: {"": weights @ gains / weights.sum(1)})[""]
    effect = effect_of_trained_networks(values, bootstrap, p_value=0.4)
    assert (effect.low, effect.high) == bootstrap.interval(values, 0.95, (-1, 1))
    assert (effect.narrow_low, effect.narrow_high) == bootstrap.interval(values, 0.9, (-1, 1))
    assert (effect.p_value, effect.covered) == (0.4, ("patients",))


def test_a_measure_that_has_no_value_has_no_effect():
    effect = effect_of(repeats(np.full((2, 1, 1), np.nan), np.full((2, 1, 1, 100), np.nan)))
    assert np.isnan([effect.difference, effect.low, effect.narrow_high, effect.p_value]).all()


def test_intervals_end_where_differences_do():
    effect = effect_of(repeats(np.array([0.9, -0.5])[:, None, None]))
    assert (effect.low, effect.high) == (-1, 1)
