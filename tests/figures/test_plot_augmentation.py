"""Training images before and after random changes: an original of each class, then others."""

import numpy as np
import pandas as pd
import pytest

from figure_checks import assert_readable
from synthmix.classify.augmentation_settings import Augmentation, VolumeAugmentation
from synthmix.figures import style
from synthmix.figures.plot_augmentation import plot_augmentation
from synthmix.files import write_table

FLIP = Augmentation(horizontal_flip=True).model_dump()


@pytest.fixture
def drawn(monkeypatch):
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, path: figures.append(figure))
    return figures


def stored(folder, images):
    np.save(folder / "real.npy", images)
    split = pd.DataFrame({"sample_id": [f"s{n}" for n in range(4)], "label": ["b", "a", "a", "b"]})
    write_table(folder / "split.csv", split.assign(split=["test", "train", "train", "train"]))
    return folder / "real.npy", folder / "split.csv"


def draw(folder, images, changes, **options):
    given = {"classifier": "augmented", "augmentations": [changes], "seed": 3, "scale": "demo"}
    plot_augmentation(*stored(folder, images), folder / "a.png", **given | options)


def test_the_first_training_image_of_each_class_stands_beside_its_changes(tmp_path, drawn):
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (4, 12, 12, 3), np.uint8)
    draw(tmp_path, images, FLIP)
    draw(tmp_path, images, FLIP)
    draw(tmp_path, images, FLIP, seed=5)
    figure = drawn[0]
    shown = [[axis.images[0].get_array() for axis in found.axes] for found in drawn]
    assert len(figure.axes) == 2 * 5
    # class a: its first training image; class b: not the test image
    assert np.array_equal(shown[0][0], images[1])
    assert np.array_equal(shown[0][5], images[3])
    turned = [np.array_equal(one, images[1][:, ::-1]) for one in shown[0][1:5]]
    kept = [np.array_equal(one, images[1]) for one in shown[0][1:5]]
    assert all(map(bool.__xor__, turned, kept))
    assert any(turned)
    assert all(map(np.array_equal, shown[0], shown[1]))
    assert not all(map(np.array_equal, shown[0], shown[2]))
    assert_readable(figure)


@pytest.mark.parametrize("grey", [True, False])
def test_grey_pictures_and_volumes_are_shown_too(tmp_path, drawn, grey):
    random = np.random.default_rng(1)
    if grey:
        images, changes = random.integers(0, 256, (4, 12, 12, 1), np.uint8), FLIP
    else:
        images = random.normal(size=(4, 8, 10, 8)).astype(np.float16)
        changes = VolumeAugmentation(horizontal_flip=True).model_dump()
    draw(tmp_path, images, changes)
    assert len(drawn[0].axes) == 2 * (5 if grey else 2)
    assert_readable(drawn[0])
