import numpy as np
import pytest

from synthmix.runtime.trackers import open_tracker


@pytest.fixture
def mlflow(fakes, monkeypatch):
    return fakes.FakeMlflow(monkeypatch)


def show(folder, epochs, error=None):
    with open_tracker("mlflow", folder, "demo/s/d/run") as tracker:
        for epoch in epochs:
            tracker.log({"loss/train": epoch / 2, "accuracy/train": 1}, epoch)
            tracker.log_image("sheet", np.zeros((2, 2, 1), np.uint8), epoch)
        if error:
            raise error


def test_a_run_is_in_a_database_in_its_folder(mlflow, tmp_path):
    show(tmp_path / "run", [1, 2])
    ((address, store),) = mlflow.stores.items()
    assert address == f"sqlite:///{tmp_path}/run/mlflow.db"
    assert store["experiments"] == {"synthmix": f"file://{tmp_path}/run/artifacts"}
    (run,) = store["runs"].values()
    assert (run.experiment, run.name, run.status) == ("id of synthmix", "demo/s/d/run", "FINISHED")
    assert run.metrics == [
        ("loss/train", 0.5, 1),
        ("accuracy/train", 1.0, 1),
        ("loss/train", 1.0, 2),
        ("accuracy/train", 1.0, 2),
    ]
    assert run.images == [("sheet", 1), ("sheet", 2)]


def test_the_users_server_has_the_runs_of_all_trainings(mlflow, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://example.org")
    show(tmp_path / "one", [1])
    show(tmp_path / "two", [1])
    ((address, store),) = mlflow.stores.items()
    assert address == "https://example.org"
    assert store["experiments"] == {"synthmix": None}
    assert len(store["runs"]) == 2


def test_a_training_that_was_broken_off_goes_on_in_the_same_run(mlflow, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        show(tmp_path, [1, 2, 3], KeyboardInterrupt())
    ((_, store),) = mlflow.stores.items()
    (run,) = store["runs"].values()
    assert run.status == "FAILED"
    show(tmp_path, [2, 3, 4])  # the last checkpoint was of epoch 1
    assert list(store["runs"].values()) == [run]
    assert run.status == "FINISHED"
    assert [step for name, _, step in run.metrics if name == "loss/train"] == [1, 2, 3, 4]
    assert [step for _, step in run.images] == [1, 2, 3, 4]


def test_another_training_is_another_run(mlflow, tmp_path):
    show(tmp_path, [1, 2])
    show(tmp_path, [1, 2])
    ((_, store),) = mlflow.stores.items()
    assert len(store["runs"]) == 2
