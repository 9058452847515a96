import numpy as np
import pytest
from PIL import Image

from synthmix.notebooks.pictures import shown


@pytest.mark.parametrize("channels", [1, 3])
def test_a_stored_image_is_enlarged_with_its_aspect(channels):
    picture = shown(np.full((10, 20, channels), 7, np.uint8), 40)
    assert picture.size == (80, 40)
    assert np.unique(picture) == [7]


def test_a_deep_picture_is_scaled_from_its_own_range():
    values = np.array([[-50.0, 1000.0]], np.float32)
    picture = np.asarray(shown(Image.fromarray(values), 1))
    assert picture.tolist() == [[0, 255]]
