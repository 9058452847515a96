import numpy as np
import pytest
from pytorch_fid.fid_score import calculate_frechet_distance

from synthmix.score.statistics import fit_gaussian, frechet_distance, kernel_distance, mean, share


def features(seed, count, dims, shift=0.0):
    random = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=(dims, dims)) / np.sqrt(dims)
    return (random.normal(shift, 1, (count, dims)) @ mixing).astype(np.float32)


def theirs(one, other):
    one, other = one.astype(float), other.astype(float)
    return calculate_frechet_distance(
        one.mean(0), np.cov(one, rowvar=False), other.mean(0), np.cov(other, rowvar=False)
    )


@pytest.mark.parametrize("counts", [(500, 300), (3000, 40), (20, 20), (65, 64)])
@pytest.mark.filterwarnings("ignore:Matrix is singular", "ignore:The `disp` argument")
def test_the_frechet_distance_is_that_of_pytorch_fid(counts):
    one, other = features(0, counts[0], 64), features(1, counts[1], 64, 0.3)
    ours = frechet_distance(fit_gaussian(one), fit_gaussian(other))
    assert ours == pytest.approx(theirs(one, other), abs=1e-3)


def test_the_frechet_distance_of_known_gaussians():
    # one feature: squared differences of the means and of the standard deviations
    one = np.array([[-1.0], [1.0]]) * np.sqrt(0.5) * 3 + 10  # mean 10, deviation 3
    other = np.array([[-1.0], [1.0]]) * np.sqrt(0.5) + 6  # mean 6, deviation 1
    distance = frechet_distance(fit_gaussian(one), fit_gaussian(other))
    assert distance == pytest.approx(4**2 + 2**2)
    assert frechet_distance(fit_gaussian(one), fit_gaussian(one)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("count", [30, 5000])
def test_a_gaussian_has_the_mean_and_the_covariance_of_its_rows(count):
    values = features(0, count, 40)
    rows = np.arange(0, count, 2)
    fitted = fit_gaussian(values, rows)
    chosen = values[rows].astype(float)
    np.testing.assert_allclose(fitted.mean, chosen.mean(0), atol=1e-9)
    covariance = fitted.factor.T @ fitted.factor
    np.testing.assert_allclose(covariance, np.cov(chosen, rowvar=False), atol=1e-9)


def test_one_row_has_no_covariance():
    with pytest.raises(ValueError, match="two rows"):
        fit_gaussian(np.zeros((1, 3)))


def distance_of(one, other, subsets=50, size=1000):
    return kernel_distance(one, other, subsets, size, np.random.default_rng(0))


def test_the_kernel_distance_is_the_unbiased_estimate():
    one, other = features(0, 12, 3), features(1, 10, 3, 0.5)

    def kernel(a, b):
        return (np.dot(a, b) / 3 + 1) ** 3

    def within(rows):
        return np.mean([kernel(a, b) for i, a in enumerate(rows) for b in np.delete(rows, i, 0)])

    between = np.mean([kernel(a, b) for a in one for b in other])
    expected = within(one.astype(float)) + within(other.astype(float)) - 2 * between
    # the mean over very many subsets is the estimate from all images
    assert distance_of(one, other, 5000).value == pytest.approx(expected, abs=0.1)


def test_the_kernel_distance_grows_with_the_difference():
    values = [
        distance_of(features(0, 200, 8), features(1, 200, 8, s)).value for s in (0, 0.3, 0.6, 1)
    ]
    assert values == sorted(values)
    assert abs(values[0]) < 0.1


@pytest.mark.parametrize("shift", [pytest.param(0.0, marks=pytest.mark.full), 0.5])
def test_the_interval_of_the_kernel_distance_has_the_truth_in_it(shift):
    def drawn(seed, count):
        return features(2 * seed, count, 4), features(2 * seed + 1, count + 30, 4, shift)

    # from so many images that its own error is small
    truth = np.mean([distance_of(*drawn(1000 + n, 2000), subsets=4).value for n in range(20)])
    found = [distance_of(*drawn(n, 60), subsets=100) for n in range(200)]
    hits = np.mean([one.low <= truth <= one.high for one in found])
    # two and a half standard errors of 200 draws below what is promised
    assert hits >= 0.95 - 2.5 * 0.016


def test_a_share_has_wilsons_interval():
    found = share(np.array([True] * 8 + [False] * 2))
    assert (found.value, found.low, found.high) == pytest.approx((0.8, 0.4902, 0.9433), abs=1e-4)
    none = share(np.zeros(20, bool))
    assert (none.value, none.low) == (0, 0)
    assert none.high == pytest.approx(0.1611, abs=1e-4)
    assert np.isnan(share(np.zeros(0, bool)).value)


def test_a_mean_has_its_normal_interval():
    found = mean(np.array([1.0, 2.0, 3.0]))
    reach = 1.96 / np.sqrt(3)
    assert (found.value, found.low) == pytest.approx((2, 2 - reach), abs=1e-3)
