"""Volumes in class folders."""

import nibabel
import numpy as np
import pytest
from pydantic import ValidationError

from synthmix.datasets.nifti_folder import NiftiFolder
from synthmix.errors import UserError

VOLUMES = [
    "bad/sub-01/anat/sub-01_acq-2_T1w.nii.gz",
    "bad/sub-02_T1w.NII",
    "good/ses-1/sub-01_T1w.nii",
    "good/sub-03_acq-sub-9_T1w.nii.gz",
]


def make(path, **more):
    values = {
        "source": "nifti_folder",
        "path": str(path),
        "classes": {"good": "good", "bad": "bad"},
    }
    return NiftiFolder(**(values | more))


@pytest.fixture
def root(tmp_path):
    for name in (*VOLUMES, "good/notes.txt", "good/slice.png", "good/._a.nii.gz"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_volumes_and_nothing_else_are_listed(root):
    samples = make(root).index(root)
    assert list(samples["path"]) == VOLUMES
    assert list(samples["label"]) == ["bad", "bad", "good", "good"]
    assert samples["group"].is_unique


def test_subject_is_the_patient(root):
    groups = make(root, patients="subject").index(root)["group"]
    assert list(groups) == ["sub-01", "sub-02", "sub-01", "sub-03"]


def test_path_without_a_subject(root):
    (root / "good/resub-7.nii").write_bytes(b"")
    expected = r"1 of 5 images have no patient .*no sub-<name>.*such as good/resub-7\.nii"
    with pytest.raises(UserError, match=expected):
        make(root, patients="subject").index(root)
    groups = make(root, patients="subject", unknown_patients="each_image").index(root)["group"]
    assert list(groups) == ["sub-01", "sub-02", "good/resub-7.nii", "sub-01", "sub-03"]


def test_a_subject_that_is_nobody(root):
    (root / "good/sub-unknown_T1w.nii").write_bytes(b"")
    with pytest.raises(UserError, match=r"'unknown' is no patient \(1 image, such as good/sub-unk"):
        make(root, patients="subject").index(root)


def test_folders_of_patients_hold_their_visits(root):
    for name in ("good/P1/v1/a.nii", "good/P1/v2/b.nii.gz", "bad/P1/a.nii", "bad/P2/a.nii"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    settings = {"patients": "folder", "unknown_patients": "each_image"}
    table = make(root, **settings).index(root).set_index("path")["group"]
    assert table.filter(regex="P1|P2").to_dict() == {
        "bad/P1/a.nii": "P1",
        "bad/P2/a.nii": "P2",
        "good/P1/v1/a.nii": "P1",
        "good/P1/v2/b.nii.gz": "P1",
    }


def test_csv_of_patients(root, tmp_path):
    rows = [f"{name},{number // 2}" for number, name in enumerate(VOLUMES)]
    (tmp_path / "patients.csv").write_text("\n".join(["file,patient", *rows]))
    samples = make(root, patients=str(tmp_path / "patients.csv")).index(root)
    assert list(samples["group"]) == ["0", "0", "1", "1"]


def test_volumes_have_no_patient_of_dicom(root):
    with pytest.raises(ValidationError, match="NIfTI files have no PatientID"):
        make(root, patients="dicom")


def test_a_file_called_subject_changes_nothing(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "subject").write_text("file,patient\n")
    assert make(root, patients="subject").extra_state() == ""


def test_class_without_volumes(root):
    (root / "empty").mkdir()
    with pytest.raises(UserError, match=r"empty has no images .*nii"):
        make(root, classes={"good": "good", "empty": "empty"}).index(root)


def test_listed_volumes_are_read(root):
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    nibabel.Nifti1Image(values, np.eye(4)).to_filename(root / VOLUMES[0])
    np.testing.assert_array_equal(NiftiFolder.read(root / VOLUMES[0], "").values, values)
