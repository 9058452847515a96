import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from synthmix.evaluate.delong import delong_covariance, delong_test


def by_the_paper(actual, scores):
    """DeLong et al. 1988, equations 1 to 6, pair by pair."""
    ordered = [
        np.array([[(x > y) + (x == y) / 2 for y in s[~actual]] for x in s[actual]]) for s in scores
    ]
    m, n = ordered[0].shape
    theta = np.array([o.mean() for o in ordered])
    v10, v01 = np.array([o.mean(1) for o in ordered]), np.array([o.mean(0) for o in ordered])
    s10 = (v10 - theta[:, None]) @ (v10 - theta[:, None]).T / (m - 1)
    s01 = (v01 - theta[:, None]) @ (v01 - theta[:, None]).T / (n - 1)
    return theta, s10 / m + s01 / n


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("digits", [1, 6])
def test_variances_are_those_of_the_paper(seed, digits):
    random = np.random.default_rng(seed)
    actual = random.random(60) < 0.3
    scores = (random.random((3, 60)) + 0.4 * actual).round(digits)  # with one digit: many ties
    aucs, covariance = delong_covariance(actual, scores)
    expected = by_the_paper(actual, scores)
    np.testing.assert_allclose(aucs, expected[0])
    np.testing.assert_allclose(covariance, expected[1])
    np.testing.assert_allclose(aucs, [roc_auc_score(actual, s) for s in scores])
    difference = aucs[0] - aucs[1]
    z = difference / np.sqrt(np.array([1, -1, 0]) @ expected[1] @ np.array([1, -1, 0]))
    assert delong_test(actual, scores[0], scores[1]) == pytest.approx(2 * norm.sf(abs(z)))


def test_a_variance_by_hand():
    # positives 3, 1 and negatives 2, 0: shares rightly ordered 1, 1/2 and 1/2, 1
    actual = np.array([True, True, False, False])
    aucs, covariance = delong_covariance(actual, np.array([[3.0, 1.0, 2.0, 0.0]]))
    assert aucs[0] == 0.75
    assert covariance[0, 0] == pytest.approx(0.125 / 2 + 0.125 / 2)


def test_under_the_null_hypothesis_p_values_are_even():
    random = np.random.default_rng(0)
    p_values = []
    for _ in range(600):
        actual = np.arange(150) % 3 == 0
        shared = random.standard_normal(150) + actual
        scores = shared + 0.7 * random.standard_normal((2, 150))
        p_values.append(delong_test(actual, *scores))
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.02)
    assert np.mean(np.array(p_values) < 0.5) == pytest.approx(0.5, abs=0.06)


def test_scores_that_order_alike_do_not_differ():
    random = np.random.default_rng(0)
    actual, score = random.random(50) < 0.5, random.random(50)
    assert delong_test(actual, score, score) == 1
    assert delong_test(actual, score, score**2) == 1


def test_one_class_only_has_no_test():
    score = np.random.default_rng(0).random(8)
    assert np.isnan(delong_test(np.zeros(8, bool), score, score))
    assert np.isnan(delong_test(np.arange(8) == 0, score, -score))
