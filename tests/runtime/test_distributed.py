"""Several processes on a CPU, over gloo, in the place of several GPUs."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from torch import distributed, nn

from little_memory import SAID, room_for
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.generate.models.steps import parts_of, take_step
from synthmix.generate.train_generator import train_generator
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.runtime.distributed import (
    begin_alike,
    own_random_numbers,
    rank,
    run_together,
    share_averages,
    summed,
    told_by_first,
    world_size,
)
from synthmix.store import save_array
from workflow_project import Project

HERE = str(Path(__file__).parent)

CPU = torch.device("cpu")


def learn(path, device):
    """Train a line on 20 batches, this process on its parts of them; the first one keeps it."""
    torch.manual_seed(0)
    network = nn.Linear(3, 1)
    optimizer = torch.optim.Adam(network.parameters(), 0.1)
    for _ in range(20):
        inputs = torch.randn(8, 3)
        parts = parts_of(2 // world_size(), inputs)
        total = take_step(optimizer, parts, 8, lambda part: (network(part) - part).square().mean())
    with own_random_numbers():
        own = torch.rand(())
    norm = nn.BatchNorm1d(1, momentum=0.5)
    norm(torch.tensor([[2.0 * rank()], [2.0 * rank() + 2]]))
    share_averages(norm)
    facts = {
        "weights": network.weight.detach(),
        "loss": total,
        "world": torch.tensor(world_size()),
        "sum": summed(torch.tensor(float(rank()))),
        "told": torch.tensor(told_by_first(5.0 + rank(), device)),
        "own": own,
        "average": norm.running_mean,
        "common": torch.rand(()),
    }
    torch.save(facts, f"{path}-{world_size()}-{rank()}.pt")


def dies_in_the_second(device):
    if rank() == 1:
        os._exit(3)
    distributed.all_reduce(torch.zeros(()))


def has_a_mistake(device):
    raise UserError("the same for all")


def begins_elsewhere_in_the_second(device):
    begin_alike(device, accumulation_steps=2, epoch=500 if rank() == 0 else 0)


class DiesWhenRead:
    """Ends a process while it reads what to do."""

    def __reduce__(self):
        return os._exit, (3,)


def test_two_processes_learn_what_one_does(tmp_path):
    for devices in (1, 2):
        run_together(learn, {"path": str(tmp_path / "kept")}, devices, CPU)
    one, first, second = (torch.load(tmp_path / f"kept-{n}.pt") for n in ("1-0", "2-0", "2-1"))
    torch.testing.assert_close(first["weights"], one["weights"])
    torch.testing.assert_close(first["loss"], one["loss"])
    assert torch.equal(first["weights"], second["weights"])
    assert (one["world"], first["world"]) == (1, 2)
    assert first["sum"] == second["sum"] == 1.0
    assert first["told"] == second["told"] == 5.0
    # of half of 1 and of half of 3
    assert one["average"] == 0.5
    assert first["average"] == second["average"] == 1.0
    # numbers of their own for a while, then the same again
    assert first["own"] != second["own"]
    assert first["common"] == second["common"]


def test_a_process_that_ends_early_is_reported():
    with pytest.raises(UserError, match="another process of this training ended before"):
        run_together(dies_in_the_second, {}, 2, CPU)


def test_a_mistake_is_reported_once(capfd):
    with pytest.raises(UserError, match="the same for all"):
        run_together(has_a_mistake, {}, 2, CPU)
    assert "Traceback" not in capfd.readouterr().err


def has_a_mistake_in_the_second(device):
    if rank() == 1:
        raise UserError("in the second alone")
    distributed.all_reduce(torch.zeros(()))


def runs_out_in_the_second(device, error):
    if rank() == 1:
        raise error
    distributed.all_reduce(torch.zeros(()))


def trains_with_less_in_the_second(device, **arguments):
    with room_for(2 if rank() == 1 else 64):
        train_generator(**arguments, device=device)


def fails_in_the_first(device):
    if rank() == 0:
        raise OSError("the disk is full")
    distributed.all_reduce(torch.zeros(()))


def test_a_mistake_of_another_process_is_told():
    with pytest.raises(UserError, match="in the second alone"):
        run_together(has_a_mistake_in_the_second, {}, 2, CPU)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (torch.OutOfMemoryError(SAID), "the GPU is out of memory. Tried to allocate 2.00 GiB"),
        (MemoryError("Unable to allocate 7 PiB"), r"the job is out of memory \(Unable to allocate"),
    ],
)
def test_want_of_memory_of_another_process_is_told(error, said, capfd):
    with pytest.raises(UserError, match=said):
        run_together(runs_out_in_the_second, {"error": error}, 2, CPU)
    assert "Traceback" not in capfd.readouterr().err


def test_processes_that_do_not_begin_alike_stop():
    said = "another process of this training begins with epoch 0, the first with 500: not all"
    with pytest.raises(UserError, match=said):
        run_together(begins_elsewhere_in_the_second, {}, 2, CPU)


def test_an_error_of_the_first_ends_all():
    with pytest.raises(OSError, match="the disk is full"):
        run_together(fails_in_the_first, {}, 2, CPU)
    assert not distributed.is_initialized()


def test_nobody_waits_for_a_process_that_never_came():
    """In a process of its own: it is ended."""
    code = """
        import torch
        from synthmix.runtime import distributed
        from test_distributed import DiesWhenRead, dies_in_the_second

        distributed.GRACE = 1
        work = {"unread": DiesWhenRead()}
        distributed.run_together(dies_in_the_second, work, 2, torch.device("cpu"))
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([*filter(None, sys.path), HERE])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 1, result.stderr
    assert "another process of this training ended before its work was done" in result.stderr


