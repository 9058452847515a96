import logging
import shutil

import pytest
import torch

from little_memory import SAID
from synthmix.errors import UserError
from synthmix.runtime.accumulation import parts_to_take, smaller_parts_next
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.store import read_table
from workflow_project import ROOT, Project


@pytest.fixture
def checkpoint(tmp_path):
    return Checkpoint(tmp_path / "dcgan-cancer.pt", "mine", 0)


def run_out(checkpoint, parts, images, whole=None):
    """Return what is said where memory runs out with so many parts of a batch."""
    with pytest.raises(UserError) as caught, smaller_parts_next(checkpoint, parts, images, whole):
        raise torch.OutOfMemoryError(SAID)
    return str(caught.value)


@pytest.mark.parametrize(
    ("parts", "images", "more"), [(1, 64, 2), (2, 64, 4), (1, 4, 2), (2, 6, 3), (3, 40, 6)]
)
def test_the_next_attempt_takes_twice_as_many_parts(checkpoint, parts, images, more, caplog):
    said = run_out(checkpoint, parts, images)
    assert "Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.15 GiB" in said
    assert f"takes batches in {more} parts, as with accumulation_steps: {more}" in said
    caplog.set_level(logging.INFO)
    assert parts_to_take(checkpoint, parts) == more
    said = f"batches in {more} parts: an attempt before ran out of GPU memory"
    assert caplog.messages == [said]


def test_a_batch_of_one_in_front_of_batch_norm_is_told_with_the_setting(checkpoint):
    norm = torch.nn.BatchNorm2d(3)
    told = "raise batch_size to two or more"
    with pytest.raises(UserError, match=told), smaller_parts_next(checkpoint, 1, 1):
        norm(torch.zeros(1, 3, 1, 1))
    with pytest.raises(ValueError, match="another"), smaller_parts_next(checkpoint, 1, 1):
        raise ValueError("another")


@pytest.mark.parametrize(("parts", "images"), [(1, 1), (1, 3), (2, 4), (2, 5), (8, 6)])
def test_parts_that_can_be_no_smaller_are_told(checkpoint, parts, images):
    taken = f"batches in {parts} parts" if parts > 1 else "whole batches"
    said = run_out(checkpoint, parts, images)
    assert f"It took {taken} (a part has two images at the least): lower batch_size" in said
    assert parts_to_take(checkpoint, parts) == parts


def test_why_a_batch_is_taken_as_a_whole_is_told(checkpoint):
    assert "It took whole batches (it is one): lower" in run_out(checkpoint, 1, 64, "it is one")
    assert parts_to_take(checkpoint, 1) == 1


def test_without_a_note_parts_are_those_of_the_settings(checkpoint, caplog):
    assert parts_to_take(checkpoint, 3) == 3
    assert not caplog.messages


def test_another_training_does_not_heed_the_note(checkpoint):
    run_out(checkpoint, 1, 64)
    assert parts_to_take(Checkpoint(checkpoint.path, "another", 0), 1) == 1
    assert parts_to_take(checkpoint, 1) == 2


def test_any_other_error_notes_nothing(checkpoint):
    with (
        pytest.raises(RuntimeError, match="shapes"),
        smaller_parts_next(checkpoint, 1, 64),
    ):
        raise RuntimeError("shapes cannot be multiplied")
    assert parts_to_take(checkpoint, 1) == 1


def test_retries_of_the_workflow_take_smaller_parts_until_they_fit(tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    shutil.copy(ROOT / "tests" / "little_memory.py", project.folder / "scripts")
    steps = "losses = checked.train_epoch(generator, images, labels)\n"
    little = f"from little_memory import room_for; room = room_for(2); room.__enter__(); {steps}"
    with (
        project.edit("scripts/synthmix/generate/train_generator.py", steps, little),
        project.edit("studies/tiny.yaml", "epochs: 40", "epochs: 2"),
    ):
        made = "results/paper/tiny/phantoms/generators/dcgan/cancer/history.csv"
        result = project.run(made, "--retries", "2")
    assert result.returncode == 0, result.stdout[-5000:]
    for parts in (2, 4):
        assert f"takes batches in {parts} parts, as with accumulation_steps" in result.stdout
        assert f"synthmix: batches in {parts} parts: an attempt before ran" in result.stdout
    assert "OutOfMemoryError" not in result.stdout
    log = project.results() / "logs" / "train_generator" / "dcgan-cancer.log"
    assert "batches in 4 parts: an attempt before ran out of GPU memory" in log.read_text()
    assert read_table(project.folder / made)["accumulation_steps"].tolist() == [4, 4]
    assert not list((project.results() / "checkpoints").iterdir())
