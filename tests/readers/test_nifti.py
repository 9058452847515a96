"""Volumes in NIfTI files as scanners, converters and accidents make them."""

import gzip
import re

import nibabel
import numpy as np
import pytest

from synthmix.prepare.volumes import three_slices
from synthmix.readers import read_image
from synthmix.readers.nifti import read_volume
from synthmix.readers.raw_image import DeepPicture, Reading, Volume

VALUES = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)


def write(path, values=VALUES, affine=None, byte_order="<", kind=nibabel.Nifti1Image):
    affine = np.eye(4) if affine is None else affine
    header = kind.header_class(endianness=byte_order)
    header.set_data_dtype(np.asarray(values).dtype)
    kind(values, affine, header).to_filename(path)
    return path


class TestValues:
    @pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "A.NII.GZ"])
    def test_plain_and_compressed(self, tmp_path, name):
        plain = write(tmp_path / "plain.nii").read_bytes()
        packed = gzip.compress(plain) if name.lower().endswith("gz") else plain
        (tmp_path / name).write_bytes(packed)
        volume = read_image(tmp_path / name).values
        assert volume.dtype == np.float32
        assert volume.flags.c_contiguous
        np.testing.assert_array_equal(volume, VALUES)

    def test_big_endian(self, tmp_path):
        path = write(tmp_path / "a.nii", byte_order=">")
        assert path.read_bytes()[:4] == (348).to_bytes(4, "big")
        np.testing.assert_array_equal(read_volume(path).values, VALUES)

    def test_second_version_of_the_format(self, tmp_path):
        path = write(tmp_path / "a.nii", kind=nibabel.Nifti2Image)
        np.testing.assert_array_equal(read_volume(path).values, VALUES)

    def test_slope_and_intercept(self, tmp_path):
        content = bytearray(write(tmp_path / "a.nii").read_bytes())
        content[112:120] = np.array([0.5, -3], "<f4").tobytes()
        (tmp_path / "a.nii").write_bytes(content)
        np.testing.assert_array_equal(read_volume(tmp_path / "a.nii").values, VALUES * 0.5 - 3)

    def test_one_frame_is_a_volume(self, tmp_path):
        path = write(tmp_path / "a.nii", VALUES[..., None, None])
        np.testing.assert_array_equal(read_volume(path).values, VALUES)


