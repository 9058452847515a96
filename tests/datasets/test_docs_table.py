"""The table that `docs/data_sets.md` begins with: its lines read what it says they read."""

import re
import zipfile
from pathlib import Path

import nibabel
import numpy as np
import openpyxl
import pydicom
import pytest
from PIL import Image

from synthmix.config.load import load
from synthmix.datasets.image_folder import ImageFolder
from workflow_project import ROOT

PAGE = (ROOT / "docs" / "data_sets.md").read_text(encoding="utf-8")
TOP = PAGE.partition("## Published data sets")[0]
ROWS = re.findall(r"^\| ([^|`]+) \| .* \| \[(\w+)\]\(#([\w-]+)\) \|$", TOP, re.MULTILINE)
STUDIES = dict(re.findall(r"^### (.+?)\n.*?^```yaml\n(.*?)^```", TOP, re.MULTILINE | re.DOTALL))


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 6), 90).save(path)


def dicom(path: Path, patient: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.SOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = pydicom.uid.generate_uid()
    dataset.PatientID, dataset.PhotometricInterpretation = patient, "MONOCHROME2"
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = 6, 8, 1
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.PixelData = bytes(range(48))
    dataset.save_as(path, enforce_file_format=True)


def kaggle_folders(folder):
    for name in ("COVID/images/a.png", "COVID/masks/a.png", "Normal/images/b.png"):
        picture(folder / "raw" / name)
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        for file in sorted((folder / "raw").rglob("*.png")):
            archive.write(file, f"Database/{file.relative_to(folder / 'raw')}")
    return {
        "Database/COVID/images/a.png": ("covid", "COVID/images/a.png"),
        "Database/Normal/images/b.png": ("normal", "Normal/images/b.png"),
    }


def kaggle_train_and_test_folders(folder):
    expected = {}
    for part, name in {"train": "train", "validation": "val", "test": "test"}.items():
        for label in ("pneumonia", "normal"):
            path = f"{name}/{label.upper()}/{part}.png"
            picture(folder / "chest_xray" / path)
            expected[path] = (label, path, part)
    return expected


def folders_of_patients(folder):
    expected = {}
    for path in ("tumour/P1/a.png", "tumour/P2/first/b.png", "tumour/P2/next/c.png"):
        expected[path] = ("tumour", path.split("/")[1])
    expected["control/P3/d.png"] = ("control", "P3")
    for path in expected:
        picture(folder / "slices" / path)
    return expected


def folders_and_a_table_of_patients(folder):
    expected = {"sick/a.png": ("sick", "01"), "sick/b.png": ("sick", "1")}
    expected["healthy/c.png"] = ("well", "01")
    for path in expected:
        picture(folder / "pictures" / path)
    rows = [f"{path},{patient}\n" for path, (_, patient) in expected.items()]
    (folder / "patients.csv").write_text("".join(["file,patient\n", *rows]))
    return expected


def dicom_export(folder):
    patients = {"BIRADS5/1.dcm": "A7", "BIRADS5/2.dcm": "A7", "BIRADS1/3.dcm": "B8"}
    for path, patient in patients.items():
        dicom(folder / "export" / path, patient)
    labels = {"BIRADS5": "cancer", "BIRADS1": "normal"}
    return {path: (labels[path[:7]], patient) for path, patient in patients.items()}


def bids(folder):
    subjects = {"sub-01": "patient", "sub-02": "control", "sub-03": "patient"}
    for subject in subjects:
        (folder / "bids" / subject / "anat").mkdir(parents=True)
        volume = nibabel.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4))
        volume.to_filename(folder / "bids" / subject / "anat" / f"{subject}_T1w.nii.gz")
    rows = [f"{subject}\t30\t{group}\n" for subject, group in subjects.items()]
    (folder / "bids" / "participants.tsv").write_text(
        "".join(["participant_id\tage\tgroup\n", *rows])
    )
    labels = {"patient": "case", "control": "control"}
    return {
        f"{subject}/anat/{subject}_T1w.nii.gz": (labels[group], subject)
        for subject, group in subjects.items()
    }


