import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

from synthmix.runtime.killed_runs import take_over
from workflow_project import ROOT

RUN = """
import sys
from pathlib import Path
from synthmix.runtime.killed_runs import jobs_run_elsewhere, take_over

print(take_over(sys.argv[1]), flush=True)
locks = Path(sys.argv[1]) / "locks"
locks.mkdir(exist_ok=True)
(locks / "0.output.lock").write_text("results/a")
if "elsewhere" in sys.argv:
    jobs_run_elsewhere()
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path):
    """The folder .snakemake, by a relative path as Snakemake has it."""
    before = os.getcwd()  # noqa: PTH109
    os.chdir(tmp_path)
    yield tmp_path.relative_to(tmp_path) / ".snakemake"
    os.chdir(before)


@contextmanager
def run(folder, *arguments):
    """Start a process that is at work in `folder`, with Snakemake's lock."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN, folder, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
    ) as process:
        process.removed = process.stdout.readline().strip()
        assert process.stdout.readline() == "locked\n"
        yield process


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def end(process):
    process.communicate()


def takes_over(folder, *arguments, then=end):
    """Return whether a run removes the lock that it finds."""
    with run(folder, *arguments) as started:
        then(started)
    return {"True": True, "False": False}[started.removed]


def test_the_lock_of_a_killed_run_is_removed(folder):
    assert not takes_over(folder, then=kill)
    assert takes_over(folder)
    assert list((folder / "synthmix_runs").iterdir()) == []


@pytest.mark.usefixtures("nfs_locks")
def test_the_lock_of_a_killed_run_is_removed_from_nfs_too(folder):
    takes_over(folder, then=kill)
    assert take_over(folder)
    assert not (folder / "locks").exists()


def test_the_lock_of_a_run_at_work_stays_beside_one_that_was_killed(folder):
    with run(folder) as alive:
        takes_over(folder, then=kill)
        assert not takes_over(folder, then=kill)
        kill(alive)
    assert takes_over(folder)


def test_a_lock_that_no_killed_run_is_known_to_have_left_stays(folder):
    (folder / "locks").mkdir(parents=True)
    (folder / "locks" / "0.output.lock").write_text("results/a")
    assert not take_over(folder)
    assert (folder / "locks" / "0.output.lock").exists()


@pytest.mark.parametrize("machine", ["elsewhere", f"{socket.gethostname()}-2"])
def test_the_lock_of_a_run_on_another_machine_stays(folder, machine):
    takes_over(folder, then=kill)
    (own,) = (folder / "synthmix_runs").iterdir()
    own.rename(own.with_name(f"{machine}-abcdefgh"))
    assert not takes_over(folder)


def test_the_lock_of_a_killed_run_with_jobs_on_a_cluster_stays_until_someone_unlocks(folder):
    takes_over(folder, "elsewhere", then=kill)
    assert not takes_over(folder, then=kill)
    (folder / "locks" / "0.output.lock").unlink()  # as --unlock does
    assert not takes_over(folder, then=kill)
    assert takes_over(folder)


def test_a_run_with_jobs_on_a_cluster_that_ends_leaves_nothing(folder):
    takes_over(folder, "elsewhere")
    assert list((folder / "synthmix_runs").iterdir()) == []
