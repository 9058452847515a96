import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.prepare.prepare_images import prepare_image, prepare_images
from synthmix.prepare.settings import Prepare
from synthmix.store import load_store


def as_store(image, image_size, channels, pad_to_square):
    settings = {"image_size": image_size, "channels": channels, "pad_to_square": pad_to_square}
    # smaller than a study may ask for
    return prepare_image(image, Prepare.model_construct(**settings))


def grey(array):
    return Image.fromarray(np.asarray(array, np.uint8))


def test_a_tall_image_is_centred_between_black_bars():
    image = np.full((8, 4), 200)
    image[0] = 190
    prepared = as_store(grey(image), 8, 1, pad_to_square=True)
    assert prepared.shape == (8, 8, 1)
    assert (prepared[1:, 2:6] == 200).all()
    assert (prepared[0, 2:6] == 190).all()
    assert (prepared[:, :2] == 0).all()
    assert (prepared[:, 6:] == 0).all()


def test_without_padding_the_aspect_is_not_kept():
    image = np.full((8, 4), 200)
    image[4:] = 100
    prepared = as_store(grey(image), 8, 1, pad_to_square=False)
    assert (prepared[[0, 1, -2, -1]].squeeze().T == [200, 200, 100, 100]).all()


def test_shrinking_is_antialiased():
    stripes = np.zeros((64, 64))
    stripes[:, ::2] = 255
    prepared = as_store(grey(stripes), 8, 1, pad_to_square=True)
    assert abs(prepared.astype(int) - 127).max() < 12


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "I", "F"])
def test_every_mode_is_read(mode, channels):
    halves = np.full((6, 6), 255)
    halves[3:] = 0
    image = grey(halves).convert("RGB").convert(mode)
    prepared = as_store(image, 6, channels, pad_to_square=True)
    assert prepared.shape == (6, 6, channels)
    assert prepared.dtype == np.uint8
    assert (prepared[:3] > 250).all()
    assert (prepared[3:] < 5).all()


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_more_than_eight_bits_are_scaled_from_their_own_range(mode):
    values = np.linspace(1000, 3000, 16).reshape(4, 4)
    dtype = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
    image = Image.fromarray(values.astype(dtype))
    assert image.mode == mode
    prepared = as_store(image, 4, 1, pad_to_square=True).ravel()
    assert prepared[0] == 0
    assert prepared[-1] == 255
    assert (np.diff(prepared.astype(int)) > 0).all()


def test_pixels_that_are_not_numbers_are_refused():
    image = Image.fromarray(np.array([[0.0, np.nan]], np.float32))
    with pytest.raises(ValueError, match="not numbers"):
        as_store(image, 4, 1, pad_to_square=True)


def test_transparent_pixels_are_black():
    image = Image.new("RGBA", (4, 4), (255, 255, 255, 0))
    image.paste((255, 255, 255, 255), (0, 0, 2, 4))
    prepared = as_store(image, 4, 1, pad_to_square=True)[..., 0]
    assert (prepared[:, :2] == 255).all()
    assert (prepared[:, 2:] == 0).all()


def test_the_exif_rotation_is_applied(tmp_path):
    image = grey([[255, 0], [255, 0]])
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    image.save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as opened:
        prepared = as_store(opened, 2, 1, pad_to_square=True)[..., 0]
    np.testing.assert_array_equal(prepared, [[255, 255], [0, 0]])


@pytest.fixture
def raw(tmp_path):
    """Twenty images, two of which can't be read."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for i in range(20):
        pixels = np.full((5, 9), 10 * i)
        pixels[0, 0] = 255
        grey(pixels).save(folder / f"{i:02}.png")
    (folder / "03.png").write_bytes((folder / "03.png").read_bytes()[:40])
    (folder / "04.png").write_text("not an image")
    samples = pd.DataFrame(
        {
            "sample_id": [f"s{i}" for i in range(20)],
            "path": [f"{i:02}.png" for i in range(20)],
            "frame": "",
            "label": ["a", "b"] * 10,
            "group": [f"{i:03}" for i in range(20)],
        }
    )
    write_table(tmp_path / "index.csv", samples)
    (tmp_path / "fetched.json").write_text(json.dumps({"root": str(folder)}))
    return tmp_path


def prepare(folder, **changes):
    settings = {"image_size": 8, "channels": 1, "pad_to_square": True, "max_rejected_share": 0.2}
    prepare_images(
        folder / "index.csv",
        folder / "fetched.json",
        "image_folder",
        folder / "real.npy",
        folder / "rejected.csv",
        Prepare(**settings | changes),
        threads=2,
    )


def test_the_store_has_the_readable_images_and_their_rows(raw):
    prepare(raw)
    images, table = load_store(raw / "real.npy")
    assert images.shape == (18, 8, 8, 1)
    assert "s3" not in set(table["sample_id"])
    last = table.index[table["sample_id"] == "s19"][0]
    assert images[last, 4, 4, 0] == 190
    rejected = pd.read_csv(raw / "rejected.csv")
    assert rejected["path"].tolist() == ["03.png", "04.png"]
    assert rejected["reason"].str.len().min() > 5


def test_too_many_unreadable_images_stop_the_run(raw):
    with pytest.raises(UserError, match=r"2 of 20 images can't be read(.|\n)*03\.png"):
        prepare(raw, max_rejected_share=0.05)
    assert not (raw / "real.csv").exists()


def test_a_class_must_not_lose_all_its_images(raw):
    index = pd.read_csv(raw / "index.csv", dtype=str)
    index.loc[3, "label"] = "rare"
    write_table(raw / "index.csv", index)
    with pytest.raises(UserError, match="no image of class rare can be read"):
        prepare(raw)


def test_vanished_raw_files_are_named(raw):
    (raw / "fetched.json").write_text(json.dumps({"root": str(raw / "gone")}))
    with pytest.raises(UserError, match="gone: the raw files of the data set were there"):
        prepare(raw)
