import json
from types import SimpleNamespace

import pytest

from synthmix.runtime import pace


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A clock that stands still unless a step takes time."""
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(pace.time, "perf_counter", lambda: now.seconds)
    pace.begin()
    yield now
    pace.begin()


def take(clock, seconds, batches, **how):
    for took, _ in zip(seconds, pace.each(batches, **how), strict=True):
        clock.seconds += took


def test_the_first_step_is_left_out(clock):
    take(clock, [9, 2, 4], ["abcd", "abcd", "ab"])
    step = pace.told()["steps"]["step"]
    assert step["first_seconds"] == 9
    assert (step["steady_steps"], step["steady_seconds"], step["seconds"]) == (2, 3, 3)
    assert step["images"] == 4


def test_the_first_step_of_later_epochs_is_not(clock):
    take(clock, [9], ["abcd"])
    take(clock, [2], ["abcd"])
    clock.seconds += 100  # between them
    take(clock, [4], ["abcd"])
    assert pace.told()["steps"]["step"]["seconds"] == 3


def test_where_there_is_one_step_alone_it_is_taken(clock):
    take(clock, [9], ["abcd"])
    step = pace.told()["steps"]["step"]
    assert (step["steady_steps"], step["seconds"]) == (0, 9)


def test_what_comes_sometimes_counts_as_often_as_it_comes(clock):
    for number, _ in enumerate(pace.each(["ab"] * 5)):
        clock.seconds += 1
        if number in (0, 4):
            with pace.sometimes("penalty", 4):
                clock.seconds += 2
    step = pace.told()["steps"]["step"]
    assert step["steady_seconds"] == 1
    assert step["sometimes"] == {"penalty": {"every": 4, "times": 2, "seconds": 2}}
    assert step["seconds"] == 1 + 2 / 4


def test_kinds_of_steps_are_told_apart(clock):
    take(clock, [1, 1], range(2), kind="autoencoder step", images=7)
    take(clock, [5, 5], ["abc", "abc"])
    steps = pace.told()["steps"]
    assert {kind: (step["images"], step["seconds"]) for kind, step in steps.items()} == {
        "autoencoder step": (7, 1),
        "step": (3, 5),
    }


def test_what_is_no_loop_is_a_step_alone(clock):
    for seconds in (9, 2):
        with pace.alone("distance"):
            clock.seconds += seconds
    step = pace.told()["steps"]["distance"]
    assert (step["images"], step["steady_steps"], step["seconds"]) == (1, 1, 2)
    with pytest.raises(ZeroDivisionError), pace.alone("distance"):
        1 / 0  # noqa: B018


def test_a_job_leaves_its_steps_beside_its_benchmark(tmp_path, clock):
    path = tmp_path / "results" / "benchmarks" / "train" / "dcgan-a.steps.json"
    path.parent.mkdir(parents=True)
    path.write_text("of an earlier attempt")
    job = SimpleNamespace(log=[tmp_path / "results" / "logs" / "train" / "dcgan-a.log"])
    with pace.pace_of_job(job):
        assert not path.exists()
        take(clock, [9, 3], ["abcd", "abcd"])
        pace.taken_in(2)
    told = json.loads(path.read_text())
    assert told["steps"]["step"]["seconds"] == 3
    assert told["parts"] == 2
    assert told["peak_ram_mb"] > 10
    with pytest.raises(ZeroDivisionError), pace.pace_of_job(job):
        1 / 0  # noqa: B018
    assert not path.exists()
