import logging
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from types import SimpleNamespace

import pytest

from synthmix.files import write_beside
from synthmix.runtime import interruption
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.runtime.interruption import JobStoppedError, heard, request, requeue
from synthmix.runtime.jobs import LOGGER, job
from workflow_project import ROOT


def tell(number=signal.SIGTERM):
    os.kill(os.getpid(), number)


@pytest.fixture
def snakemake(tmp_path):
    handlers = list(LOGGER.handlers)
    yield SimpleNamespace(log=[str(tmp_path / "a.log")], params={})
    LOGGER.handlers = handlers
    LOGGER.propagate = True


@pytest.fixture
def scontrol(tmp_path, monkeypatch):
    """A SLURM whose answer is a function: of the code that `scontrol` ends with; as `calls`."""
    calls = tmp_path / "calls"

    def answer(code):
        program = tmp_path / "bin" / "scontrol"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho "$@" >> {calls}\necho no >&2\nexit {code}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        monkeypatch.setenv("SLURM_JOB_ID", "17")

    answer.calls = lambda: calls.read_text().splitlines() if calls.exists() else []
    return answer


def stopped(snakemake, body, finish_epoch=False):
    """Return the code that a job with this `body` ends with."""
    with pytest.raises(SystemExit) as stop, job(snakemake, finish_epoch):
        body()
    return stop.value.code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_job_stops_at_once_and_removes_what_it_was_writing(snakemake, capsys, tmp_path, number):
    def body():
        with write_beside(tmp_path / "table.csv") as temporary:
            temporary.write_text("half")
            tell(number)
            time.sleep(5)

    assert stopped(snakemake, body) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.log"]
    said = capsys.readouterr().err
    assert f"Stopped by {number.name}. It starts anew when the same command is run again" in said
    assert "Traceback" not in said


def test_a_training_keeps_its_state_at_the_end_of_its_epoch(snakemake, tmp_path, capsys):
    checkpoint = Checkpoint(tmp_path / "kept.pt", "a", every_seconds=3600)

    def body():
        for epoch in range(1, 9):
            if epoch == 3:
                tell()
            checkpoint.save_if_due(lambda: {"epoch": epoch})  # noqa: B023

    assert stopped(snakemake, body, finish_epoch=True) == 1
    assert checkpoint.load() == {"epoch": 3}
    said = capsys.readouterr().err
    assert "Stopped by SIGTERM. What it kept of its state is taken up when" in said


def test_an_epoch_that_takes_too_long_is_given_up(snakemake, monkeypatch, capsys):
    monkeypatch.setattr(interruption, "GRACE", 0.2)

    def body():
        tell()
        tell()  # as a scheduler may, and its step
        time.sleep(5)

    assert stopped(snakemake, body, finish_epoch=True) == 1
    assert "Stopped by SIGTERM, and its epoch did not end within" in capsys.readouterr().err


def test_who_asks_twice_does_not_want_to_wait(snakemake):
    def body():
        tell(signal.SIGINT)
        tell(signal.SIGINT)
        pytest.fail("still there")

    assert stopped(snakemake, body, finish_epoch=True) == 1


def test_signals_mean_what_they_did_once_a_job_is_over(snakemake):
    before = [signal.getsignal(number) for number in (*interruption.SIGNALS, signal.SIGALRM)]
    with heard(finish_epoch=True):
        tell()
        assert str(request(0)) == "by SIGTERM"
    assert request(0) is None
    assert before == [signal.getsignal(n) for n in (*interruption.SIGNALS, signal.SIGALRM)]
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_a_training_that_nobody_stops_goes_on(monkeypatch):
    monkeypatch.delenv("SLURM_JOB_END_TIME", raising=False)
    assert request(1e9) is None