def test_the_workflow_trains_on_two_devices(tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    folder, mix = "results/paper/tiny/phantoms", "real_only-cancer50-normal50"
    trained = ["generators/dcgan/cancer", f"classifiers/vgg16/{mix}/seed1"]
    with (
        project.edit("studies/tiny.yaml", "epochs: 40", "epochs: 2, devices: 2"),
        project.edit("studies/tiny.yaml", "epochs: 12", "epochs: 2\n    devices: 2"),
    ):
        result = project.run(*(f"{folder}/{name}/weights.safetensors" for name in trained))
    assert result.returncode == 0, result.stdout[-3000:]
    for log in ("train_generator/dcgan-cancer", f"train_classifier/vgg16/{mix}-seed1"):
        said = (project.results() / "logs" / f"{log}.log").read_text()
        assert "epoch 2" in said
        assert ", on cpu, 2 processes" in said


def work_on(folder, name, **settings):
    """Return what `train_generator` needs to train on sixteen images of noise, kept in `folder`."""
    rng, out = np.random.default_rng(0), folder / name
    images = rng.integers(0, 256, (16, 32, 32, 1))
    save_array(folder / "real.npy", (32, 32, 1), "uint8", [images])
    samples = pd.DataFrame({"sample_id": [f"s{i}" for i in range(16)], "label": "a"})
    samples["group"], samples["split"] = samples["sample_id"], "train"
    write_table(folder / "split.csv", samples)
    files = ("weights", "last", "history", "times", "snapshots", "sheet", "trained_on")
    return {
        "settings": {"epochs": 2, "batch_size": 8, **settings},
        "images": folder / "real.npy",
        "split": folder / "split.csv",
        "classes": ["a"],
        "scope": "a",
        "name": "mine",
        "scored_by": None,
        "outputs": {name: out / f"{name}.png" for name in files},
        "checkpoint": Checkpoint(out / "kept.pt", "a", 3600),
        "seed": 1,
    }


SMALL = {
    "dcgan": {"model": "dcgan", "latent_dim": 4, "base_channels": 4, "max_channels": 8},
    "stylegan2_ada": {
        "model": "stylegan2_ada",
        "channel_base": 128,
        "channel_max": 8,
        "latent_dim": 8,
        "style_dim": 8,
    },
}


@pytest.mark.parametrize("model", ["dcgan", "stylegan2_ada"])
def test_a_generator_trains_on_two_devices(tmp_path, model):
    def train(devices, parts):
        parted = {"devices": devices, "accumulation_steps": parts}
        work = work_on(tmp_path, f"{devices}", **SMALL[model], **parted)
        run_together(train_generator, work, devices, CPU)
        return load_file(work["outputs"]["weights"]), pd.read_csv(work["outputs"]["history"])

    weights, history = train(2, 1)
    assert history["epoch"].tolist() == [1, 2]
    assert history["images_seen"].tolist() == [16, 32]
    assert all(tensor.isfinite().all() for tensor in weights.values())
    if model == "dcgan":  # it draws nothing within a part, so that nothing differs
        expected, losses = train(1, 2)
        parted = "accumulation_steps"
        np.testing.assert_allclose(
            history.drop(columns=parted), losses.drop(columns=parted), rtol=1e-4
        )
        for name, tensor in expected.items():
            if "running" not in name and "tracked" not in name:  # of its own parts alone
                torch.testing.assert_close(weights[name], tensor, rtol=1e-3, atol=1e-4)


def test_two_devices_take_smaller_parts_where_the_second_runs_out_of_memory(tmp_path, capfd):
    work = work_on(tmp_path, "kept", **SMALL["dcgan"], devices=2)
    with pytest.raises(UserError, match=r"epoch 1: the GPU is out of memory.* in 2 parts"):
        run_together(trains_with_less_in_the_second, work, 2, CPU)
    assert work["checkpoint"].noted_parts() == 2
    run_together(trains_with_less_in_the_second, work, 2, CPU)
    assert pd.read_csv(work["outputs"]["history"])["accumulation_steps"].tolist() == [2, 2]
    assert work["checkpoint"].noted_parts() is None
    said = capfd.readouterr().err
    assert "Traceback" not in said
    # of the first process alone, whose log has it
    assert "batches in 2 parts" not in said
