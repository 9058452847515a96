"""Images as the page shows them."""

import base64
import io
import os

import nibabel
import numpy as np
import pytest
from PIL import Image

from synthmix.label.pictures import show_file
from synthmix.prepare.volumes import three_slices
from synthmix.readers.raw_image import Volume


def opened(uri):
    head, content = uri.split(",")
    picture = Image.open(io.BytesIO(base64.b64decode(content)))
    assert head == f"data:image/{picture.format.lower()};base64"
    return picture


def test_of_a_volume_the_three_middle_slices(tmp_path):
    values = np.random.default_rng(0).normal(size=(12, 9, 7)).astype(np.float32)
    nibabel.Nifti1Image(values, np.eye(4)).to_filename(tmp_path / "a.nii.gz")
    shown = show_file(tmp_path, "a.nii.gz", 480)
    assert shown.reason == ""
    # in pictures as small as these PNG is the smaller one
    pictures = np.stack([np.asarray(opened(uri)) for uri in shown.pictures], -1)
    np.testing.assert_array_equal(pictures, three_slices(Volume(values)))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "F"])
def test_pictures_are_shrunk_and_keep_their_aspect(mode, tmp_path):
    grey = Image.fromarray(np.arange(60 * 90, dtype=np.uint16).reshape(60, 90))
    picture = grey if mode == "I;16" else grey.convert("F").convert(mode)
    picture.save(tmp_path / "a.tif")
    small, large = (show_file(tmp_path, "a.tif", pixels) for pixels in (30, 480))
    assert [opened(uri).size for uri in small.pictures] == [(30, 20)]
    assert [opened(uri).size for uri in large.pictures] == [(90, 60)]


def test_cameras_say_which_way_is_up(tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("L", (40, 20)).save(tmp_path / "a.jpg", exif=turned)
    assert opened(show_file(tmp_path, "a.jpg", 480).pictures[0]).size == (20, 40)


def test_noise_is_written_as_jpeg_for_its_size(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    Image.new("RGB", (100, 100)).save(tmp_path / "plain.png")
    noisy, plain = (show_file(tmp_path, name, 480) for name in ("noise.png", "plain.png"))
    assert opened(noisy.pictures[0]).format == "JPEG"
    assert opened(plain.pictures[0]).format == "PNG"


def test_what_cannot_be_read_has_a_reason(tmp_path):
    (tmp_path / "bad.png").write_text("no picture")
    shown = show_file(tmp_path, "bad.png", 480)
    assert shown.pictures == ()
    assert shown.reason == "UnidentifiedImageError: cannot identify image file 'bad.png'"
    assert "FileNotFoundError" in show_file(tmp_path, "gone.png", 480).reason


@pytest.mark.parametrize("name", [" a.png", "a.png ", "a\\b.png", os.fsdecode(b"\xff.png")])
def test_names_that_no_table_can_hold_are_told(name, tmp_path):
    Image.new("L", (9, 9)).save(tmp_path / name, "PNG")
    shown = show_file(tmp_path, name, 480)
    assert "rename it" in shown.reason
    shown.name.encode("utf-8")


def test_the_digest_is_of_the_content(tmp_path):
    for name, shade in (("a.png", 1), ("b.png", 1), ("c.png", 2)):
        Image.new("L", (9, 9), shade).save(tmp_path / name)
    a, b, c = (show_file(tmp_path, name, 480).digest for name in ("a.png", "b.png", "c.png"))
    assert a == b != c
