import io

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from synthmix.runtime.trackers import open_tracker


def read(folder):
    """Return what TensorBoard shows of `folder`."""
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0})
    return events.Reload()


def scalars(folder, tag):
    return [(event.step, event.value) for event in read(folder).Scalars(tag)]


def show(folder, losses, until=None):
    """Show the losses by epoch; after epoch `until` the training is killed."""
    with open_tracker("tensorboard", folder, "mine") as tracker:
        for epoch, loss in losses.items():
            tracker.log({"loss/train": loss, "count": 3}, epoch)
            if epoch == until:
                raise KeyboardInterrupt


def test_scalars_are_read_back(tmp_path):
    show(tmp_path, {1: 0.5, 2: 0.25})
    assert scalars(tmp_path, "loss/train") == [(1, 0.5), (2, 0.25)]
    assert scalars(tmp_path, "count") == [(1, 3.0), (2, 3.0)]


@pytest.mark.parametrize("channels", [1, 3])
def test_images_are_read_back(tmp_path, channels):
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, channels)).astype(np.uint8)
    with open_tracker("tensorboard", tmp_path, "mine") as tracker:
        tracker.log_image("sheet", picture, 4)
    (event,) = read(tmp_path).Images("sheet")
    assert event.step == 4
    shown = np.asarray(Image.open(io.BytesIO(event.encoded_image_string)))
    expected = picture if channels == 3 else np.repeat(picture, 3, axis=2)
    np.testing.assert_array_equal(shown, expected)


def test_a_resumed_training_shows_each_epoch_once(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        show(tmp_path, {1: 1.0, 2: 2.0, 3: 3.0, 4: 4.0}, until=4)
    show(tmp_path, {3: 30.0, 4: 40.0, 5: 50.0})  # the last checkpoint was of epoch 2
    assert scalars(tmp_path, "loss/train") == [(1, 1), (2, 2), (3, 30), (4, 40), (5, 50)]


def test_another_training_in_the_same_place_replaces_the_first(tmp_path):
    show(tmp_path, dict.fromkeys(range(1, 6), 1.0))
    show(tmp_path, {1: 7.0, 2: 8.0})
    assert scalars(tmp_path, "loss/train") == [(1, 7), (2, 8)]


def test_what_was_shown_is_on_the_disk_before_a_kill(tmp_path):
    with open_tracker("tensorboard", tmp_path, "mine") as tracker:
        tracker.log({"loss/train": 0.5}, 1)
        assert scalars(tmp_path, "loss/train") == [(1, 0.5)]