@pytest.mark.parametrize(("left", "needed", "stops"), [(300, 200, False), (300, 280, True)])
def test_a_training_stops_when_another_epoch_may_not_fit(monkeypatch, left, needed, stops):
    monkeypatch.setenv("SLURM_JOB_END_TIME", str(int(time.time()) + left))
    found = request(needed)
    assert bool(found) == stops
    assert found is None or (found.again and "before its time limit" in str(found))


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("1:05", 65),
        ("2:00:00", 7200),
        ("1-00:00:30", 86430),
        ("UNLIMITED", None),
        ("INVALID", None),
        ("", None),
    ],
)
def test_slurm_is_asked_how_long_a_job_may_go_on(tmp_path, monkeypatch, said, seconds):
    program = tmp_path / "squeue"
    program.write_text(f"#!/bin/sh\necho {said}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("SLURM_JOB_ID", f"for {said}")
    monkeypatch.delenv("SLURM_JOB_END_TIME", raising=False)
    left = interruption.seconds_left()
    assert left == (seconds and pytest.approx(seconds, abs=5))


def test_a_training_out_of_time_has_slurm_start_it_again(
    snakemake, scontrol, tmp_path, monkeypatch, capsys
):
    scontrol(0)
    monkeypatch.setenv("SLURM_JOB_END_TIME", str(int(time.time()) + 30))
    checkpoint = Checkpoint(tmp_path / "kept.pt", "a", every_seconds=3600)

    def body():
        checkpoint.save_if_due(lambda: {"epoch": 1})

    assert stopped(snakemake, body, finish_epoch=True) == 1
    assert checkpoint.load() == {"epoch": 1}
    assert scontrol.calls() == ["requeue 17"]
    assert "SLURM starts it again, and it goes on from there" in capsys.readouterr().err


def train(checkpoint, clock):
    """Go on by epochs of a minute, every tenth of which takes ten, for ever."""
    epoch = (checkpoint.load() or {"epoch": 0})["epoch"]
    while True:
        epoch += 1
        clock[0] += 600 if epoch % 10 == 0 else 60
        checkpoint.save_if_due(lambda: {"epoch": epoch})  # noqa: B023


def test_a_training_stops_in_time_for_an_epoch_that_takes_longer_than_most(tmp_path, monkeypatch):
    """One that scores what is made, for instance."""
    clock, limit = [0.0], [0.0]
    monkeypatch.setattr("synthmix.runtime.checkpoint.time.monotonic", lambda: clock[0])
    monkeypatch.setattr(interruption, "seconds_left", lambda: limit[0] - clock[0])
    epochs = []
    for attempt in range(8):
        limit[0] = clock[0] + 3600 + 137 * attempt
        checkpoint = Checkpoint(tmp_path / "a.pt", "a", every_seconds=60)
        with pytest.raises(JobStoppedError, match="before its time limit") as stop:
            train(checkpoint, clock)
        assert stop.value.again
        assert clock[0] < limit[0]
        epochs.append(checkpoint.load()["epoch"])
    assert all(later > sooner + 10 for sooner, later in pairwise(epochs))
    # the next attempt knows of it from the start
    checkpoint = Checkpoint(tmp_path / "a.pt", "a", every_seconds=60)
    checkpoint.load()
    limit[0] = clock[0] + 600
    clock[0] += 60
    with pytest.raises(JobStoppedError, match="before its time limit"):
        checkpoint.save_if_due(dict)


def test_a_job_that_somebody_stops_is_not_started_again(snakemake, scontrol, tmp_path):
    scontrol(0)

    def body():
        tell()
        Checkpoint(tmp_path / "kept.pt", "a", 3600).save_if_due(dict)

    assert stopped(snakemake, body, finish_epoch=True) == 1
    assert scontrol.calls() == []


def test_a_job_that_slurm_does_not_start_again_says_so(scontrol, caplog):
    caplog.set_level(logging.WARNING)
    scontrol(1)
    assert not requeue()
    assert "SLURM does not start this job again: no" in caplog.text


def test_there_may_be_no_slurm(monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    assert not requeue()


def test_a_state_is_kept_before_it_is_too_old(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("synthmix.runtime.checkpoint.time.monotonic", lambda: clock[0])
    checkpoint = Checkpoint(tmp_path / "a.pt", "a", every_seconds=10)
    kept = []
    for epoch in range(1, 9):
        clock[0] += 4
        checkpoint.save_if_due(lambda: {"epoch": epoch})  # noqa: B023
        kept.append((checkpoint.load() or {}).get("epoch", 0))
    assert kept == [0, 2, 2, 4, 4, 6, 6, 8]


def test_a_state_is_kept_after_each_epoch_that_a_job_could_not_end_in_time(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("synthmix.runtime.checkpoint.time.monotonic", lambda: clock[0])
    checkpoint = Checkpoint(tmp_path / "a.pt", "a", every_seconds=3600)
    clock[0] += interruption.GRACE + 1
    checkpoint.save_if_due(lambda: {"epoch": 1})
    assert checkpoint.load() == {"epoch": 1}


JOB = """
import sys, time
from types import SimpleNamespace
from synthmix.runtime.jobs import job

with job(SimpleNamespace(log=[sys.argv[1]], params={})):
    print("at work", flush=True)
    time.sleep(60)
"""
PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])"


def test_a_job_does_not_outlive_the_process_that_started_it(tmp_path):
    log = tmp_path / "a.log"
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, JOB, log],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
    ) as parent:
        assert parent.stdout.readline() == "at work\n"
        parent.kill()
        _, said = parent.communicate(timeout=50)  # until the job has closed them too
    assert "Stopped by SIGTERM. It starts anew when the same command is run again" in said
    assert "Stopped by SIGTERM" in log.read_text()
