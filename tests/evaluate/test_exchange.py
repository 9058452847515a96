import numpy as np
import pytest

from synthmix.evaluate.exchange import Exchange, Kind, curves, exchange_rate
from synthmix.evaluate.repeats import Repeats

SHARES = (0.25, 0.5, 1.0)


def points(means, splits=3, patients=400, deviation=0.0, noise=0.0, seed=1):
    """Return the results at each share; the splits differ by `deviation`, the patients in luck."""
    random = np.random.default_rng(seed)
    moved = deviation * random.standard_normal(splits)
    of = noise * random.standard_normal((1, 1, 1, patients)) / patients
    influence = np.broadcast_to(of - of.mean(), (splits, 1, 1, patients))
    return [
        Repeats((mean + moved - moved.mean())[:, None, None], influence, patients, patients, 0.0)
        for mean in means
    ]


def logarithmic(times):
    """Return a curve that is as good as another one with so many times the patients."""
    return 0.8 + 0.05 * np.log(np.array(SHARES) * times)


@pytest.mark.parametrize("times", [1.35, 1.0, 0.7])
def test_the_distance_along_patients_is_found(times):
    found = exchange_rate(SHARES, points(logarithmic(1)), points(logarithmic(times)))
    assert found.kind is Kind.MEASURED
    assert found.more == pytest.approx(times - 1)
    assert (found.low, found.high) == pytest.approx((times - 1, times - 1))


def test_the_interval_is_as_wide_as_the_curves_are_unsure():
    clear, unsure = (
        exchange_rate(
            SHARES,
            points(logarithmic(1)),
            points(logarithmic(1.35), deviation=deviation, noise=0.05, seed=2),
        )
        for deviation in (0.001, 0.004)
    )
    assert clear.low < 0.35 < clear.high
    assert unsure.low < clear.low < clear.high < unsure.high


def test_what_both_curves_share_does_not_blur_their_distance():
    together = exchange_rate(
        SHARES, points(logarithmic(1), noise=0.5), points(logarithmic(1.35), noise=0.5)
    )
    assert together.low == pytest.approx(together.high, abs=0.02)


def test_a_curve_that_falls_is_levelled_first():
    # 0.80 and 0.78 are levelled to 0.79: no value between these is taken
    found = exchange_rate(SHARES, points([0.8, 0.78, 0.9]), points([0.8, 0.78, 0.9]))
    assert found.more == pytest.approx(0)


def test_a_curve_all_above_is_worth_more_than_can_be_shown():
    found = exchange_rate(SHARES, points([0.7, 0.75, 0.8]), points([0.81, 0.85, 0.9]))
    assert (found.kind, found.more) == (Kind.AT_LEAST, pytest.approx(3))
    assert found.in_words() == "better than 300% more patients"


def test_a_curve_all_below_is_worth_less_than_can_be_shown():
    found = exchange_rate(SHARES, points([0.8, 0.85, 0.9]), points([0.6, 0.7, 0.75]))
    assert (found.kind, found.more) == (Kind.AT_MOST, pytest.approx(-0.75))
    assert found.in_words() == "worse than 75% fewer patients"


def test_where_real_patients_do_not_help_nothing_is_counted_in_them():
    for real in ([0.8, 0.8, 0.8], [0.85, 0.8, 0.8]):
        found = exchange_rate(SHARES, points(real), points(logarithmic(1.35)))
        assert found.kind is Kind.FLAT
        assert np.isnan(found.more)
        assert "whether more real patients help can't be told yet" in found.in_words()


def test_an_end_beyond_the_curves_is_said():
    found = exchange_rate(
        SHARES,
        points([0.80, 0.81, 0.82]),
        points([0.815, 0.83, 0.84], deviation=0.01),
        seed=3,
    )
    assert np.isinf(found.high)
    assert found.in_words().endswith("to an unknown number more)")


def test_in_words():
    found = Exchange(Kind.MEASURED, 0.35, -0.1, 0.8)
    assert found.in_words() == "as good as 35% more patients (10% fewer to 80% more)"


def test_the_same_seed_gives_the_same_interval():
    real, mixed = points(logarithmic(1)), points(logarithmic(1.35), deviation=0.003)
    assert exchange_rate(SHARES, real, mixed) == exchange_rate(SHARES, real, mixed)
    assert exchange_rate(SHARES, real, mixed, seed=2) != exchange_rate(SHARES, real, mixed)


@pytest.mark.parametrize("shared", [True, False])
def test_curves_vary_as_their_splits_and_patients_do(shared):
    random = np.random.default_rng(1)
    splits, patients = 40, 4000
    of = random.standard_normal((patients,)) / patients
    influence = np.zeros((splits, 1, 1, patients))
    if shared:
        influence[:] = of - of.mean()
    else:
        for split, place in enumerate(np.array_split(np.arange(patients), splits)):
            influence[split, ..., place] = ((of[place] - of[place].mean()) * splits)[:, None, None]
    values = 0.02 * random.standard_normal((splits, 1, 1))
    point = Repeats(values, influence, patients, patients, 0.0)
    drawn = curves([point], 4000, seed=1)
    assert drawn.shape == (4001, 1)
    assert drawn[0, 0] == pytest.approx(values.mean())
    expected = values.var(ddof=1) / splits + shared / patients
    assert drawn[1:].var() == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("shares", [(1.0,), (0.5, 0.25), (0.5, 0.5)])
def test_a_curve_takes_patients_that_rise(shares):
    one = points([0.8] * len(shares))
    with pytest.raises(ValueError, match="two numbers of patients or more"):
        exchange_rate(shares, one, one)


def test_curves_are_of_the_same_patients():
    with pytest.raises(ValueError, match="same test patients"):
        exchange_rate((0.5, 1.0), points([0.8, 0.9]), points([0.8, 0.9], patients=399))
    with pytest.raises(ValueError, match="same test patients"):
        exchange_rate((0.5, 1.0), points([0.8, 0.9]), points([0.8, 0.9], splits=2))
