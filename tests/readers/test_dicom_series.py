"""Volumes of DICOM series, as scanners and archives leave them."""

import nibabel
import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import generate_uid

from dicom_data import add_geometry, axial_series, make_dataset, write_series
from synthmix.readers.dicom_series import MOST_SCOUTS, read_series, series_in
from synthmix.readers.nifti import read_volume
from synthmix.readers.raw_image import Reading

VOLUME = np.random.default_rng(1).integers(0, 4096, (6, 7, 8)).astype(np.uint16)


def read(slices, folder, **options):
    write_series(slices, folder)
    return read_series(folder, slices[0].SeriesInstanceUID, **options)


def refused(slices, folder, message):
    with pytest.raises(ValueError, match=message):
        read(slices, folder)


class TestGeometry:
    def test_slices_are_sorted_by_where_they_lie(self, tmp_path):
        volume = read(axial_series(VOLUME, (0.5, 0.75, 3)), tmp_path)
        np.testing.assert_array_equal(volume.values, VOLUME)
        assert volume.values.dtype == np.float32
        assert volume.spacing == (0.5, 0.75, 3)
        assert any("no cubes" in note for note in volume.notes)

    def test_cubes_have_no_note(self, tmp_path):
        assert read(axial_series(VOLUME), tmp_path).notes == ()

    @pytest.mark.parametrize(
        ("direction", "normal", "turn"),
        [
            # sagittal: columns to the back, rows to the feet, slices to the right
            ((0, 1, 0, 0, 0, -1), (-1, 0, 0), lambda v: v[:, ::-1, ::-1].transpose(2, 1, 0)),
            # coronal: columns to the left, rows to the feet, slices to the back
            ((1, 0, 0, 0, 0, -1), (0, 1, 0), lambda v: v[::-1, ::-1, ::-1].transpose(2, 0, 1)),
            # axial, seen from above: columns to the right, slices to the feet
            ((-1, 0, 0, 0, 1, 0), (0, 0, -1), lambda v: v[:, ::-1, ::-1].transpose(1, 0, 2)),
        ],
    )
    def test_other_planes(self, tmp_path, direction, normal, turn):
        """`turn` gives rows, columns and slices of what is stored."""
        stored, uid = turn(VOLUME), generate_uid()
        slices = []
        for number in range(stored.shape[2]):
            dataset = make_dataset(np.ascontiguousarray(stored[:, :, number]))
            place = 2.0 * number * np.array(normal) + 5
            slices.append(add_geometry(dataset, place, direction, (3, 4)))
            dataset.SeriesInstanceUID = uid
        volume = read(slices, tmp_path)
        np.testing.assert_array_equal(volume.values, VOLUME)
        axes = [np.abs(direction[:3]).argmax(), np.abs(direction[3:]).argmax()]
        expected = [2.0, 2.0, 2.0]
        expected[axes[0]], expected[axes[1]] = 4, 3
        assert volume.spacing == tuple(expected)

    def test_an_oblique_one_as_nifti_has_it(self, tmp_path):
        """The same volume, told both ways, is read the same."""
        turn = np.deg2rad(15)
        across = np.array([np.cos(turn), np.sin(turn), 0])
        down = np.array([-np.sin(turn) * 0.96, np.cos(turn) * 0.96, 0.28])
        normal = np.cross(across, down)
        slices, uid = [], generate_uid()
        for number in range(VOLUME.shape[2]):
            dataset = make_dataset(np.ascontiguousarray(VOLUME[:, :, number]))
            dataset.SeriesInstanceUID = uid
            add_geometry(dataset, number * 2.5 * normal, (*across, *down), (1.5, 1.25))
            slices.append(dataset)
        affine = np.eye(4)
        affine[:3, :3] = (
            np.diag([-1, -1, 1]) @ np.stack([across, down, normal], 1) @ np.diag([1.25, 1.5, 2.5])
        )
        image = nibabel.Nifti1Image(VOLUME.transpose(1, 0, 2), affine)
        image.to_filename(tmp_path / "a.nii")
        volume, other = read(slices, tmp_path / "series"), read_volume(tmp_path / "a.nii")
        np.testing.assert_array_equal(volume.values, other.values)
        np.testing.assert_allclose(volume.spacing, other.spacing, rtol=1e-5)

    def test_frames_of_one_file(self, tmp_path):
        """An enhanced object: what is said of each frame is in functional groups."""
        slices = axial_series(VOLUME, (1, 1, 2))
        order = np.random.default_rng(2).permutation(len(slices))
        whole = make_dataset(VOLUME[:, :, 0], NumberOfFrames=len(slices))
        whole.Rows, whole.Columns = slices[0].Rows, slices[0].Columns
        whole.SeriesInstanceUID = slices[0].SeriesInstanceUID
        whole.PixelData = b"".join(slices[number].PixelData for number in order)
        shared, frames = Dataset(), []
        shared.PlaneOrientationSequence = [Dataset()]
        shared.PlaneOrientationSequence[0].ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        shared.PixelMeasuresSequence = [Dataset()]
        shared.PixelMeasuresSequence[0].PixelSpacing = [1, 1]
        for number in order:
            frame, plane, rescale = Dataset(), Dataset(), Dataset()
            plane.ImagePositionPatient = slices[number].ImagePositionPatient
            rescale.RescaleSlope, rescale.RescaleIntercept = 2, int(number)
            frame.PlanePositionSequence = [plane]
            frame.PixelValueTransformationSequence = [rescale]
            frames.append(frame)
        whole.SharedFunctionalGroupsSequence = [shared]
        whole.PerFrameFunctionalGroupsSequence = frames
        whole.save_as(tmp_path / "enhanced.dcm", enforce_file_format=True)
        volume = read_series(tmp_path, whole.SeriesInstanceUID)
        np.testing.assert_array_equal(volume.values, VOLUME * 2.0 + np.arange(8))
        assert volume.spacing == (1, 1, 2)


