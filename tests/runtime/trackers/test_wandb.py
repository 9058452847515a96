import os

import numpy as np
import pytest

from synthmix.runtime.trackers import open_tracker


@pytest.fixture
def wandb(fakes, monkeypatch):
    return fakes.FakeWandb(monkeypatch)


def show(folder, epochs, error=None):
    with open_tracker("wandb", folder, "demo/s/d/run") as tracker:
        for epoch in epochs:
            tracker.log({"loss/train": epoch / 2}, epoch)
            tracker.log_image("sheet", np.full((2, 2, 1), epoch, np.uint8), epoch)
        if error:
            raise error


def test_a_run_is_offline_below_its_folder(wandb, tmp_path):
    show(tmp_path / "run", [1, 2])
    (session,) = wandb.sessions
    run_id = session.arguments.pop("id")
    assert run_id.isalnum()
    assert session.arguments == {
        "project": "synthmix",
        "name": "demo/s/d/run",
        "resume": "allow",
        "dir": str(tmp_path / "run"),
        "mode": "offline",
        "settings": {"console": "off", "silent": True},
    }
    assert (tmp_path / "run").is_dir()
    assert session.exit_code == 0
    assert list(session.written) == [1, 2]
    row = session.written[2]
    assert row["loss/train"] == 1.0
    kind, pixels = row["sheet"]
    assert kind == "image"
    np.testing.assert_array_equal(pixels, np.full((2, 2), 2))


def test_the_users_mode_is_left_to_weights_and_biases(wandb, tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "online")
    show(tmp_path, [1])
    assert wandb.sessions[0].arguments["mode"] is None


def test_it_does_not_report_home_unless_the_user_wants_it(wandb, tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_ERROR_REPORTING")
    show(tmp_path, [1])
    assert os.environ["WANDB_ERROR_REPORTING"] == "false"
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "true")
    show(tmp_path, [1])
    assert os.environ["WANDB_ERROR_REPORTING"] == "true"


def test_a_training_that_stops_with_an_error_goes_on_in_the_same_run(wandb, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        show(tmp_path, [1, 2, 3], KeyboardInterrupt())
    show(tmp_path, [3, 4])  # the last checkpoint was of epoch 2
    one, two = wandb.sessions
    assert one.exit_code == 1
    assert one.arguments["id"] == two.arguments["id"]
    assert [list(one.written), list(two.written)] == [[1, 2, 3], [4]]


def test_the_row_that_a_kill_cut_off_is_written_after_it(wandb, tmp_path):
    killed = open_tracker("wandb", tmp_path, "demo/s/d/run")
    tracker = killed.__enter__()  # and never left
    for epoch in (1, 2, 3):
        tracker.log({"loss/train": epoch / 2}, epoch)
    show(tmp_path, [2, 3, 4])
    one, two = wandb.sessions
    assert one.arguments["id"] == two.arguments["id"]
    assert [list(one.written), list(two.written)] == [[1, 2], [3, 4]]


def test_another_training_is_another_run(wandb, tmp_path):
    show(tmp_path, [1, 2])
    show(tmp_path, [1, 2])
    one, two = wandb.sessions
    assert one.arguments["id"] != two.arguments["id"]
    assert list(one.written) == list(two.written) == [1, 2]
