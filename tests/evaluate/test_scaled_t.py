import numpy as np
import pytest
from scipy.stats import norm, t

from synthmix.evaluate.scaled_t import effective_degrees, half_width, tail


@pytest.mark.parametrize("degrees", [1, 2, 4, 9, 299])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.995])
def test_one_term_is_student_s_t(degrees, confidence):
    expected = 0.1 * t.ppf((1 + confidence) / 2, degrees)
    found = half_width(np.array([0.01]), (degrees,), confidence)
    assert found == pytest.approx(expected, rel=0.01)
    assert tail(np.array(expected), np.array([0.01]), (degrees,)) == pytest.approx(
        1 - confidence, abs=2e-4
    )


@pytest.mark.parametrize("degrees", [(1, 50), (2, 20), (9, 9), (1, 2, 100)])
def test_several_terms_are_their_sum(degrees):
    variances = np.array([0.5, 1.5, 1.0])[: len(degrees)]
    random = np.random.default_rng(1)
    drawn = sum(
        np.sqrt(variance) * random.standard_t(degree, 400_000)
        for variance, degree in zip(variances, degrees, strict=True)
    )
    for confidence in (0.9, 0.95):
        found = half_width(variances, degrees, confidence)
        assert np.mean(np.abs(drawn) > found) == pytest.approx(1 - confidence, abs=0.002)


def test_cases_are_computed_at_once():
    variances = np.array([[[0.1, 0.2, 0.0]], [[1.0, 0.0, 0.0]]])  # two terms of (1, 3) cases
    widths = half_width(variances, (2, 30), 0.95)
    assert widths.shape == (1, 3)
    for case in range(3):
        alone = half_width(variances[:, 0, case], (2, 30), 0.95)
        assert widths[0, case] == pytest.approx(alone)
    np.testing.assert_allclose(tail(widths[:, :2], variances[..., :2], (2, 30)), 0.05, atol=1e-6)


def test_without_variance_there_is_no_error():
    nothing = np.zeros((2, 2))
    np.testing.assert_allclose(tail(np.array([0.0, 0.1]), nothing, (1, 10)), [1, 0])
    np.testing.assert_array_equal(half_width(nothing, (1, 10), 0.95), 0)
    assert np.isinf(effective_degrees(nothing, (1, 10))).all()


def test_a_second_term_without_variance_changes_nothing():
    both = half_width(np.array([0.3, 0.0]), (3, 40), 0.95)
    assert both == pytest.approx(half_width(np.array([0.3]), (3,), 0.95), rel=0.005)
    wide = half_width(np.array([0.0, 0.3]), (3, 4000), 0.95)
    assert wide == pytest.approx(norm.ppf(0.975) * 0.3**0.5, rel=0.005)


def test_effective_degrees_are_satterthwaite_s():
    assert effective_degrees(np.array([1.0, 1.0]), (4, 4)) == pytest.approx(8)
    assert effective_degrees(np.array([1.0, 0.0]), (4, 9)) == pytest.approx(4)
