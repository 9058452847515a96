"""Volumes in class folders of DICOM files."""

import numpy as np
import pytest

from dicom_data import axial_series, write_series
from synthmix.datasets.dicom_series import DicomSeries
from synthmix.errors import UserError
from synthmix.prepare.index_dataset import validate_index

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


def test_scouts_are_told(root, caplog):
    write_series(axial_series(VOLUME[:, :, :2]), root / "sick/A/scout")
    (root / "well/C/ct/broken.dcm").write_bytes(b"no DICOM" * 50)
    assert len(make(root).index(root)) == 4
    (message,) = (record.getMessage() for record in caplog.records)
    assert message.startswith("3 files are slices of no volume and are passed over, such as sick/A")
    assert "of a series of 1 to 3 images, as of scouts (2)" in message


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
    with pytest.raises(UserError, match=r"1 of 4 series, such as sick/A/T1"):
        make(root, patients=str(tmp_path / "patients.csv")).index(root)
