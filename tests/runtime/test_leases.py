"""Leases, taken by processes of their own, on the GPUs that a stand-in for nvidia-smi lists."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch

from synthmix.runtime.leases import visible_cards

SCRIPTS = Path(__file__).parents[2] / "scripts"
CARDS = ("GPU-aa11", "GPU-bb22", "GPU-cc33")
# takes GPUs, says which and what it logged, and goes on until it is told to end
JOB = """\
import logging, os, sys
from pathlib import Path
logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO)
from synthmix.runtime import leases
leases.LOCKS = Path(sys.argv[1])
leases.CHOICE_WAIT = 600.0
leases.lease(int(sys.argv[2]))
print("sees", os.environ.get(leases.VISIBLE), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def machine(monkeypatch):
    """A function that starts a job on a machine; `machine.has` says with how many GPUs, 2."""
    with TemporaryDirectory() as folder:  # pytest's own are closed to other users
        Path(folder).chmod(0o755)
        yield from _machine(Path(folder), monkeypatch)


def _machine(folder, monkeypatch):
    program = folder / "bin" / "nvidia-smi"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    for name in ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID"):
        monkeypatch.delenv(name, raising=False)
    locks = folder / "locks"
    locks.mkdir()
    locks.chmod(0o1777)
    started = []

    def start(devices=1, code=JOB, umask=-1, **environment):
        job = subprocess.Popen(
            [sys.executable, "-c", code, str(locks), str(devices)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            umask=umask,
            env=os.environ | {"PYTHONPATH": str(SCRIPTS)} | environment,
        )
        started.append(job)
        return job

    def has(cards, code=0):
        lines = "\n".join(CARDS[:cards])
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{lines}\nEND\nexit {code}\n")
        program.chmod(0o755)

    start.has, start.locks = has, locks
    has(2)
    yield start
    for job in started:
        job.kill()
        job.communicate()


def seen(job):
    """Return which GPUs a job sees, in its words, and what it logged before."""
    said = []
    for line in job.stdout:
        if line.startswith("sees "):
            return line.split()[1], "".join(said)
        said.append(line)
    raise AssertionError(f"the job ended with {job.wait()}")


def test_two_jobs_never_take_the_same_gpu(machine):
    jobs = [machine() for _ in range(2)]  # at once
    assert {seen(job)[0] for job in jobs} == {"GPU-aa11", "GPU-bb22"}


def test_jobs_share_where_no_gpu_is_free_and_say_so(machine):
    for _ in range(2):
        assert "shared" not in seen(machine())[1]
    more = [seen(machine()) for _ in range(2)]
    assert [card for card, _ in more] == ["GPU-aa11", "GPU-bb22"]
    for card, said in more:
        assert f"shared with other jobs, which had all 2 GPUs already: {card}; " in said
        assert "with --resources gpu=2 the jobs of one run take turns" in said


@pytest.mark.parametrize("end", [signal.SIGKILL, None])
def test_a_job_that_ends_however_it_does_frees_its_gpu(machine, end):
    first, second = machine(), machine()
    freed = seen(first)[0]
    assert seen(second)[0] != freed
    if end:
        first.send_signal(end)
    first.communicate()
    card, said = seen(machine())
    assert card == freed
    assert "shared" not in said


def test_a_gpu_that_was_shared_is_free_when_the_last_job_has_ended(machine):
    jobs = {}
    for _ in range(3):
        job = machine()
        jobs.setdefault(seen(job)[0], []).append(job)
    first, sharing = jobs["GPU-aa11"]
    first.communicate()
    jobs["GPU-bb22"][0].communicate()
    assert seen(machine())[0] == "GPU-bb22"
    sharing.communicate()
    assert seen(machine())[0] == "GPU-aa11"


def test_a_training_on_several_takes_those_that_are_free_first(machine):
    machine.has(3)
    assert seen(machine(2))[0] == "GPU-aa11,GPU-bb22"
    card, said = seen(machine(2))
    assert card == "GPU-cc33,GPU-aa11"
    assert "already: GPU-aa11; with --resources gpu=3" in said
    # more than there are: the training says what is wrong
    assert seen(machine(4))[0].count("GPU-") == 3


def test_processes_that_a_job_starts_do_not_keep_its_gpu(machine):
    lasting = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True)"
    job = machine(code=JOB.replace("sys.stdin.read()", f"{lasting}\nsys.stdin.read()"))
    assert seen(job)[0] == "GPU-aa11"
    child = int(job.stdout.readline())
    try:
        job.kill()
        job.wait()
        assert seen(machine())[0] == "GPU-aa11"
    finally:
        os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize(
    ("visible", "taken"),
    [
        ("1", ["1", "1"]),
        ("2,0", ["2", "0"]),
        ("GPU-cc33,GPU-b", ["GPU-cc33", "GPU-b"]),
        ("GPU-b", ["GPU-b", "GPU-b"]),
        ("MIG-1,MIG-2", ["MIG-1", "MIG-2"]),
        ("0,7,1", ["0", "0"]),
    ],
)
def test_only_visible_gpus_are_taken(machine, visible, taken):
    machine.has(3)
    assert [seen(machine(CUDA_VISIBLE_DEVICES=visible))[0] for _ in taken] == taken


def test_a_gpu_is_the_same_whatever_it_is_called(machine):
    assert seen(machine(CUDA_VISIBLE_DEVICES="0"))[0] == "0"
    assert seen(machine(CUDA_VISIBLE_DEVICES="GPU-aa"))[1].count("shared") == 1
    assert seen(machine())[0] == "GPU-bb22"


@pytest.mark.parametrize("visible", ["-1", "", "NoDevFiles", "7"])
def test_where_none_is_visible_none_is_taken(machine, monkeypatch, visible):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert visible_cards() == {}
    job = machine()
    assert job.stdout.readline() == f"sees {visible}\n"
    assert not list(machine.locks.iterdir())


def test_a_machine_without_nvidia_smi_or_driver_has_none(machine, monkeypatch):
    machine.has(2, code=9)
    assert seen(machine())[0] == "None"
    monkeypatch.setenv("PATH", str(machine.locks))
    assert visible_cards() == {}


def test_what_slurm_gives_a_job_is_left_alone(machine):
    for visible, devices in (("1", 1), ("0,1", 2)):
        given = {"SLURM_JOB_ID": "17", "CUDA_VISIBLE_DEVICES": visible}
        assert seen(machine(devices, **given)) == (visible, "")
    assert not list(machine.locks.iterdir())


def test_the_jobs_of_a_run_within_one_job_of_slurm_take_different_ones(machine):
    given = {"SLURM_JOB_ID": "17", "CUDA_VISIBLE_DEVICES": "0,1"}
    assert [seen(machine(**given))[0] for _ in range(2)] == ["0", "1"]


def test_no_folder_for_locks_is_no_reason_not_to_run(machine):
    machine.locks.rmdir()
    shown, said = seen(machine())
    assert shown == "None"
    assert "no GPU is chosen" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other users")
def test_users_see_the_leases_of_one_another(machine):
    first = machine(umask=0o077)
    assert seen(first)[0] == "GPU-aa11"
    other = JOB.replace("leases.lease(", "os.setuid(65534)\nleases.lease(")
    card, said = seen(machine(2, code=other))
    assert card == "GPU-bb22,GPU-aa11"
    assert "already: GPU-aa11;" in said


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_job_keeps_to_the_gpu_that_it_has_leased(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; import torch\n"
        "from synthmix.runtime import leases\n"
        f"leases.LOCKS = Path({str(tmp_path)!r})\n"
        "from synthmix.runtime.devices import set_up_torch\n"
        "device = set_up_torch({'device': 'cuda', 'training_threads': 1})\n"
        "torch.zeros(3, device=device)\n"
        "print(torch.cuda.device_count(), *leases.visible_cards().values(),\n"
        "      torch.cuda.get_device_properties(0).uuid)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    count, leased, used = done.stdout.split()
    assert count == "1"
    assert leased.removeprefix("GPU-") == used.removeprefix("GPU-")
    assert (tmp_path / f"synthmix-{leased}.0").exists()