class TestValues:
    def test_hounsfield_units_and_no_window(self, tmp_path):
        rescale = {"RescaleSlope": 1, "RescaleIntercept": -1024}
        window = {"WindowCenter": 40, "WindowWidth": 80}
        volume = read(axial_series(VOLUME, **rescale, **window), tmp_path)
        np.testing.assert_array_equal(volume.values, VOLUME - 1024.0)

    def test_a_slope_for_each_slice(self, tmp_path):
        slices = axial_series(VOLUME)
        for number, dataset in enumerate(slices):
            dataset.RescaleSlope, dataset.RescaleIntercept = number + 1, 0
        np.testing.assert_array_equal(read(slices, tmp_path).values, VOLUME * np.arange(1.0, 9))

    def test_padding_is_the_least_of_the_others(self, tmp_path):
        values = VOLUME.astype(np.int16)
        values[0], values[:, :, 3] = -2000, -2000
        volume = read(axial_series(values, PixelPaddingValue=-2000), tmp_path)
        least = VOLUME[1:, :, [0, 1, 2, 4, 5, 6, 7]].min()
        assert (volume.values[0] == least).all()
        assert (volume.values[:, :, 3] == least).all()
        np.testing.assert_array_equal(volume.values[1:, :, 4:], VOLUME[1:, :, 4:])

    def test_monochrome1(self, tmp_path):
        slices = axial_series(VOLUME, PhotometricInterpretation="MONOCHROME1")
        np.testing.assert_array_equal(read(slices, tmp_path).values, 65535.0 - VOLUME)