class TestOrientation:
    def test_flipped_axis(self, tmp_path):
        path = write(tmp_path / "a.nii", VALUES[::-1], np.diag([-1, 1, 1, 1]))
        np.testing.assert_array_equal(read_volume(path).values, VALUES)

    def test_axes_in_another_order(self, tmp_path):
        # stored: front to back, top to bottom, left to right
        affine = np.array([[0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
        stored = VALUES[:, ::-1, ::-1].transpose(1, 2, 0)
        path = write(tmp_path / "a.nii", stored, affine)
        np.testing.assert_array_equal(read_volume(path).values, VALUES)

    def test_oblique_axes_go_to_the_nearest(self, tmp_path):
        turn = np.deg2rad(20)
        affine = np.eye(4)
        affine[:2, :2] = [[-np.cos(turn), -np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
        path = write(tmp_path / "a.nii", VALUES[::-1], affine)
        np.testing.assert_array_equal(read_volume(path).values, VALUES)

    def test_affine_without_sense(self, tmp_path):
        image = nibabel.Nifti1Image(VALUES, np.eye(4))
        image.header["srow_x"] = 0
        image.header["sform_code"] = 1
        (tmp_path / "a.nii").write_bytes(image.header.binaryblock + bytes(4) + VALUES.tobytes())
        with pytest.raises(ValueError, match="which way its axes run"):
            read_volume(tmp_path / "a.nii")


def with_value(value):
    values = VALUES.astype(np.float32)
    values[1, 1, 1] = value
    return values


COLOURS = np.zeros((2, 3, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.stack([VALUES, VALUES], axis=-1), "holds 2 volumes; only files of one"),
        (np.stack([VALUES[:, :, :1]] * 5, axis=-1), "holds 5 volumes; only files of one"),
        (VALUES[0, 0], "a volume has 3 axes of at least 2"),
        (VALUES[:1, :1], "has the shape (1, 1, 4); a volume has 3 axes of at least 2"),
        (with_value(np.nan), "with prepare.nan_is_background: true they are background"),
        (with_value(np.inf), "voxels that are not numbers"),
        (np.full((2, 3, 4), np.nan, np.float32), "voxels that are not numbers"),
        (np.full((2, 3, 4), 7, np.int16), "all voxels are equal"),
        (COLOURS, "only plain numbers are read"),
        (VALUES.astype(np.complex64), "only plain numbers are read"),
    ],
)
def test_no_volume_to_work_with(tmp_path, values, reason):
    with pytest.raises(ValueError, match=re.escape(reason)):
        read_volume(write(tmp_path / "a.nii", values))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_no_numbers_are_background_on_request(tmp_path, value):
    path = write(tmp_path / "a.nii.gz", with_value(value) - 5)
    volume = read_volume(path, Reading(nan_is_background=True))
    expected = VALUES - 5.0
    expected[1, 1, 1] = -5
    np.testing.assert_array_equal(volume.values, expected)
    assert volume.notes == ("voxels that are not numbers (NaN or infinite) are background",)


def test_nothing_but_background(tmp_path):
    path = write(tmp_path / "a.nii", np.full((2, 3, 4), np.nan, np.float32))
    with pytest.raises(ValueError, match="has no voxels that are numbers"):
        read_volume(path, Reading(nan_is_background=True))


class TestSlopes:
    @pytest.mark.parametrize(
        ("slope", "intercept", "expected"),
        [(0, 0, VALUES), (0, 7, VALUES), (np.nan, np.nan, VALUES), (2, 0, VALUES * 2)],
    )
    def test_no_slope_changes_nothing(self, tmp_path, slope, intercept, expected):
        content = bytearray(write(tmp_path / "a.nii").read_bytes())
        content[112:120] = np.array([slope, intercept], "<f4").tobytes()
        (tmp_path / "a.nii").write_bytes(content)
        np.testing.assert_array_equal(read_volume(tmp_path / "a.nii").values, expected)

    def test_slope_without_an_intercept(self, tmp_path):
        content = bytearray(write(tmp_path / "a.nii").read_bytes())
        content[112:120] = np.array([2, np.nan], "<f4").tobytes()
        (tmp_path / "a.nii").write_bytes(content)
        with pytest.raises(ValueError, match="header that makes no sense"):
            read_volume(tmp_path / "a.nii")


class TestSpacing:
    def test_of_cubes(self, tmp_path):
        volume = read_volume(write(tmp_path / "a.nii", affine=np.diag([-2, 2, 2, 1])))
        assert volume.spacing == (2, 2, 2)
        assert volume.notes == ()

    def test_it_goes_with_the_axes(self, tmp_path):
        """Stored: front to back, top to bottom, left to right; 2, 3 and 5 mm."""
        affine = np.array([[0, 0, 5, 0], [-2, 0, 0, 0], [0, -3, 0, 0], [0, 0, 0, 1]])
        volume = read_volume(write(tmp_path / "a.nii", affine=affine))
        assert volume.values.shape == (4, 2, 3)
        assert volume.spacing == (5, 2, 3)
        assert any("no cubes" in note for note in volume.notes)

    def test_of_oblique_axes(self, tmp_path):
        turn = np.deg2rad(20)
        affine = np.diag([1, 2, 3, 1.0])
        affine[:2, :2] = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        affine[:2, 1] *= 2
        volume = read_volume(write(tmp_path / "a.nii", affine=affine))
        np.testing.assert_allclose(volume.spacing, (1, 2, 3), rtol=1e-6)

    @pytest.mark.parametrize(("unit", "factor"), [("meter", 1000), ("mm", 1), ("micron", 0.001)])
    def test_units(self, tmp_path, unit, factor):
        image = nibabel.Nifti1Image(VALUES, np.diag([2, 4, 6, 1]))
        image.header.set_xyzt_units(unit)
        image.to_filename(tmp_path / "a.nii")
        spacing = read_volume(tmp_path / "a.nii").spacing
        np.testing.assert_allclose(spacing, np.array([2, 4, 6]) * factor)

    def test_unit_that_is_none(self, tmp_path):
        path = write(tmp_path / "a.nii", affine=np.diag([2, 2, 2, 1]))
        content = bytearray(path.read_bytes())
        content[123] = 7
        path.write_bytes(content)
        assert read_volume(path).spacing == (2, 2, 2)

    @pytest.mark.parametrize("pixdim", [(0, 1, 1), (1, np.nan, 1), (1, 1, 1000)])
    @pytest.mark.parametrize("code", [0, 1])
    def test_without_sense(self, tmp_path, pixdim, code):
        path = write_uncoded(tmp_path / "a.nii", pixdim)
        content = bytearray(path.read_bytes())
        content[252:254] = code.to_bytes(2, "little")  # that of the qform
        path.write_bytes(content)
        if code and np.isnan(pixdim).any():
            with pytest.raises(ValueError, match="which way its axes run"):
                read_volume(path)
            return
        volume = read_volume(path)
        assert volume.spacing == (1, 1, 1)
        assert any("spacing makes no sense" in note for note in volume.notes)

    def test_two_of_them(self, tmp_path):
        path = write(tmp_path / "a.nii", affine=np.diag([1, 1, 3, 1]))
        content = bytearray(path.read_bytes())
        content[80:92] = np.array([1, 1, 1], "<f4").tobytes()
        path.write_bytes(content)
        volume = read_volume(path)
        assert volume.spacing == (1, 1, 3)
        assert any("two spacings" in note for note in volume.notes)

    def test_below_zero(self, tmp_path):
        volume = read_volume(write_uncoded(tmp_path / "a.nii", (-1, 1, 3)))
        assert volume.spacing == (1, 1, 3)
        assert any("below 0 counts without its sign" in note for note in volume.notes)

    def test_slices_of_a_file_are_round(self, tmp_path):
        z = np.mgrid[:40, :40, :8] - np.array([19.5, 19.5, 3.5])[:, None, None, None]
        values = ((z[0] ** 2 + z[1] ** 2 + (5 * z[2]) ** 2) < 15**2).astype(np.int16)
        slices = three_slices(read_volume(write(tmp_path / "a.nii", values, np.diag([1, 1, 5, 1]))))
        for channel in range(3):
            rows, columns = np.nonzero(slices[..., channel] > 128)
            assert abs(np.ptp(rows) - np.ptp(columns)) <= 5


def write_uncoded(path, pixdim=(1, 1, 1), values=VALUES):
    """Write a volume that doesn't say which way its axes run."""
    content = bytearray(nibabel.Nifti1Image(values, None).to_bytes())
    content[80:92] = np.array(pixdim, "<f4").tobytes()
    path.write_bytes(content)
    return path


class TestWithoutFormCodes:
    def test_it_stays_as_stored(self, tmp_path):
        volume = read_volume(write_uncoded(tmp_path / "a.nii", (2, 3, 5)))
        np.testing.assert_array_equal(volume.values, VALUES)
        assert volume.spacing == (2, 3, 5)
        assert any("no form code" in note for note in volume.notes)

    def test_a_coded_one_has_no_note(self, tmp_path):
        assert read_volume(write(tmp_path / "a.nii")).notes == ()

    def test_one_code_is_enough(self, tmp_path):
        image = nibabel.Nifti1Image(VALUES[::-1], None)
        image.set_sform(None, 0)
        image.set_qform(np.diag([-1, 1, 1, 1]), 1)
        image.to_filename(tmp_path / "a.nii")
        volume = read_volume(tmp_path / "a.nii")
        np.testing.assert_array_equal(volume.values, VALUES)
        assert volume.notes == ()

    def test_a_broken_sform_beside_a_sound_qform(self, tmp_path):
        image = nibabel.Nifti1Image(VALUES[::-1], None)
        image.set_qform(np.diag([-1, 1, 1, 1]), 1)
        image.to_filename(tmp_path / "a.nii")
        content = bytearray((tmp_path / "a.nii").read_bytes())
        content[254:256] = (1).to_bytes(2, "little")
        content[280:328] = bytes(48)
        (tmp_path / "a.nii").write_bytes(content)
        np.testing.assert_array_equal(read_volume(tmp_path / "a.nii").values, VALUES)


class TestOneSlice:
    PLANE = VALUES[:, :, 0]

    @pytest.mark.parametrize("shape", [(2, 3), (2, 3, 1), (2, 3, 1, 1)])
    def test_as_the_axial_slice_of_a_volume(self, tmp_path, shape):
        picture = read_volume(write(tmp_path / "a.nii", self.PLANE.reshape(shape)))
        assert isinstance(picture, DeepPicture)
        # front up, the patient's right at the left
        assert picture.values.tolist() == [[20, 8], [16, 4], [12, 0]]

    @pytest.mark.parametrize("axis", [0, 1, 2])
    def test_turned_as_in_three_slices(self, tmp_path, axis):
        values = np.random.default_rng(1).random((8, 8, 8)).astype(np.float32)
        index = [slice(None)] * 3
        index[axis] = slice(4, 5)
        path = write(tmp_path / "a.nii", values[tuple(index)][::-1], np.diag([-1, 1, 1, 1]))
        picture = read_volume(path).values
        plane = three_slices(Volume(values))[..., 2 - axis].astype(float)
        assert np.corrcoef(picture.ravel(), plane.ravel())[0, 1] > 0.99

    def test_pixels_that_are_no_squares(self, tmp_path):
        plane = np.arange(100, dtype=np.int16).reshape(10, 10)
        picture = read_volume(write(tmp_path / "a.nii", plane, np.diag([1, 3, 1, 1])))
        assert picture.values.shape == (30, 10)
        assert any("squares" in note for note in picture.notes)

    def test_no_numbers(self, tmp_path):
        plane = self.PLANE.astype(np.float32)
        plane[1, 2] = np.nan
        picture = read_volume(write(tmp_path / "a.nii", plane), Reading(nan_is_background=True))
        assert picture.values.tolist() == [[0, 8], [16, 4], [12, 0]]
        assert picture.background.tolist() == [[True, False], [False, False], [False, False]]


class TestNamesAndPairs:
    @pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
    def test_compressed_whatever_its_name(self, tmp_path, name):
        plain = write(tmp_path / "plain.nii").read_bytes()
        packed = plain if name.endswith("gz") else gzip.compress(plain)
        (tmp_path / name).write_bytes(packed)
        np.testing.assert_array_equal(read_volume(tmp_path / name).values, VALUES)

    @pytest.mark.parametrize("read", ["a.hdr", "a.img"])
    def test_pair_of_files(self, tmp_path, read):
        nibabel.Nifti1Pair(VALUES[::-1], np.diag([-1, 1, 1, 1])).to_filename(tmp_path / "a.img")
        volume = read_image(tmp_path / read)
        np.testing.assert_array_equal(volume.values, VALUES)
        assert volume.notes == ()

    def test_compressed_pair(self, tmp_path):
        nibabel.Nifti1Pair(VALUES, np.eye(4)).to_filename(tmp_path / "a.img.gz")
        np.testing.assert_array_equal(read_image(tmp_path / "a.img.gz").values, VALUES)

    @pytest.mark.parametrize("kind", [nibabel.AnalyzeImage, nibabel.Spm2AnalyzeImage])
    def test_analyze_stays_as_stored(self, tmp_path, kind):
        kind(VALUES, np.diag([-2, 2, 4, 1])).to_filename(tmp_path / "a.img")
        (tmp_path / "a.mat").unlink(missing_ok=True)
        volume = read_image(tmp_path / "a.img")
        np.testing.assert_array_equal(volume.values, VALUES)
        assert volume.spacing == (2, 2, 4)
        assert any("no form code" in note for note in volume.notes)

    @pytest.mark.parametrize(("gone", "message"), [("a.hdr", "lacks a.hdr"), ("a.img", "a.img")])
    def test_one_of_a_pair_is_missing(self, tmp_path, gone, message):
        nibabel.Nifti1Pair(VALUES, np.eye(4)).to_filename(tmp_path / "a.img")
        (tmp_path / gone).unlink()
        with pytest.raises((ValueError, OSError), match=message):
            read_image(tmp_path / ("a.img" if gone == "a.hdr" else "a.hdr"))


class TestDamage:
    def test_no_nifti(self, tmp_path):
        (tmp_path / "a.nii").write_bytes(b"<html>not found</html>" * 40)
        with pytest.raises(ValueError, match="is no NIfTI file"):
            read_volume(tmp_path / "a.nii")

    @pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
    def test_empty(self, tmp_path, name):
        (tmp_path / name).write_bytes(b"")
        with pytest.raises(ValueError, match=r"is no NIfTI file|cut off"):
            read_volume(tmp_path / name)

    def test_cut_off(self, tmp_path):
        path = write(tmp_path / "a.nii", np.random.default_rng(1).random((8, 8, 8)))
        path.write_bytes(path.read_bytes()[:2000])
        with pytest.raises(ValueError, match="it is cut off"):
            read_volume(path)

    def test_cut_off_within_compressed_data(self, tmp_path):
        path = write(tmp_path / "a.nii.gz", np.random.default_rng(1).random((16, 16, 16)))
        path.write_bytes(path.read_bytes()[:-5000])
        with pytest.raises(ValueError, match="is cut off or damaged"):
            read_volume(path)

    def test_garbled_compressed_data(self, tmp_path):
        path = write(tmp_path / "a.nii.gz", np.random.default_rng(1).random((16, 16, 16)))
        content = path.read_bytes()
        path.write_bytes(content[:9000] + bytes(4000) + content[13000:])
        with pytest.raises((ValueError, OSError)):
            read_volume(path)

    @pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
    @pytest.mark.parametrize(
        ("side", "reason"), [(900, "prepare.max_pixels"), (400, "it is cut off")]
    )
    def test_declares_more_than_it_has(self, tmp_path, monkeypatch, name, side, reason):
        header = nibabel.Nifti1Header()
        header.set_data_dtype(np.int16)
        header.set_data_shape((side, side, side))
        header.set_sform(np.eye(4), 1)
        content = header.binaryblock + bytes(1004)
        packed = gzip.compress(content) if name.endswith("gz") else content
        (tmp_path / name).write_bytes(packed)
        monkeypatch.setattr(
            nibabel.Nifti1Image, "get_fdata", lambda *_, **__: pytest.fail("memory was taken")
        )
        with pytest.raises(ValueError, match=reason):
            read_volume(tmp_path / name)

    def test_missing_file(self, tmp_path):
        with pytest.raises(OSError, match=r"a.nii"):
            read_volume(tmp_path / "a.nii")
