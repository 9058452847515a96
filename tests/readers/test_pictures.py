"""Pictures deeper than 8 bits keep their values, whatever the file; others are as Pillow has them.

What Pillow would cut to 8 bits, turn wrong or show inverted is here, each with the right values.
"""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from deep_files import write_fits, write_png, write_tiff
from synthmix.prepare.prepare_images import upright
from synthmix.readers import read_image
from synthmix.readers.raw_image import DeepPicture, Reading

SHAPE = (6, 8)
GREY = np.random.default_rng(0).integers(0, 65536, SHAPE).astype(np.uint16)
RGB = np.random.default_rng(1).integers(0, 65536, (*SHAPE, 3)).astype(np.uint16)
OPAQUE = np.full(SHAPE, 65535, np.uint16)
RGBA = np.dstack([RGB, OPAQUE])
# how an array lies in a file that says so of itself
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}


def assert_kept(path, values):
    picture = read_image(path)
    assert isinstance(picture, DeepPicture), path.name
    assert picture.values.dtype == np.float32
    np.testing.assert_allclose(picture.values, values.astype(np.float32), err_msg=path.name)
    return picture


def signed(values):
    return (values.astype(int) - 30000).clip(-30000, 30000).astype(np.int16)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    "values",
    [
        GREY,
        RGB,
        signed(GREY),
        signed(RGB),
        GREY.astype(np.uint32) * 65000,
        GREY.astype(np.int32) * -700,
        (GREY / 65535).astype(np.float32),
        (RGB / 65535).astype(np.float32),
        GREY / 65535,
        (GREY // 256 - 128).astype(np.int8),
    ],
    ids=lambda values: f"{values.dtype}-{values.ndim}",
)
def test_tiff_of_any_number_keeps_its_values(values, order, tmp_path):
    assert_kept(write_tiff(tmp_path / "a.tif", values, order), values)


@pytest.mark.parametrize("orientation", STORED)
def test_deep_pictures_are_turned_upright(orientation, tmp_path):
    stored = {name: STORED[orientation](values) for name, values in (("g", GREY), ("c", RGB))}
    for name, values in stored.items():
        tiff = write_tiff(tmp_path / f"{name}.tif", values, orientation=orientation)
        assert_kept(tiff, GREY if name == "g" else RGB)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored["g"])).save(tmp_path / "a.png", exif=exif)
    assert_kept(tmp_path / "a.png", GREY)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("colours", [GREY, RGB], ids=["grey", "rgb"])