class TestNoVolume:
    def test_missing_slices(self, tmp_path):
        slices = axial_series(VOLUME)
        del slices[3]
        refused(slices, tmp_path, "slices are missing: 1 gaps of up to 2 mm where others are 1 mm")

    def test_uneven_slices(self, tmp_path):
        slices = axial_series(VOLUME)
        for number, dataset in enumerate(slices):
            dataset.ImagePositionPatient[2] = 1.0 * number + 0.4 * (number > 4)
        refused(slices, tmp_path, r"not evenly spaced: 1 to 1\.4 mm apart")

    def test_rounded_places_are_even(self, tmp_path):
        slices = axial_series(VOLUME, (1, 1, 0.667))
        for dataset in slices:
            dataset.ImagePositionPatient[2] = round(float(dataset.ImagePositionPatient[2]), 2)
        np.testing.assert_allclose(read(slices, tmp_path).spacing, (1, 1, 0.667), rtol=0.01)

    def test_copies_count_once(self, tmp_path):
        slices = axial_series(VOLUME)
        volume = read([*slices, slices[2], slices[7]], tmp_path)
        np.testing.assert_array_equal(volume.values, VOLUME)
        assert any("twice" in note for note in volume.notes)

    def test_several_at_one_place(self, tmp_path):
        slices = axial_series(VOLUME)
        echoes = axial_series(VOLUME // 2, uid=slices[0].SeriesInstanceUID)
        refused([*slices, *echoes], tmp_path, "16 images at 8 places, as of several echoes")

    def test_other_size(self, tmp_path):
        slices = axial_series(VOLUME)
        slices[4].Rows, slices[4].Columns = slices[4].Columns, slices[4].Rows
        refused(slices, tmp_path, "several sizes, such as 6 x 7 and 7 x 6")

    def test_other_direction(self, tmp_path):
        slices = axial_series(VOLUME)
        slices[4].ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
        refused(slices, tmp_path, "several directions")

    def test_other_spacing(self, tmp_path):
        slices = axial_series(VOLUME)
        slices[4].PixelSpacing = [1, 2]
        refused(slices, tmp_path, "several pixel spacings")

    @pytest.mark.parametrize(
        "name", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"]
    )
    def test_without_a_place(self, tmp_path, name):
        slices = axial_series(VOLUME)
        delattr(slices[4], name)
        refused(slices, tmp_path, f"where its pixels lie: {name} is missing")

    def test_tilted_gantry_is_told(self, tmp_path):
        slices = axial_series(VOLUME)
        for number, dataset in enumerate(slices):
            dataset.ImagePositionPatient[1] = 0.3 * number
        volume = read(slices, tmp_path)
        np.testing.assert_array_equal(volume.values, VOLUME)
        assert any("tilted gantry" in note for note in volume.notes)

    def test_damaged_slice_is_named(self, tmp_path):
        slices = axial_series(VOLUME)
        slices[4].PixelData = slices[4].PixelData[:-20]
        refused(slices, tmp_path, r"IM\d+\.dcm: its pixels cannot be decoded")

    def test_too_large(self, tmp_path):
        write_series(slices := axial_series(VOLUME), tmp_path)
        with pytest.raises(ValueError, match=r"6 x 7 x 8 voxels.*prepare\.max_pixels"):
            read_series(tmp_path, slices[0].SeriesInstanceUID, Reading(max_pixels=300))

    def test_gone(self, tmp_path):
        with pytest.raises(ValueError, match=r"there is no series 1\.2\.3"):
            read_series(tmp_path, "1.2.3")


class TestListing:
    def test_series_and_others(self, tmp_path):
        one, two = axial_series(VOLUME), axial_series(VOLUME)
        scout = axial_series(VOLUME[:, :, :MOST_SCOUTS])
        localizer = axial_series(VOLUME, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
        report = make_dataset(VOLUME[:, :, 0], PixelData=None, Rows=None, Columns=None)
        report.SeriesInstanceUID = generate_uid()
        for number, slices in enumerate((one, two, scout, localizer, [report])):
            write_series(slices, tmp_path / str(number))
            for file in (tmp_path / str(number)).iterdir():
                file.rename(tmp_path / f"{number}{file.name}")
        (tmp_path / "notes.txt").write_text("no image")
        (tmp_path / ".hidden").write_text("no image")
        listing = series_in(tmp_path)
        uids = {slices[0].SeriesInstanceUID for slices in (one, two)}
        assert set(listing.series) == uids
        assert all(series.images == len(series.files) == 8 for series in listing.series.values())
        reasons = sorted({(name[0], reason) for name, reason in listing.others.items()})
        assert [(name, reason[:22]) for name, reason in reasons] == [
            ("2", "of a series of 1 to 3 "),
            ("3", "called a localizer"),
            ("4", "DICOM without an image"),
            ("n", "is no DICOM file: the "),
        ]

    def test_a_localizer_in_a_series_is_left_out(self, tmp_path):
        slices = axial_series(VOLUME)
        scout = make_dataset(np.zeros((50, 50), np.uint16), ImageType=["ORIGINAL", "LOCALIZER"])
        scout.SeriesInstanceUID = slices[0].SeriesInstanceUID
        np.testing.assert_array_equal(read([*slices, scout], tmp_path).values, VOLUME)
