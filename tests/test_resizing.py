import numpy as np
import pytest

from synthmix.resizing import resized


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_keep_what_they_show(channels):
    """A light square in the middle of each, at whatever size."""
    images = np.zeros((2, 32, 32, channels), np.uint8)
    images[1, 8:24, 8:24] = 200
    small = resized(images, 16)
    assert small.shape == (2, 16, 16, channels)
    assert small.dtype == np.uint8
    assert not small[0].any()
    assert (small[1, 6:10, 6:10] == 200).all()
    assert resized(small, 64)[1, 24:40, 24:40].min() > 190


def test_those_of_the_size_asked_for_are_the_very_same():
    images = np.zeros((2, 8, 8, 3), np.uint8)
    assert resized(images, 8) is images
    assert resized(images, None) is images
