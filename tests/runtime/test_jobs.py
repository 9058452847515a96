import errno
import logging
from types import SimpleNamespace

import nibabel
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file as save_tensors

from little_memory import SAID
from small_disk import fill, needs_disk, small_disk
from synthmix.errors import UserError
from synthmix.figures.style import save as save_figure
from synthmix.files import write_beside, write_table, write_text
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.runtime.jobs import LOGGER, job
from synthmix.store import save_array


@pytest.fixture
def snakemake(tmp_path):
    handlers = list(LOGGER.handlers)
    yield SimpleNamespace(log=[str(tmp_path / "logs" / "a.log")], params={})
    LOGGER.handlers = handlers
    LOGGER.propagate = True


def read_log(snakemake):
    with open(snakemake.log[0]) as file:  # noqa: PTH123
        return file.read()


def test_messages_go_to_the_log(snakemake):
    with job(snakemake):
        logging.getLogger("synthmix.somewhere").info("epoch 1")
    assert "epoch 1" in read_log(snakemake)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (UserError("path: no such folder"), "path: no such folder"),
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full"),
        (torch.OutOfMemoryError(SAID), "total capacity of 79.15 GiB"),
        (MemoryError("Unable to allocate 7 PiB"), "the job is out of memory (Unable to allocate"),
    ],
)
def test_a_users_mistake_ends_with_its_message_and_code_1(snakemake, capsys, error, message):
    with pytest.raises(SystemExit) as stop, job(snakemake):
        raise error
    assert stop.value.code == 1
    assert message in capsys.readouterr().err
    log = read_log(snakemake)
    assert message in log
    assert "Traceback" not in log


def test_a_bug_keeps_its_traceback(snakemake):
    with pytest.raises(ZeroDivisionError), job(snakemake):
        1 / 0  # noqa: B018
    assert "Traceback" in read_log(snakemake)


def many_numbers():
    return np.random.default_rng(1).random(300_000)  # 2.4 MB, more than fits


def write_checkpoint(folder, state):
    Checkpoint(folder / "a.pt", "identity", every_seconds=0).save_if_due(lambda: state)


def write_tensors(folder, save, array):
    with write_beside(folder / "a.safetensors") as temporary:
        save({"a": array}, temporary)


def write_picture(folder):
    with write_beside(folder / "a.png") as temporary:
        Image.fromarray((many_numbers() * 255).astype(np.uint8).reshape(500, 600)).save(temporary)


def write_figure(folder, name):
    figure = Figure(figsize=(8, 8))
    figure.add_subplot().imshow(many_numbers().reshape(500, 600))
    save_figure(figure, folder / name)


def write_volume(folder):
    image = nibabel.Nifti1Image(many_numbers().reshape(50, 60, 100), np.eye(4))
    with write_beside(folder / "a.nii") as temporary:
        nibabel.save(image, temporary)


WRITERS = {
    "text": lambda folder: write_text(folder / "a.txt", "a" * 2_000_000),
    "table": lambda folder: write_table(folder / "a.csv", pd.DataFrame({"a": many_numbers()})),
    "store": lambda folder: save_array(
        folder / "a.npy", (1000,), "float64", [many_numbers().reshape(300, 1000)]
    ),
    "one large tensor in a checkpoint": lambda folder: write_checkpoint(
        folder, {"a": torch.from_numpy(many_numbers())}
    ),
    "many tensors in a checkpoint": lambda folder: write_checkpoint(
        folder, {str(number): torch.rand(1000) for number in range(500)}
    ),
    "weights": lambda folder: write_tensors(folder, save_tensors, torch.from_numpy(many_numbers())),
    "weights of arrays": lambda folder: write_tensors(folder, save_arrays, many_numbers()),
    "picture": write_picture,
    "png": lambda folder: write_figure(folder, "a.png"),
    "svg": lambda folder: write_figure(folder, "a.svg"),
    "volume": write_volume,
}


@needs_disk
@pytest.mark.parametrize("what", WRITERS)
@pytest.mark.parametrize("left", [0, 100_000])
def test_a_full_disk_is_said_and_leaves_nothing(snakemake, tmp_path, capsys, what, left):
    with small_disk(tmp_path / "disk", 1) as disk:
        ballast = fill(disk, left)
        with pytest.raises(SystemExit) as stop, job(snakemake):
            WRITERS[what](disk)
        assert list(disk.iterdir()) == [ballast]
    assert stop.value.code == 1
    for said in (capsys.readouterr().err, read_log(snakemake)):
        assert "The disk is full" in said
        assert "No space left on device" in said
        assert "Free some space and run the same command again." in said
        assert "Traceback" not in said


@needs_disk
def test_a_log_on_a_full_disk_stops_no_job_and_shows_no_traceback(tmp_path, capfd):
    handlers = list(LOGGER.handlers)
    with small_disk(tmp_path / "disk", 1) as disk:
        ballast = fill(disk)
        try:
            with job(SimpleNamespace(log=[str(disk / "a.log")], params={})):
                for epoch in range(3):
                    LOGGER.info("epoch %d", epoch)
                ballast.unlink()
                LOGGER.info("there is room")
            assert "there is room" in (disk / "a.log").read_text()
        finally:
            for handler in LOGGER.handlers[len(handlers) :]:
                handler.close()
            LOGGER.handlers = handlers
            LOGGER.propagate = True
    assert "Traceback" not in capfd.readouterr().err
