"""Seconds from what was measured: the line, its range, and what is borrowed from where."""

import pandas as pd
import pytest

from estimate_graphs import altered, of_rule, study
from synthmix.estimate.rates import Point, Rates, fit, measured
from synthmix.estimate.work import MACS, Load, Work, work


def point(seconds, amount, kind="dcgan", rule="train_generator", device="cpu", unit=MACS):
    load = Load(other=amount)
    return Point(rule, Work(kind, unit, load, load), seconds, device)


def asked(amount, most=None, kind="dcgan", unit=MACS):
    return Work(kind, unit, Load(other=amount), Load(other=most or amount))


def test_one_point_gives_a_rate_after_the_start():
    start, rate = fit([100.0], [54.0], start=4.0)
    assert (start, rate) == (4.0, pytest.approx(0.5))


def test_a_start_never_takes_all_of_the_quickest_job():
    start, rate = fit([10.0, 10.0], [2.0, 3.0], start=4.0)
    assert start < 2
    assert rate > 0


def test_points_far_apart_tell_the_start_whatever_one_of_them_says():
    amounts = [10.0, 50.0, 100.0, 200.0, 300.0]
    seconds = [8 + 0.5 * amount for amount in amounts]
    assert fit(amounts, seconds, start=1.0) == (pytest.approx(8), pytest.approx(0.5))
    seconds[2] *= 10
    assert fit(amounts, seconds, start=1.0) == (pytest.approx(8), pytest.approx(0.5))


def test_seconds_that_fall_with_more_work_give_no_negative_rate():
    start, rate = fit([1.0, 5.0, 10.0], [9.0, 8.0, 7.0], start=4.0)
    assert start >= 0
    assert rate > 0


def test_light_jobs_tell_the_start_of_those_with_torch():
    light = [point(seconds, 1e6, rule="predict", kind="vgg16") for seconds in (10.0, 12.0, 40.0)]
    rates = Rates([*light, point(52.0, 1e12)], "cpu")
    found = rates.forecast("train_generator", asked(2e12))
    assert found.likely == pytest.approx(12 + 2 * 40)
    assert found.basis == "1 measured"


def test_the_range_is_as_wide_as_the_points_are_apart():
    rates = Rates([point(4 + s, 1e12) for s in (80.0, 100.0, 150.0)], "cpu")
    found = rates.forecast("train_generator", asked(1e12))
    assert (found.low, found.likely, found.high) == pytest.approx((84, 104, 154))


def test_a_training_that_may_stop_early_has_a_wider_range():
    rates = Rates([point(104.0, 1e12)], "cpu")
    found = rates.forecast("train_generator", asked(1e12, 3e12))
    assert (found.low, found.likely, found.high) == pytest.approx((104, 204, 304))


def test_far_beyond_what_was_measured_the_range_widens_and_says_so():
    rates = Rates([point(104.0, 1e12)], "cpu")
    found = rates.forecast("train_generator", asked(1e14))
    assert found.high == pytest.approx(2 * found.likely)
    assert found.low == pytest.approx(found.likely / 2)
    assert found.basis == "1 measured, up to 100 times as much work"


def test_the_own_network_is_preferred_and_another_one_marked():
    rates = Rates([point(14.0, 1e12), point(104.0, 1e12, kind="diffusion")], "cpu")
    assert rates.forecast("train_generator", asked(1e12)).likely == pytest.approx(14)
    borrowed = rates.forecast("train_generator", asked(1e12, kind="stylegan2_ada"))
    assert borrowed.basis == "from another network"
    assert borrowed.low < borrowed.likely < borrowed.high
    assert rates.forecast("predict", asked(1e12)) is None


def test_nothing_is_borrowed_from_another_unit_or_device():
    rates = Rates([point(14.0, 1e12, unit="pixels seen"), point(9.0, 1e12, device="cuda")], "cpu")
    assert rates.forecast("train_generator", asked(1e12)) is None
    assert Rates([point(9.0, 1e12, device="cuda")], "cuda").forecast("train_generator", asked(1e12))


def test_a_job_without_a_size_takes_what_it_took():
    points = [Point("plot_roc", Work(), seconds, None) for seconds in (1.0, 2.0, 9.0)]
    found = Rates(points, "cpu").forecast("plot_roc", Work())
    assert (found.low, found.likely, found.high) == (1, 2, 9)
    assert found.basis == "3 measured"


@pytest.fixture
def done(tmp_path, monkeypatch):
    """The facts of a study whose training of a generator was measured on a CPU."""
    monkeypatch.chdir(tmp_path)
    files = {"benchmark": "b.tsv", "log": "a.log", "outputs": ("history.csv",)}
    facts = altered(study(epochs=10), "train_generator", **files)
    pd.DataFrame({"s": [30.0], "max_rss": ["-"]}).to_csv("b.tsv", sep="\t", index=False)
    (tmp_path / "a.log").write_text("training on 60 images, on cpu\nepoch 1/10 loss 1\n")
    return facts


def test_a_benchmark_is_measured_with_the_epochs_that_were_run(done):
    training = of_rule(done, "train_generator")
    pd.DataFrame({"epoch": [1, 2, 3, 4, 5]}).to_csv("history.csv", index=False)
    found = measured(training, done)
    assert (found.seconds, found.device, found.work.kind) == (30, "cpu", "dcgan")
    assert found.work.most.amount == pytest.approx(work(training, done).most.amount / 2)


def test_a_benchmark_of_other_settings_does_not_count(done):
    changed = altered(done, "prepare_images", unchanged=False)
    assert measured(of_rule(changed, "train_generator"), changed) is None
