import errno
import logging
import os
import pickle
import weakref

import pytest
import torch

from synthmix.errors import UserError
from synthmix.runtime.checkpoint import Checkpoint, training_identity
from synthmix.runtime.interruption import JobStoppedError


def test_a_state_comes_back_to_the_same_training_only(tmp_path):
    path = tmp_path / "a.pt"
    state = {"epoch": 3, "weights": {"w": torch.arange(3.0)}, "history": [{"loss": 0.5}]}
    Checkpoint(path, "mine", every_seconds=0).save_if_due(lambda: state)
    kept = Checkpoint(path, "mine", 0).load()
    assert kept["epoch"] == 3
    assert kept["history"] == [{"loss": 0.5}]
    torch.testing.assert_close(kept["weights"]["w"], torch.arange(3.0))
    assert Checkpoint(path, "another", 0).load() is None


def test_nothing_is_kept_before_it_is_due(tmp_path):
    checkpoint = Checkpoint(tmp_path / "a.pt", "mine", every_seconds=3600)
    checkpoint.save_if_due(lambda: {"epoch": 1})
    assert checkpoint.load() is None


def test_a_damaged_file_starts_anew(tmp_path):
    (tmp_path / "a.pt").write_bytes(b"not a checkpoint")
    assert Checkpoint(tmp_path / "a.pt", "mine", 0).load() is None


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off_starts_anew_with_a_warning(share, tmp_path, caplog):
    path = tmp_path / "a.pt"
    state = {"epoch": 3, "weights": {"w": torch.arange(300.0)}}
    Checkpoint(path, "mine", 0).save_if_due(lambda: state)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert Checkpoint(path, "mine", 0).load() is None
    assert f"{path} " in caplog.text
    assert "starting anew" in caplog.text


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (JobStoppedError("by SIGINT"), JobStoppedError),
        (MemoryError(), MemoryError),
        (OSError(errno.EIO, "input/output error"), UserError),
    ],
)
def test_a_file_that_may_be_whole_is_not_taken_for_broken(error, told, tmp_path, monkeypatch):
    """The training would start anew, and write over it."""
    checkpoint = Checkpoint(tmp_path / "a.pt", "mine", 0)
    checkpoint.save_if_due(lambda: {"epoch": 500})

    def fails(*_args, **_options):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(torch, "load", fails)
        with pytest.raises(told):
            checkpoint.load()
    assert checkpoint.load() == {"epoch": 500}


class Runs:
    """Makes a folder when an ordinary unpickler reads it."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("beside", [{}, {"identity": "mine", "state": {"epoch": 1}}])
def test_a_pickle_that_runs_code_is_not_run(zipped, beside, tmp_path, caplog):
    folder, path = tmp_path / "it_ran", tmp_path / "a.pt"
    content = {**beside, "evil": Runs(folder)}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    assert Checkpoint(path, "mine", 0).load() is None
    assert not folder.exists()
    assert "none of it was run: starting anew" in caplog.text
    assert "weights_only" not in caplog.text
    torch.load(path, weights_only=False)  # which runs it
    assert folder.exists()


def test_a_bare_pickle_that_runs_code_is_not_run(tmp_path, caplog):
    path = tmp_path / "a.pt"
    path.write_bytes(pickle.dumps(Runs(tmp_path / "it_ran"), 2))
    assert Checkpoint(path, "mine", 0).load() is None
    assert not (tmp_path / "it_ran").exists()
    assert "starting anew" in caplog.text


@pytest.mark.parametrize("content", [3, [1], {"identity": "mine"}, {"state": {}}, "text"])
def test_a_file_of_something_else_starts_anew(content, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    torch.save(content, tmp_path / "a.pt")
    assert Checkpoint(tmp_path / "a.pt", "mine", 0).load() is None
    assert "starting anew" in caplog.text


def test_a_removed_state_is_gone(tmp_path):
    checkpoint = Checkpoint(tmp_path / "a.pt", "mine", 0)
    checkpoint.save_if_due(lambda: {"epoch": 1})
    checkpoint.remove()
    checkpoint.remove()
    assert checkpoint.load() is None


def test_noted_parts_come_back_to_the_same_training_until_it_is_done(tmp_path):
    checkpoint = Checkpoint(tmp_path / "a.pt", "mine", 0)
    assert checkpoint.noted_parts() is None
    checkpoint.note_parts(2)
    checkpoint.note_parts(4)
    assert Checkpoint(tmp_path / "a.pt", "mine", 0).noted_parts() == 4
    assert Checkpoint(tmp_path / "a.pt", "another", 0).noted_parts() is None
    assert Checkpoint(tmp_path / "b.pt", "mine", 0).noted_parts() is None
    assert checkpoint.load() is None
    checkpoint.remove()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"identity": "mine", "parts": "many"}'])
def test_a_broken_note_counts_as_none(text, tmp_path):
    checkpoint = Checkpoint(tmp_path / "a.pt", "mine", 0)
    checkpoint.note_parts(2)
    (note,) = tmp_path.iterdir()
    note.write_text(text)
    assert checkpoint.noted_parts() is None


def test_the_identity_depends_on_settings_and_files(tmp_path):
    file = tmp_path / "images.npy"
    file.write_bytes(b"1")
    first = training_identity({"epochs": 1}, [file])
    assert first == training_identity({"epochs": 1}, [file])
    assert first != training_identity({"epochs": 2}, [file])
    file.write_bytes(b"12")
    assert first != training_identity({"epochs": 1}, [file])


def test_one_that_pauses_breaks_a_training_off_once_and_has_it_go_on(tmp_path):
    checkpoint = Checkpoint(tmp_path / "a.pt", "mine", every_seconds=3600, pauses=True)
    begun, epochs = [], []

    def train():
        state = checkpoint.load() or {"epoch": 0}
        begun.append(state["epoch"])
        for epoch in range(state["epoch"] + 1, 4):
            epochs.append(epoch)
            checkpoint.save_if_due(lambda epoch=epoch: {"epoch": epoch})

    checkpoint.resumed(train)
    assert begun == [0, 1]
    assert epochs == [1, 2, 3]


def test_nothing_of_what_was_broken_off_is_held_while_it_goes_on(tmp_path):
    """Else it would take nearly twice the memory of the full run, which is never so."""
    checkpoint = Checkpoint(tmp_path / "a.pt", "mine", every_seconds=3600, pauses=True)
    networks, alive = [], []

    def train():
        alive.append(sum(network() is not None for network in networks))
        network = torch.nn.Linear(2, 2)
        network.itself = [network]  # a cycle, as networks and what trains them have
        networks.append(weakref.ref(network))
        checkpoint.save_if_due(network.state_dict)

    checkpoint.resumed(train)
    assert alive == [0, 0]
