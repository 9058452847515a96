"""Volumes in class folders of DICOM files."""

import os

import numpy as np
import pytest

from dicom_data import axial_series, write_series
from synthmix.datasets.dicom_series import DicomSeries
from synthmix.errors import UserError
from synthmix.prepare.index_dataset import validate_index
from synthmix.raw_names import raw_file

VOLUME = np.random.default_rng(1).integers(0, 4096, (5, 6, 7)).astype(np.uint16)
SERIES = {"sick/A/T1": "P1", "sick/A/T2": "P1", "sick/B": "P2", "well/C/ct": "P3"}


def make(path, **more):
    values = {
        "source": "dicom_series",
        "path": str(path),
        "classes": {"sick": "sick", "well": "well"},
    }
    return DicomSeries(**(values | more))


@pytest.fixture
def root(tmp_path):
    for number, (folder, patient) in enumerate(SERIES.items()):
        write_series(axial_series(VOLUME + number, patient=patient), tmp_path / folder)
    return tmp_path


def folders_of(samples):
    return [path.rpartition("/")[0] for path in samples["path"]]


def test_a_row_a_series(root):
    settings = make(root)
    samples = settings.index(root)
    assert folders_of(samples) == list(SERIES)
    assert list(samples["label"]) == ["sick", "sick", "sick", "well"]
    assert list(samples["group"]) == ["P1", "P1", "P2", "P3"]
    assert samples["frame"].is_unique
    validate_index(samples.assign(part=""), settings.class_names(), root)


def test_rows_are_read(root):
    for number, row in enumerate(make(root).index(root).to_dict("records")):
        volume = DicomSeries.read(root / row["path"], row["frame"])
        np.testing.assert_array_equal(volume.values, VOLUME + number)


def test_several_series_in_a_folder(root):
    more = axial_series(VOLUME + 50, patient="P9")
    for number, dataset in enumerate(more):
        dataset.save_as(root / f"sick/B/z{number}.dcm", enforce_file_format=True)
    samples = make(root).index(root)
    assert folders_of(samples) == ["sick/A/T1", "sick/A/T2", "sick/B", "sick/B", "well/C/ct"]
    assert list(samples["group"]) == ["P1", "P1", "P2", "P9", "P3"]
    row = samples.iloc[3]
    read = DicomSeries.read(root / row["path"], row["frame"])
    np.testing.assert_array_equal(read.values, VOLUME + 50)


def test_scouts_are_passed_over(root):
    write_series(axial_series(VOLUME[:, :, :2]), root / "sick/A/scout")
    (root / "well/C/ct/broken.dcm").write_bytes(b"no DICOM" * 50)
    assert len(make(root).index(root)) == 4
    others = make(root).passed_over(root)
    assert list(others["label"]) == ["sick", "sick", "well"]
    assert list(others["suffix"]) == [".dcm"] * 3
    assert others["reason"].str.contains("of a series of 1 to 3 images, as of scouts").sum() == 2


def test_class_of_scouts_alone(root):
    write_series(axial_series(VOLUME[:, :, :2]), root / "empty")
    with pytest.raises(UserError, match="classes: well has no DICOM series"):
        make(root, classes={"sick": "sick", "well": "empty"}).index(root)


def test_series_in_several_folders(root):
    volume = np.concatenate([VOLUME, VOLUME + 1], axis=2)
    slices = axial_series(volume, patient="P7")
    write_series(slices[:7], root / "sick/D/1")
    write_series(slices[7:], root / "sick/D/2")
    with pytest.raises(UserError, match=r"several folders, sick/D/1 and sick/D/2: put all"):
        make(root).index(root)


def test_copies_of_a_series_are_volumes_of_their_own(root):
    slices = axial_series(VOLUME, patient="P7")
    write_series(slices, root / "sick/D/1")
    write_series(slices, root / "sick/D/2")
    assert folders_of(make(root).index(root))[3:5] == ["sick/D/1", "sick/D/2"]


def test_series_of_two_patients(root):
    slices = axial_series(VOLUME)
    slices[2].PatientID = "other"
    write_series(slices, root / "sick/D")
    with pytest.raises(UserError, match=r"several patients: 'P1', 'other'; mend it"):
        make(root).index(root)


def test_series_excluded_in_part(root):
    with pytest.raises(UserError, match=r"1 of 7 files of the series .* left out by exclude"):
        make(root, exclude=["IM0003*"]).index(root)


def test_each_a_patient_of_its_own(root):
    assert make(root, patients="image").index(root)["group"].is_unique


def test_csv_of_patients(root, tmp_path):
    rows = [f"{folder},{number // 2}" for number, folder in enumerate(SERIES)]
    (tmp_path / "patients.csv").write_text("\n".join(["file,patient", *rows]))
    samples = make(root, patients=str(tmp_path / "patients.csv")).index(root)
    assert list(samples["group"]) == ["0", "0", "1", "1"]
    (tmp_path / "patients.csv").write_text("\n".join(["file,patient", *rows[1:]]))
    with pytest.raises(UserError, match=r"1 of 4 images have no patient.*sick/A/T1"):
        make(root, patients=str(tmp_path / "patients.csv")).index(root)


def test_names_that_are_not_utf_8(root):
    folder = (root / "sick/B").rename(root / "sick" / os.fsdecode(b"B\xfc"))
    first = sorted(folder.iterdir())[0]
    first.rename(folder / os.fsdecode(b"0\xe4"))
    samples = make(root).index(root)
    (row,) = samples[samples["path"] == r"sick/B\xfc/0\xe4"].to_dict("records")
    assert row["group"] == "P2"
    read = DicomSeries.read(raw_file(root, row["path"]), row["frame"])
    assert read.values.shape == VOLUME.shape
    assert make(root).passed_over(root).empty
