import logging
import pickle
import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import synthmix.runtime.trackers as trackers
from synthmix.errors import UserError
from synthmix.runtime.trackers import NO_TRACKER, open_tracker, require_tracker, tracker_of_job

PICTURE = np.zeros((4, 4, 3), np.uint8)


class Broken:
    """A tracker whose server is away from step 2 on."""

    def __init__(self, folder, run_name, project, first_step):
        self.calls = []
        Broken.last = self

    def log(self, values, step):
        self.calls.append(step)
        if step >= 2:
            raise ConnectionError("no route to host")

    def log_image(self, name, image, step):
        self.calls.append(name)

    def close(self, failed):
        self.calls.append("close")


@pytest.fixture
def broken(monkeypatch):
    monkeypatch.setitem(trackers.BACKENDS, "tensorboard", "broken:Broken")
    monkeypatch.setattr(
        trackers.importlib, "import_module", lambda name: SimpleNamespace(Broken=Broken)
    )


def test_none_does_nothing_and_leaves_nothing(tmp_path):
    with open_tracker("none", tmp_path / "run", "mine") as tracker:
        tracker.log({"loss": 1.0}, 1)
        tracker.log_image("sheet", PICTURE, 1)
    assert tracker is NO_TRACKER
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["wandb", "mlflow", "tensorboard"])
def test_what_is_not_installed_is_named(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(trackers.importlib.util, "find_spec", lambda name: None)
    wanted = rf"pip install {kind}\), or set tracker: none"
    with pytest.raises(UserError, match=wanted), open_tracker(kind, tmp_path / "run", "mine"):
        pytest.fail("the block must not run")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_not_taken_for_a_package(tmp_path, monkeypatch):
    (tmp_path / "wandb").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="is not installed"):
        require_tracker("wandb")


def test_a_tracker_that_fails_says_so_once_and_is_left_alone(tmp_path, broken, caplog):
    with (
        caplog.at_level(logging.WARNING, "synthmix.runtime.trackers"),
        open_tracker("tensorboard", tmp_path, "mine") as tracker,
    ):
        for epoch in range(1, 5):
            tracker.log({"loss": 1.0}, epoch)
            tracker.log_image("sheet", PICTURE, epoch)
    assert Broken.last.calls == [1, "sheet", 2]
    assert [record.getMessage() for record in caplog.records] == [
        "tracker tensorboard failed and is left out; the training goes on: no route to host"
    ]


def test_a_tracker_that_can_not_be_opened_stops_nothing(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way of the folder")
    with open_tracker("tensorboard", tmp_path / "file", "mine") as tracker:
        tracker.log({"loss": 1.0}, 1)
        tracker.log({"loss": 1.0}, 2)
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1


def test_errors_of_the_training_are_not_swallowed(tmp_path):
    with pytest.raises(KeyboardInterrupt), open_tracker("tensorboard", tmp_path, "mine"):
        raise KeyboardInterrupt


def test_a_tracker_draws_no_random_numbers(tmp_path):
    torch.manual_seed(1)
    random.seed(1)
    np.random.seed(1)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    with open_tracker("tensorboard", tmp_path, "mine") as tracker:
        tracker.log({"loss": 1.0}, 1)
        tracker.log_image("sheet", PICTURE, 1)
    after = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


def test_a_tracker_can_be_handed_to_the_other_processes_of_a_training(tmp_path):
    with open_tracker("tensorboard", tmp_path, "mine") as tracker:
        handed = pickle.loads(pickle.dumps(tracker))
    assert (handed.kind, handed.run) == (tracker.kind, tracker.run)


def test_the_files_of_a_job_have_a_place_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job = SimpleNamespace(
        config={"tracker": "tensorboard"},
        log=["results/demo/s/d/logs/train_classifier/vgg/mix0.5-seed1.log"],
    )
    with tracker_of_job(job) as tracker:
        tracker.log({"loss": 1.0}, 1)
    assert tracker.run[1] == "demo/s/d/vgg-mix0.5-seed1"
    folder = tmp_path / "results/demo/s/d/tensorboard/vgg-mix0.5-seed1"
    assert len(list(folder.iterdir())) == 1
