"""What follows for the full run from the seconds, steps and memory of a rehearsal."""

from dataclasses import replace

import pandas as pd
import pytest

from estimate_graphs import altered, graph, job, measured_training, of_rule, study, told
from synthmix.estimate.costs import Machine, estimate
from synthmix.estimate.rates import Rates
from synthmix.estimate.rehearsed import Rehearsed, measures_of, true_counts
from synthmix.estimate.wording import summary


@pytest.fixture
def rehearse(tmp_path, monkeypatch):
    """A function that returns what was measured of a training of a generator in short."""
    monkeypatch.chdir(tmp_path)

    def measured(seconds=21.5, device="cpu", sizes=None, steps=None, seconds_of_step=0.5, **fields):
        record = told(seconds_of_step, **fields) if steps is None else steps
        sizes = measured_training(sizes or study(epochs=2), seconds, record)
        return Rehearsed(measures_of(sizes.graph, sizes.published), device)

    return measured


def training_of(sizes):
    return of_rule(sizes, "train_generator")


def forecast(rehearsed, sizes, kind="dcgan"):
    return rehearsed.forecast(of_rule(sizes, "train_generator"), sizes, kind)


def test_seconds_are_start_and_steps(rehearse):
    # 20 seconds of start, and 3 steps of half a second
    found = forecast(rehearse(), study(epochs=10))
    assert (found.low, found.likely, found.high) == (55, 55, 55)
    assert found.basis == "1 rehearsed"
    pace = rehearse().pace(of_rule(study(), "train_generator"), study(), "dcgan")
    assert (pace.start, pace.steps, pace.step_seconds) == (20, 70, 0.5)


def test_a_larger_batch_takes_as_much_longer_as_it_has_more_to_do(rehearse):
    longer = forecast(rehearse(images=4), study(epochs=10)).likely
    # each step has something apart from its images
    assert 20 + 35 < longer < 20 + 70


def test_what_ran_on_another_device_tells_nothing(rehearse):
    assert forecast(rehearse(device="cuda"), study()) is None
    assert forecast(rehearse(device="cuda", gpu="H200", peak_gpu_mb=5.0), study())


def test_another_network_or_data_set_tells_nothing(rehearse):
    assert forecast(rehearse(), study(), kind="diffusion") is None
    other = altered(study(), wildcards={"study": "s", "dataset": "other"})
    assert forecast(rehearse(), other) is None


def test_what_has_changed_since_tells_nothing(rehearse):
    changed = altered(study(epochs=2), "train_generator", unchanged=False)
    assert forecast(rehearse(sizes=changed), study()) is None


def test_a_training_whose_steps_were_not_measured_is_not_taken_for_a_short_one(rehearse):
    drawn = told()
    drawn["steps"]["drawing"] = drawn["steps"].pop("step")
    assert forecast(rehearse(steps=drawn), study()) is None


def test_a_first_step_alone_tells_less_than_later_ones(rehearse):
    later, first = rehearse(), rehearse(seconds=9.0, seconds_of_step=9.0, taken=1)
    measures = [each for of in (first, later) for each in of.like(training_of(study()), "dcgan")]
    assert forecast(first, study()).likely > 600
    assert forecast(Rehearsed(measures), study()).likely == forecast(later, study()).likely


def test_memory_is_as_measured_and_files_are_as_large(rehearse):
    training, found = of_rule(study(), "train_generator"), rehearse(peak_gpu_mb=7.0)
    assert found.ram_mb(training, "dcgan") == 900
    assert found.gpu_mb(training, "dcgan") == 7
    assert found.kept_bytes(training, "dcgan") == 5000
    # of a job that tells nothing it is what Snakemake has seen
    assert rehearse(steps={}).ram_mb(training, "dcgan") == 700
    assert forecast(rehearse(steps={}), study()) is None


def test_images_are_those_that_the_rehearsal_has_counted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [("cancer", "train", 70), ("cancer", "test", 9), ("normal", "train", 500)]
    table = pd.DataFrame(rows, columns=["label", "split", "images"])
    table.to_csv("counts.csv", index=False)
    short = graph(
        job("check_counts", outputs=("counts.csv",)), job("check_counts", outputs=("no",))
    )
    counts = true_counts(short)
    assert counts == {("s", "d"): "counts.csv"}
    sizes = replace(study(), counts=counts)
    known = sizes.images(of_rule(sizes, "train_generator"))
    assert known.of("train", ["cancer"]) == 70
    assert (known.of("validation"), known.total) == (0, 579)
    edited = graph(job("check_counts", outputs=("counts.csv",), unchanged=False))
    assert true_counts(edited) == {}


def test_an_estimate_goes_by_it_and_says_of_how_many_jobs(rehearse):
    sizes = study(epochs=10)
    found = estimate(sizes, Rates([], "cpu"), Machine(2, None, "cpu"), rehearse())
    row = found.table.set_index("rule").loc["train_generator"]
    assert (row["seconds"], row["rehearsed"], row["ram_mb"]) == (55, 1, 900)
    assert row["basis"] == "1 rehearsed"
    assert "Time and memory of 1 go by jobs of their kind in the rehearsal" in summary(found)
    assert "in the rehearsal; 8 are guessed." in summary(found)
    without = estimate(sizes, Rates([], "cpu"), Machine(2, None, "cpu"))
    assert "rehearsal" not in summary(without)
