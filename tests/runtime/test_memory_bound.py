import json
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.runtime import memory_bound, memory_free
from synthmix.runtime.accumulation import parts_to_take
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.runtime.memory_bound import asked_of, device_of_job, kept_below, part_of
from synthmix.runtime.memory_free import bound_for
from synthmix.store import read_table, save_array
from workflow_project import ROOT, Project

GB = 2**30

# a job, as its script has it: a DCGAN of 64 x 64 pixels, wider than its bound has room for
JOB = """
import json, sys
from pathlib import Path
import torch
from synthmix.generate.models.dcgan.model import DCGAN
from synthmix.generate.train_generator import train_generator
from synthmix.runtime import memory_bound, pace
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.errors import UserError

torch.set_num_threads(1)
folder, batch, room = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
names = ("weights", "last", "history", "times", "snapshots", "sheet", "trained_on")
checkpoint = Checkpoint(folder / "kept.pt", "a", 3600)
bound = folder / "bound"
if not bound.exists():
    bound.write_text(str(memory_bound.held() / 2**30 + room))
try:
    with memory_bound.kept_below(float(bound.read_text()), checkpoint):
        train_generator(
            settings={"model": "dcgan", "epochs": 1, "base_channels": 32, "batch_size": batch},
            images=folder / "real.npy", split=folder / "split.csv", classes=["a"], scope="a",
            name="mine", scored_by=None, outputs={name: folder / f"{name}.png" for name in names},
            checkpoint=checkpoint, seed=1, device=torch.device("cpu"),
        )
except UserError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def checkpoint(tmp_path):
    return Checkpoint(tmp_path / "kept.pt", "mine", 0)


@pytest.fixture
def beyond(monkeypatch):
    """A process that has just begun and holds 3 GB; what it is replaced by is told."""
    begun = []
    monkeypatch.setattr(memory_bound, "held", lambda: 3 * GB)
    monkeypatch.setattr(memory_bound, "LOOK_EVERY", 60)  # tests look themselves
    monkeypatch.setattr(os, "execv", lambda *given: begun.append(given))
    return begun


def run_job(folder, batch, room):
    """Run the job above on `batch` images of noise with so many GB more than it begins with."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (batch, 64, 64, 1))
    save_array(folder / "real.npy", (64, 64, 1), "uint8", [images])
    ids = [f"s{i}" for i in range(batch)]
    table = pd.DataFrame({"sample_id": ids, "group": ids, "label": "a", "split": "train"})
    write_table(folder / "split.csv", table)
    return subprocess.run(
        [sys.executable, "-c", JOB, str(folder), str(batch), str(room)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_a_training_beyond_its_bound_starts_anew_in_parts_that_fit(tmp_path):
    result = run_job(tmp_path, 64, 0.15)
    assert result.returncode == 0, result.stderr
    parts = read_table(tmp_path / "history.png")["accumulation_steps"].tolist()
    assert len(parts) == 1
    assert 2 <= parts[0] <= 16
    assert not list(tmp_path.glob("kept*"))


@pytest.mark.full
def test_a_network_beyond_its_bound_is_told_with_the_settings(tmp_path):
    result = run_job(tmp_path, 4, 0.02)
    assert result.returncode == 1
    said = result.stderr.strip().splitlines()[-1]
    assert "rehearsal_memory_gb allows" in said
    for setting in ("image_size", "width", "batch_size"):
        assert setting in said
    assert not list(tmp_path.glob("kept.beyond*"))


def test_batches_that_can_be_in_more_parts_are_next_time(checkpoint, beyond, caplog):
    memory_bound.take_parts(2, 4, "")
    memory_bound._begin_anew(2.0, 3 * GB, checkpoint)
    assert beyond == [(sys.executable, sys.orig_argv)]
    with kept_below(2.0, checkpoint):
        assert parts_to_take(checkpoint, 1) == 4
    assert "batches in 4 parts: an attempt before ran out of its share of memory" in caplog.text


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (8, "with batches in 8 parts (just because)"),
        (1, "with whole batches (just because)"),
        (None, "outside of its batches"),
    ],
)
def test_what_can_be_in_no_more_is_a_mistake_once(checkpoint, beyond, parts, said):
    memory_bound.take_parts(parts, None, "just because")
    memory_bound._begin_anew(2.0, 3 * GB, checkpoint)
    with pytest.raises(UserError) as caught, kept_below(2.0, checkpoint):
        pytest.fail("it went on")
    assert f"needs more than 3.0 GB {said}, and rehearsal_memory_gb allows 2" in str(caught.value)
    with kept_below(2.0, checkpoint):  # the next attempt tries again
        pass


def test_a_higher_bound_or_another_training_is_tried(checkpoint, beyond):
    memory_bound.take_parts(8, None, "")
    for other in (Checkpoint(checkpoint.path, "another", 0), checkpoint):
        memory_bound._begin_anew(2.0, 3 * GB, checkpoint)
        with kept_below(4.0 if other is checkpoint else 2.0, other):
            pass
    assert len(beyond) == 2