def test_tiff_of_eight_bits_is_turned_upright(orientation, colours, tmp_path):
    values = (colours // 256).astype(np.uint8)
    stored = np.ascontiguousarray(STORED[orientation](values))
    path = write_tiff(tmp_path / "a.tif", stored, orientation=orientation)
    np.testing.assert_array_equal(np.asarray(upright(read_image(path))), values)


def test_png_and_its_alpha(tmp_path):
    assert_kept(write_png(tmp_path / "grey.png", GREY), GREY)
    assert_kept(write_png(tmp_path / "rgb.png", RGB), RGB)
    assert_kept(write_png(tmp_path / "rgba.png", RGBA), RGB)
    assert_kept(write_png(tmp_path / "la.png", np.dstack([GREY, OPAQUE])), np.dstack([GREY] * 3))
    half = OPAQUE.copy()
    half[:3] = 0
    picture = read_image(write_png(tmp_path / "half.png", np.dstack([RGB, half])))
    np.testing.assert_array_equal(picture.values[3:], RGB[3:])
    assert picture.background[:3].all()
    assert not picture.background[3:].any()
    assert (upright_values(picture)[:3] == 0).all()


def upright_values(picture):
    return np.asarray(upright(picture))


def test_one_transparent_value_of_a_png_is_background(tmp_path):
    grey = read_image(write_png(tmp_path / "a.png", GREY, (int(GREY[2, 3]),)))
    np.testing.assert_array_equal(grey.background, GREY[2, 3] == GREY)
    colour = read_image(write_png(tmp_path / "b.png", RGB, tuple(map(int, RGB[2, 3]))))
    assert np.argwhere(colour.background).tolist() == [[2, 3]]


def test_the_low_bits_of_a_png_count(tmp_path):
    """What 8 bits can't tell apart."""
    values = np.arange(48, dtype=np.uint16).reshape(SHAPE)
    for name, stored in (("g", values), ("c", np.dstack([values, values, values]))):
        levels = upright_values(read_image(write_png(tmp_path / f"{name}.png", stored)))
        assert len(np.unique(levels)) == 48


def test_portable_maps_are_in_the_unit_of_the_file(tmp_path):
    twelve = GREY // 16
    content = b"P5 8 6 4095 " + twelve.astype(">u2").tobytes()
    (tmp_path / "a.pgm").write_bytes(content)
    assert_kept(tmp_path / "a.pgm", twelve)
    (tmp_path / "b.ppm").write_bytes(b"P6 8 6 65535 " + RGB.astype(">u2").tobytes())
    assert_kept(tmp_path / "b.ppm", RGB)
    (tmp_path / "c.pnm").write_text("P3\n2 1\n1000\n0 500 1000 10 20 30\n")
    assert_kept(tmp_path / "c.pnm", np.array([[[0, 500, 1000], [10, 20, 30]]]))
    for content, shown in {
        b"P5 2 1 100 \0d": [[0, 255]],
        b"P2\n2 1\n255\n0 200\n": [[0, 200]],
        b"P1\n2 1\n1 0\n": [[False, True]],
        b"P4\n2 1\n\x80": [[False, True]],
    }.items():
        (tmp_path / "8.pnm").write_bytes(content)
        assert np.asarray(read_image(tmp_path / "8.pnm")).tolist() == shown


def test_jpeg_2000_of_16_bits(tmp_path):
    lossless = [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000]
    for name, values in (("g", GREY), ("c", RGB)):
        large = values.repeat(12, axis=0).repeat(12, axis=1)
        cv2.imwrite(
            str(tmp_path / f"{name}.jp2"), large[..., ::-1] if name == "c" else large, lossless
        )
        assert_kept(tmp_path / f"{name}.jp2", large)
    Image.fromarray((RGB // 256).astype(np.uint8)).save(tmp_path / "8.jp2")
    assert read_image(tmp_path / "8.jp2").mode == "RGB"


@pytest.mark.parametrize("order", "<>")
def test_white_is_zero(order, tmp_path):
    shallow = (GREY // 256).astype(np.uint8)
    read = read_image(write_tiff(tmp_path / "8.tif", shallow, order, photometric=0))
    np.testing.assert_array_equal(np.asarray(read), 255 - shallow)
    deep = read_image(write_tiff(tmp_path / "16.tif", GREY, order, photometric=0))
    np.testing.assert_array_equal(deep.values, GREY)
    black_is_zero = read_image(write_tiff(tmp_path / "b.tif", GREY, order))
    np.testing.assert_array_equal(upright_values(deep), 255 - upright_values(black_is_zero))


def test_extra_channels_of_a_tiff(tmp_path):
    faint = np.dstack([RGB, OPAQUE // 2])
    anything = read_image(write_tiff(tmp_path / "0.tif", faint, extra=0))
    np.testing.assert_array_equal(anything.values, RGB)
    multiplied = read_image(write_tiff(tmp_path / "1.tif", faint, extra=1))
    np.testing.assert_array_equal(multiplied.values, RGB)
    alpha = read_image(write_tiff(tmp_path / "2.tif", faint, extra=2))
    np.testing.assert_allclose(alpha.values, RGB * 0.5, rtol=1e-4)


def test_no_numbers_and_no_data(tmp_path):
    values = (GREY / 65535).astype(np.float32)
    values[0, 0], values[1, 1] = np.nan, np.inf
    path = write_tiff(tmp_path / "a.tif", values)
    with pytest.raises(ValueError, match=r"not numbers .*prepare\.nan_is_background"):
        read_image(path)
    picture = read_image(path, Reading(nan_is_background=True))
    assert np.argwhere(picture.background).tolist() == [[0, 0], [1, 1]]
    assert np.isfinite(picture.values).all()
    assert "not numbers" in picture.notes[0]
    values[0, 0] = values[1, 1] = -9999
    picture = read_image(write_tiff(tmp_path / "b.tif", values, no_data="-9999"))
    assert np.argwhere(picture.background).tolist() == [[0, 0], [1, 1]]


@pytest.mark.parametrize(
    ("values", "tags"),
    [
        (RGBA, {"photometric": 5}),
        (RGB, {"photometric": 8}),
        (RGB, {"planar": 2}),
        (np.dstack([GREY, OPAQUE]), {"extra": 2}),
        (GREY.astype(np.float16), {}),
    ],
    ids=["cmyk", "lab", "planes", "grey and alpha", "half floats"],
)
def test_deep_files_that_would_lose_bits_are_refused(values, tags, tmp_path):
    with pytest.raises(ValueError, match="16 bits"):
        read_image(write_tiff(tmp_path / "a.tif", values, **tags))


def test_damaged_deep_files_are_refused(tmp_path):
    for name, write in (("a.png", write_png), ("b.tif", write_tiff)):
        path = write(tmp_path / name, RGB.repeat(20, axis=0))
        path.write_bytes(path.read_bytes()[:-300])
        with pytest.raises(Exception, match=r"can't be decoded|cut off|truncated"):
            read_image(path)
    path = tmp_path / "c.tif"
    buffer = io.BytesIO()
    Image.fromarray(GREY.repeat(50, axis=0)).save(buffer, "tiff", compression="tiff_lzw")
    content = bytearray(buffer.getvalue())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(ValueError, match="can't be decoded"):
        read_image(path)


def test_too_large_is_too_large_at_any_depth(tmp_path):
    small = Reading(max_pixels=47)
    for path in (
        write_png(tmp_path / "a.png", RGB),
        write_tiff(tmp_path / "b.tif", RGB),
        write_tiff(tmp_path / "c.tif", (GREY // 256).astype(np.uint8)),
    ):
        with pytest.raises(ValueError, match=r"48|prepare\.max_pixels"):
            read_image(path, small)


def test_fits_has_its_sign_scale_and_offset(tmp_path):
    """Pillow takes 16 bits for numbers without a sign, and leaves scale and offset aside."""
    path = tmp_path / "a.fits"
    assert_kept(write_fits(path, signed(GREY)), signed(GREY))
    shifted = (GREY.astype(int) - 32768).astype(np.int16)
    assert_kept(write_fits(path, shifted, BZERO="32768.0", BSCALE="1.0"), GREY)
    halves = GREY.astype(np.int32)
    assert_kept(write_fits(path, halves, BSCALE="5.0D-1", BZERO="-7 / offset"), GREY / 2 - 7)
    assert_kept(write_fits(path, (GREY / 65535).astype(np.float32)), GREY / 65535)
    assert_kept(write_fits(path, signed(GREY), (1, *SHAPE)), signed(GREY))
    blank = signed(GREY)
    blank[2, 3] = -32768
    picture = read_image(write_fits(path, blank, BLANK="-32768"))
    assert np.argwhere(picture.background).tolist() == [[2, 3]]
    eight = (GREY // 256).astype(np.uint8)
    np.testing.assert_array_equal(np.asarray(read_image(write_fits(path, eight))), eight)


def test_fits_of_several_planes_or_without_sense_is_refused(tmp_path):
    path = tmp_path / "a.fits"
    with pytest.raises(ValueError, match="holds 2 planes"):
        read_image(write_fits(path, signed(GREY), (2, SHAPE[0] // 2, SHAPE[1])))
    with pytest.raises(ValueError, match="BSCALE is no number"):
        read_image(write_fits(path, signed(GREY), BSCALE="'much'"))
    path.write_bytes(write_fits(path, signed(GREY)).read_bytes()[:2900])
    with pytest.raises(ValueError, match="cut off"):
        read_image(path)


def test_lab_becomes_the_colours_that_it_stands_for(tmp_path):
    colours = Image.fromarray((RGB // 256).astype(np.uint8))
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    lab = ImageCms.applyTransform(colours, ImageCms.buildTransform(*profiles, "RGB", "LAB"))
    lab.save(tmp_path / "a.tif")
    shown = upright_values(read_image(tmp_path / "a.tif")).astype(int)
    assert np.abs(shown - np.asarray(colours)).mean() < 6
