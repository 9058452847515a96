import torch

from synthmix.checkpoint import Checkpoint, training_identity


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


def test_a_removed_state_is_gone(tmp_path):
    checkpoint = Checkpoint(tmp_path / "a.pt", "mine", 0)
    checkpoint.save_if_due(lambda: {"epoch": 1})
    checkpoint.remove()
    checkpoint.remove()
    assert checkpoint.load() is None


def test_the_identity_depends_on_settings_and_files(tmp_path):
    file = tmp_path / "images.npy"
    file.write_bytes(b"1")
    first = training_identity({"epochs": 1}, [file])
    assert first == training_identity({"epochs": 1}, [file])
    assert first != training_identity({"epochs": 2}, [file])
    file.write_bytes(b"12")
    assert first != training_identity({"epochs": 1}, [file])