def test_without_a_bound_nothing_is_watched(checkpoint, beyond):
    with kept_below(None, checkpoint):
        assert not memory_bound.is_set()
        assert part_of(32) == 32
    assert not beyond


def test_what_draws_or_judges_images_takes_fewer_at_a_time_too(checkpoint, beyond):
    sizes = []
    for _ in range(4):
        with kept_below(2.0, checkpoint):
            sizes.append(part_of(16))
            memory_bound._begin_anew(2.0, 3 * GB, checkpoint)
    assert sizes == [16, 8, 4, 2]
    told = r"3.0 GB with batches in 8 parts \(a part has two images at the least\).* lower the size"
    with pytest.raises(UserError, match=told), kept_below(2.0, checkpoint, advice="lower the size"):
        pytest.fail("it went on")


def test_a_training_whose_scores_take_too_much_has_them_in_parts(checkpoint, beyond):
    """Even where its own batches can be in no more."""
    with kept_below(2.0, checkpoint):
        memory_bound.take_parts(1, None, "")
        assert part_of(16) == 16
        memory_bound._begin_anew(2.0, 3 * GB, checkpoint)
    with kept_below(2.0, checkpoint):
        assert part_of(16) == 8


def goes_beyond(job, bound):
    """Begin a job that holds too much, which then ends here: it is replaced."""
    with device_of_job(job) as device:
        assert part_of(8) == 8
        if bound:
            memory_bound._begin_anew(2.0, 3 * GB, Checkpoint.of_job(job, device, by_rule=True))
        raise InterruptedError


@pytest.mark.parametrize("scale", ["rehearsal", "paper"])
def test_jobs_that_keep_no_state_are_bound_in_rehearsals(tmp_path, monkeypatch, beyond, scale):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(memory_bound, "set_up_torch", lambda config: torch.device("cpu"))
    config = {"scale": scale, "rehearsal_memory_gb": 2.0, "checkpoint_seconds": 60}
    log = ["results/rehearsal/study/data/logs/predict/net/mix-seed1.log"]
    job, bound = SimpleNamespace(config=config, log=log, params={}, input=[]), scale == "rehearsal"
    with pytest.raises(InterruptedError):
        goes_beyond(job, bound)
    notes = [file.name for file in tmp_path.rglob("*.json")]
    assert notes == (["predict-net-mix-seed1.parts.json"] if bound else [])
    with device_of_job(job):
        assert part_of(8) == (4 if bound else 8)
    assert not list(tmp_path.rglob("*.json"))


def test_the_bound_is_what_is_asked_for_or_a_share_of_what_is_free(monkeypatch):
    monkeypatch.setattr(memory_free, "_free", lambda: 16 * GB)
    assert bound_for(5.0, 2) == 5.0
    assert bound_for(None, 2) == 6.0
    assert bound_for(None, 0) == 12.0
    monkeypatch.setattr(memory_free, "_free", lambda: None)
    assert bound_for(None, 1) is None


def test_only_rehearsals_on_a_cpu_have_one():
    told = {"scale": "rehearsal", "rehearsal_memory_gb": 3.0}
    assert asked_of(told, "cpu") == 3.0
    assert asked_of(told, "cuda") is None
    assert asked_of(told | {"scale": "paper"}, "cpu") is None


def test_what_a_control_group_leaves_counts(tmp_path, monkeypatch):
    group = tmp_path / "job"
    group.mkdir()
    (tmp_path / "memory.max").write_text("max\n")
    (group / "memory.max").write_text(f"{8 * GB}\n")
    (group / "memory.current").write_text(f"{3 * GB}\n")
    monkeypatch.setattr(memory_free, "GROUPS", tmp_path)
    assert list(memory_free._left_of("/job")) == [5 * GB]
    assert (memory_free._free() or 1) > 0


@pytest.mark.full
def test_a_job_of_the_workflow_starts_anew_at_once(tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    module = "scripts/synthmix/runtime/memory_bound.py"
    held, little = "most = max(most, held())", "most = 2**50 if _now.parts in (1, 2) else 0"
    free, asked = "scripts/synthmix/runtime/memory_free.py", ' if config["scale"] == REHEARSAL else'
    with (
        project.edit(module, held, little),
        project.edit(free, asked, " if config else"),
        project.edit("studies/tiny.yaml", "epochs: 40", "epochs: 2"),
    ):
        made = "results/paper/tiny/phantoms/generators/dcgan/cancer/history.csv"
        result = project.run(made, rehearsal_memory_gb=4)
    assert result.returncode == 0, result.stdout[-5000:]
    assert read_table(project.folder / made)["accumulation_steps"].tolist() == [4, 4]
    for parts in (2, 4):
        said = f"batches in {parts} parts: an attempt before ran out of its share of memory"
        assert f"synthmix: {said}" in result.stdout
    steps = project.results() / "benchmarks" / "train_generator" / "dcgan-cancer.steps.json"
    told = json.loads(steps.read_text())
    assert told["parts"] == 4
    assert told["steps"]["step"]["images"] == 8
    assert told["steps"]["step"]["steady_steps"] >= 1
    assert not list((project.results() / "checkpoints").iterdir())