def isic_csv(folder):
    rows = {"ISIC_1": ("benign", "IP_1"), "ISIC_2": ("malignant", "IP_2"), "ISIC_3": ("", "IP_1")}
    with zipfile.ZipFile(folder / "skin_lesions.zip", "w") as archive:
        for name in rows:
            picture(folder / f"{name}.jpg")
            archive.write(folder / f"{name}.jpg", f"images/{name}.jpg")
        lines = [f"{name},60,{label},{patient}" for name, (label, patient) in rows.items()]
        header = "isic_id,age_approx,benign_malignant,patient_id"
        archive.writestr("metadata.csv", "\n".join([header, *lines]))
    return {f"images/{name}.jpg": rows[name] for name in ("ISIC_1", "ISIC_2")}


def one_hot_csv(folder):
    rows = {"A": "1.0,0.0,0.0", "B": "0.0,1.0,0.0", "C": "0.0,0.0,1.0", "D": "0.0,0.0,0.0"}
    for name in rows:
        picture(folder / "Training_Input" / f"{name}.jpg")
    lines = [f"{name},{marks}" for name, marks in rows.items()]
    (folder / "GroundTruth.csv").write_text("\n".join(["image,MEL,NV,BCC", *lines]))
    return {"A.jpg": ("melanoma", "A.jpg"), "B.jpg": ("nevus", "B.jpg")}


def excel(folder):
    book = openpyxl.Workbook()
    book.active.append(["what the sheets are"])
    sheet = book.create_sheet("Pictures")
    sheet.append(["File", "Malignant", "Case"])
    for name, malignant, case in (("a.png", 0, "007"), ("b.png", 1.0, 7)):
        picture(folder / "ultrasound" / name)
        sheet.append([name, malignant, case])
    book.save(folder / "ultrasound" / "list.xlsx")
    return {"a.png": ("benign", "007"), "b.png": ("malignant", "7")}


def semicolon_csv(folder):
    for name in ("a.png", "ä.png"):
        picture(folder / "ultrasound" / name)
    text = "Datei;Alter;Befund;Fall\r\na.png;3,5;gutartig;F1\r\nä.png;4;bösartig;F2\r\n"
    (folder / "ultrasound" / "liste.csv").write_bytes(text.encode("cp1252"))
    return {"a.png": ("benign", "F1"), "ä.png": ("malignant", "F2")}


MAKERS = {
    "Kaggle folders": kaggle_folders,
    "Kaggle train and test folders": kaggle_train_and_test_folders,
    "Folders of patients": folders_of_patients,
    "Folders and a table of patients": folders_and_a_table_of_patients,
    "DICOM export": dicom_export,
    "BIDS": bids,
    "ISIC csv": isic_csv,
    "One-hot csv": one_hot_csv,
    "Excel": excel,
    "Semicolon CSV": semicolon_csv,
}


def test_the_table_has_a_row_for_each_of_the_lines():
    assert [name for name, _, _ in ROWS] == list(STUDIES) == list(MAKERS)
    for name, source, anchor in ROWS:
        assert anchor == name.lower().replace(" ", "-")
        assert f"source: {source}," in STUDIES[name]
        assert len(STUDIES[name].splitlines()) == 5


@pytest.mark.parametrize("name", MAKERS)
def test_the_lines_read_it(name, tmp_path, monkeypatch):
    if "parts" in STUDIES[name] and "parts" not in ImageFolder.model_fields:
        pytest.skip("image_folder has no parts")
    monkeypatch.chdir(tmp_path)
    expected = MAKERS[name](tmp_path)
    (tmp_path / "mine.yaml").write_text(STUDIES[name], encoding="utf-8")
    study = load({"studies": "mine.yaml", "scale": "paper"}, tmp_path).studies["mine"]
    (dataset,) = study.datasets.values()
    root = dataset.fetch(dataset.raw_settings(), tmp_path / "data")
    table = dataset.index(root)
    columns = [table[name] for name in ("label", "group", "part") if name in table]
    assert dict(zip(table["path"], zip(*columns, strict=True), strict=True)) == expected
    for path in table["path"]:
        dataset.read(root / path, "")
