"""Volumes in NIfTI files as scanners, converters and accidents make them."""

import gzip
import re

import nibabel
import numpy as np
import pytest

from synthmix.readers import read_image
from synthmix.readers.nifti import read_volume

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
        (VALUES[:, :, 0], "has the shape (2, 3); a volume has 3 axes"),
        (VALUES[:, :1], "has the shape (2, 1, 4); a volume has 3 axes of at least 2"),
        (with_value(np.nan), "voxels that are not numbers"),
        (with_value(np.inf), "voxels that are not numbers"),
        (np.full((2, 3, 4), 7, np.int16), "all voxels are equal"),
        (COLOURS, "only plain numbers are read"),
        (VALUES.astype(np.complex64), "only plain numbers are read"),
    ],
)
def test_no_volume_to_work_with(tmp_path, values, reason):
    with pytest.raises(ValueError, match=re.escape(reason)):
        read_volume(write(tmp_path / "a.nii", values))


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
        ("side", "reason"), [(900, "prepare.max_pixels"), (600, "it is cut off")]
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
