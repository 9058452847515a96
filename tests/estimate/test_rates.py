"""Seconds from what was measured: the line, its range, and what is borrowed from where."""

import pandas as pd
import pytest

from estimate_graphs import altered, graph, job, of_rule, study
from synthmix.estimate.rates import Point, Rates, fit, measured
from synthmix.estimate.sizes import Sizes
from synthmix.estimate.work import MACS, SECONDS, SEEN, Load, Work, work


def point(seconds, weight, kind="dcgan", rule="train_generator", device="cpu", unit=MACS):
    load = Load(other=weight / SECONDS[unit])
    return Point(rule, Work(kind, unit, load, load), seconds, device)


def asked(weight, most=None, kind="dcgan", unit=MACS):
    loads = (Load(other=each / SECONDS[unit]) for each in (weight, most or weight))
    return Work(kind, unit, *loads)


def test_one_point_gives_a_rate_after_the_start():
    start, rate = fit([1000.0], [2004.0], start=4.0)
    assert rate == pytest.approx(2, rel=0.01)
    assert start == pytest.approx(4, abs=6)


def test_what_took_a_moment_is_all_start_and_says_little_of_a_rate():
    start, rate = fit([0.001], [20.0], start=18.0)
    assert start == pytest.approx(20, rel=0.001)
    assert 1 < rate < 2


@pytest.mark.parametrize("start", [0.0, 4.0, 100.0])
@pytest.mark.parametrize("amount", [0.01, 3.0, 800.0])
def test_work_that_was_measured_takes_what_it_took(amount, start):
    found, rate = fit([amount], [30.0], start)
    assert found >= 0
    assert rate > 0
    assert found + rate * amount == pytest.approx(30)


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
    light = [point(seconds, 0.1, rule="predict", kind="vgg16") for seconds in (10.0, 12.0, 40.0)]
    rates = Rates([*light, point(112.0, 100.0)], "cpu")
    found = rates.forecast("train_generator", asked(200))
    assert found.likely == pytest.approx(12 + 200)
    assert found.basis == "1 measured"
    assert Rates([point(112.0, 100.0)], "cpu").forecast("train_generator", asked(200)) != found


def test_the_range_is_as_wide_as_the_points_are_apart():
    rates = Rates([point(4 + s, 100) for s in (80.0, 100.0, 150.0)], "cpu")
    found = rates.forecast("train_generator", asked(100))
    assert (found.low, found.likely, found.high) == pytest.approx((84, 104, 154))


def test_a_training_that_may_stop_early_has_a_wider_range():
    rates = Rates([point(104.0, 100)], "cpu")
    found = rates.forecast("train_generator", asked(100, 300))
    assert (found.low, found.likely, found.high) == pytest.approx((104, 204, 304))


def test_far_beyond_what_was_measured_the_range_widens_and_says_so():
    rates = Rates([point(104.0, 100)], "cpu")
    found = rates.forecast("train_generator", asked(10_000))
    assert found.high == pytest.approx(2 * found.likely)
    assert found.low == pytest.approx(found.likely / 2)
    assert found.basis == "1 measured, up to 100 times as much work"


def test_the_own_network_is_preferred_and_another_one_marked():
    rates = Rates([point(14.0, 100.0), point(104.0, 100, kind="diffusion")], "cpu")
    assert rates.forecast("train_generator", asked(100)).likely < 20
    borrowed = rates.forecast("train_generator", asked(100, kind="stylegan2_ada"))
    assert borrowed.basis == "from another network"
    assert borrowed.low < borrowed.likely < borrowed.high
    assert rates.forecast("predict", asked(100)) is None


def test_nothing_is_borrowed_from_another_unit_or_device():
    rates = Rates([point(14.0, 100, unit=SEEN), point(9.0, 100, device="cuda")], "cpu")
    assert rates.forecast("train_generator", asked(100)) is None
    assert Rates([point(9.0, 100, device="cuda")], "cuda").forecast("train_generator", asked(100))


def test_a_job_without_a_size_takes_what_it_took():
    points = [Point("plot_roc", Work(), seconds, None) for seconds in (1.0, 2.0, 9.0)]
    found = Rates(points, "cpu").forecast("plot_roc", Work())
    assert (found.low, found.likely, found.high) == (1, 2, 9)
    assert found.basis == "3 measured"


@pytest.fixture
def done(tmp_path, monkeypatch):
    """The sizes of a study whose training of a generator was measured on a CPU."""
    monkeypatch.chdir(tmp_path)
    files = {"benchmark": "b.tsv", "log": "a.log", "outputs": ("history.csv",)}
    sizes = altered(study(epochs=10), "train_generator", **files)
    pd.DataFrame({"s": [30.0], "max_rss": ["-"]}).to_csv("b.tsv", sep="\t", index=False)
    (tmp_path / "a.log").write_text("training on 60 images, on cpu\nepoch 1/10 loss 1\n")
    return sizes


def test_a_benchmark_is_measured_with_the_epochs_that_were_run(done):
    training = of_rule(done, "train_generator")
    pd.DataFrame({"epoch": [1, 2, 3, 4, 5]}).to_csv("history.csv", index=False)
    found = measured(training, done)
    assert (found.seconds, found.device, found.work.kind) == (30, "cpu", "dcgan")
    assert found.work.weights[1] == pytest.approx(work(training, done).weights[1] / 2)


def test_a_benchmark_of_other_settings_does_not_count(done):
    changed = altered(done, "prepare_images", unchanged=False)
    assert measured(of_rule(changed, "train_generator"), changed) is None


def test_what_does_not_say_what_it_ran_on_ran_where_its_generator_was_trained(done):
    sizes = altered(done, "sample_generator", benchmark="b.tsv")
    assert measured(of_rule(sizes, "sample_generator"), sizes).device == "cpu"


def test_of_a_job_without_a_size_any_benchmark_counts(done):
    report = job("render_report", benchmark="b.tsv", unchanged=False)
    sizes = Sizes(graph(report))
    assert measured(sizes.graph.jobs[0], sizes) == Point("render_report", Work(), 30.0, None)
