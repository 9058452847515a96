"""Images that a table lists."""

import gzip
import json
import re
import shutil
import tarfile
import unicodedata
import zipfile
from pathlib import PurePosixPath
from typing import ClassVar

import numpy as np
import pandas as pd
import pydicom
import pytest
from pydantic import ValidationError

from synthmix.datasets.manifest import Manifest
from synthmix.errors import UserError
from workflow_project import ROOT

SKIN_LESIONS = ROOT.parent / "shared" / "data" / "skin_lesions.zip"
CLASSES = {"benign": "nevus", "malignant": ["melanoma", "carcinoma"]}
TABLE = """path,label,patient,split
images/b.png,melanoma,P2,test
images/a.png,nevus,P1,train
images/c.jpg,carcinoma,P1,Training
"""


def make_settings(path, **more):
    return Manifest(source="manifest", path=str(path), **({"classes": CLASSES} | more))


def make_images(folder, names=("images/a.png", "images/b.png", "images/c.jpg")):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


@pytest.fixture
def folder(tmp_path):
    """Return a folder with images and the table `list.csv`."""
    folder = tmp_path / "cohort"
    make_images(folder)
    (folder / "list.csv").write_text(TABLE)
    return folder


@pytest.fixture
def listed(folder):
    """Return a function that lists the images of a table with the given content."""

    def listed(text, name="list.csv", **settings):
        (folder / name).write_text(text, encoding="utf-8")
        return make_settings(folder / name, **settings).index(folder)

    return listed


def state(settings):
    return settings.raw_state(settings.raw_settings()) + settings.extra_state()


def fetch(settings, target):
    return settings.fetch(settings.raw_settings(), target)


class TestSettings:
    def test_classes_keep_their_order(self):
        settings = make_settings("x.csv", classes={"b": 1, "a": ["0", 2]})
        assert settings.class_names() == ("b", "a")
        assert settings.classes == {"b": ["1"], "a": ["0", "2"]}

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"classes": {"a": "x"}}, "at least 2"),
            ({"classes": {"a": "x", "b": []}}, "at least 1"),
            ({"classes": {"a": "x", "b": ["y", "x"]}}, "x is named more than once"),
            ({"classes": {"a": True, "b": False}}, "valid string"),
            ({"path": "set.zip"}, "is an archive: set root to it"),
            ({"path": "list.json"}, "must be a table"),
            ({"path": "list.xls"}, "save it as .xlsx or as CSV"),
            ({"label_columns": ["nevus", "melanoma"]}, "carcinoma is none of label_columns"),
            (
                {"label_columns": ["nevus", "melanoma", "carcinoma"], "columns": {"label": "dx"}},
                "set one of them",
            ),
            ({"path_template": "images/a.png"}, "names no column"),
            ({"path_template": "{}.png"}, "nothing else"),
            ({"path_template": "{a!r}.png"}, "nothing else"),
            ({"path_template": "{a:>9}.png"}, "nothing else"),
            ({"path_template": "{a.png"}, "expected '}'"),
        ],
    )
    def test_mistakes(self, settings, message):
        with pytest.raises(ValidationError, match=re.escape(message)):
            make_settings(**({"path": "x.csv"} | settings))

    def test_index_settings_tell_the_columns_that_were_set(self, folder):
        settings = make_settings(folder / "list.csv", columns={"split": "split"})
        again = Manifest(**json.loads(json.dumps(settings.index_settings())))
        assert again.columns.model_fields_set == {"split"}


class TestFetch:
    def test_folder_of_the_table_is_used_where_it_is(self, folder, tmp_path):
        assert fetch(make_settings(folder / "list.csv"), tmp_path / "t") == folder.resolve()
        assert not (tmp_path / "t").exists()

    def test_root(self, folder, tmp_path):
        settings = make_settings(tmp_path / "list.csv", root=str(folder / "images"))
        assert fetch(settings, tmp_path / "t") == (folder / "images").resolve()

    @pytest.mark.parametrize("root", [None, "absent", "absent.zip"])
    def test_missing_folder(self, tmp_path, monkeypatch, root):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(UserError, match=r"root: .*absent.* does not exist"):
            fetch(make_settings("absent/list.csv", root=root), tmp_path / "t")

    def test_root_of_another_kind(self, folder, tmp_path):
        settings = make_settings(folder / "list.csv", root=str(folder / "images/a.png"))
        with pytest.raises(UserError, match="neither a folder nor an archive"):
            fetch(settings, tmp_path / "t")

    def test_working_folder_is_refused(self, folder, monkeypatch):
        settings = make_settings(folder / "list.csv")
        monkeypatch.chdir(folder / "images")
        with pytest.raises(UserError, match="holds the folder that the workflow runs in"):
            fetch(settings, folder / "t")
        before = state(settings)
        (folder / "result.txt").write_text("new")
        assert state(settings) == before

    def test_size_limit_of_an_archive(self, folder, tmp_path):
        shutil.make_archive(str(tmp_path / "set"), "zip", folder)
        settings = make_settings("list.csv", root=str(tmp_path / "set.zip"), max_unpacked_gb=1e-9)
        with pytest.raises(UserError, match="would unpack to"):
            fetch(settings, tmp_path / "t")


class TestArchive:
    @pytest.fixture(params=["zip", "tar.gz"])
    def archive(self, request, folder, tmp_path):
        """Return a function that packs `folder`, with a prefix to each name."""

        def pack(prefix=""):
            path = tmp_path / f"set.{request.param}"
            files = [file for file in folder.rglob("*") if file.is_file()]
            names = [(file, prefix + file.relative_to(folder).as_posix()) for file in files]
            if request.param == "zip":
                with zipfile.ZipFile(path, "w") as opened:
                    for file, name in names:
                        opened.write(file, name)
            else:
                with tarfile.open(path, "w:gz") as opened:
                    for file, name in names:
                        opened.add(file, name)
            return path

        return pack

    @pytest.mark.parametrize("prefix", ["", "Set 1/"])
    def test_table_inside(self, archive, tmp_path, prefix):
        settings = make_settings("list.csv", root=str(archive(prefix)))
        root = fetch(settings, tmp_path / "t")
        assert root == tmp_path / "t" / "files"
        paths = list(settings.index(root)["path"])
        assert paths == [f"{prefix}images/{name}" for name in ("a.png", "b.png", "c.jpg")]

    @pytest.mark.parametrize("prefix", ["", "Set 1/"])
    def test_table_beside(self, archive, folder, tmp_path, prefix):
        (folder / "list.csv").rename(tmp_path / "beside.csv")
        settings = make_settings(tmp_path / "beside.csv", root=str(archive(prefix)))
        root = fetch(settings, tmp_path / "t")
        assert all((root / path).is_file() for path in settings.index(root)["path"])

    def test_table_of_the_working_folder_gives_way_to_the_one_inside(
        self, archive, tmp_path, monkeypatch
    ):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "list.csv").write_text("nothing\n")
        settings = make_settings("list.csv", root=str(archive()))
        assert len(settings.index(fetch(settings, tmp_path / "t"))) == 3

    def test_table_nowhere(self, archive, tmp_path):
        settings = make_settings("lits.csv", root=str(archive()))
        with pytest.raises(UserError, match=r"path: there is no table lits\.csv"):
            settings.index(fetch(settings, tmp_path / "t"))


class TestIndex:
    def test_lists_every_row_once(self, folder):
        table = make_settings(folder / "list.csv").index(folder)
        assert table.to_dict("list") == {
            "sample_id": ["images_a", "images_b", "images_c"],
            "path": ["images/a.png", "images/b.png", "images/c.jpg"],
            "label": ["benign", "malignant", "malignant"],
            "group": ["P1", "P2", "P1"],
            "part": ["train", "test", "train"],
        }

    def test_rows_of_other_labels_are_left_out(self, listed, caplog):
        table = listed(TABLE + "absent.png,wart,P9,train\nimages/a.png,,P9,train\n")
        assert len(table) == 3
        assert "2 of 5 rows are left out, whose label is of no class: nothing (1), wart (1)" in (
            caplog.text
        )

    def test_a_label_that_differs_by_its_case_is_told(self, listed, caplog):
        listed(TABLE + "images/x.png,Nevus,P9,train\n")
        assert "of no class: Nevus (1); 'Nevus' is not 'nevus': name both" in caplog.text

    def test_class_without_rows(self, listed):
        classes = {"a": "nevus", "b": ["Melanoma", "x"]}
        expected = r"b has no rows.*label of .*Melanoma or x, but carcinoma \(1\), melanoma \(1\)"
        with pytest.raises(UserError, match=expected):
            listed(TABLE, classes=classes)

    def test_empty_table(self, listed):
        with pytest.raises(UserError, match="but nothing at all"):
            listed("path,label\n")

    def test_columns_by_other_names(self, listed):
        text = "file,dx,who,fold\nimages/a.png,nevus,7,val\nimages/b.png,melanoma,8,\n"
        columns = {"path": "file", "label": "dx", "patient": "who", "split": "fold"}
        table = listed(text, columns=columns)
        assert list(table["group"]) == ["7", "8"]
        assert list(table["part"]) == ["validation", ""]

    @pytest.mark.parametrize("key", ["path", "label", "patient", "split"])
    def test_column_that_was_named_and_is_not_there(self, listed, key):
        expected = rf"no column 'absent'; set columns\.{key} .*path, label, patient, split"
        with pytest.raises(UserError, match=expected):
            listed(TABLE, columns={key: "absent"})

    @pytest.mark.parametrize("key", ["patient", "split"])
    def test_default_name_that_was_written_out_must_be_there(self, listed, key):
        with pytest.raises(UserError, match=f"no column '{key}'"):
            listed("path,label\nimages/a.png,nevus\n" + ROW_B, columns={key: key})

    def test_numbers_are_read_as_they_are_written(self, listed):
        text = "path,label,patient\nimages/a.png,1,007\nimages/b.png,0,1.0\nimages/c.jpg,,3\n"
        table = listed(text, classes={"no": 0, "yes": 1})
        assert list(table["label"]) == ["yes", "no"]
        assert list(table["group"]) == ["007", "1.0"]

    def test_words_for_missing_values_are_labels_too(self, listed):
        text = "path,label\nimages/a.png,NA\nimages/b.png,None\n"
        assert len(listed(text, classes={"a": "NA", "b": "None"})) == 2


ROW_B = "images/b.png,melanoma\n"


class TestPaths:
    def listed_paths(self, listed, first, **settings):
        text = f"path,label\n{first},nevus\n{ROW_B}"
        return list(listed(text, **settings)["path"])

    @pytest.mark.parametrize(
        "first",
        [
            *("images\\a.png", "./images//a.png", " images/a.png ", "images/../images/a.png"),
            *("cohort/images/a.png", ".\\cohort\\images\\a.png", "{root}/images/a.png"),
        ],
    )
    def test_ways_of_writing_a_path(self, folder, listed, first):
        assert self.listed_paths(listed, first.format(root=folder))[0] == "images/a.png"

    def test_accents_are_composed_or_not(self, folder, listed):
        decomposed = unicodedata.normalize("NFD", "images/Jürgen.png")
        make_images(folder, [decomposed])
        composed = unicodedata.normalize("NFC", decomposed)
        assert self.listed_paths(listed, composed) == [decomposed, "images/b.png"]

    def test_letter_case_is_no_way_of_writing(self, listed, caplog):
        assert self.listed_paths(listed, "images/A.png")[0] == "images/A.png"
        assert "is 'images/A.png' meant to be 'images/a.png'?" in caplog.text

    @pytest.mark.parametrize(
        "first",
        ["", ".", "/etc/passwd", "../x.png", "images/../../x.png", "..\\x.png", "C:\\x.png"],
    )
    def test_paths_that_lead_out_are_refused(self, folder, listed, first):
        (folder.parent / "x.png").write_bytes(b"x")
        with pytest.raises(UserError, match=f"1 paths are empty or lead out of .* {folder}"):
            self.listed_paths(listed, first)

    @pytest.mark.parametrize("first", ["images/gone.png", "images"])
    def test_a_file_that_is_not_there_is_told_and_can_not_be_read(
        self, folder, listed, caplog, first
    ):
        assert self.listed_paths(listed, first) == sorted([first, "images/b.png"])
        assert f"1 of 2 images are not there below {folder}, such as '{first}' (line 2)" in (
            caplog.text
        )
        with pytest.raises(ValueError, match="is not there, though the table names it"):
            Manifest.read(folder / first, "")

    def test_no_file_is_there(self, listed):
        text = "path,label\na.PNG,nevus\nx.png,melanoma\n"
        expected = (
            r"2 of 2 images are not there .*'a\.PNG' \(line 2\), .*is 'a\.PNG' meant to be "
            r"'images/a\.png'\?; put them there, or check root, columns\.path and path_template"
        )
        with pytest.raises(UserError, match=expected):
            listed(text)

    def test_paths_below_the_one_folder_beside_the_table(self, listed):
        table = listed("path,label\na.png,nevus\nb.png,melanoma\n")
        assert list(table["path"]) == ["images/a.png", "images/b.png"]

    def test_row_that_names_an_image_again(self, listed):
        with pytest.raises(UserError, match=r"1 rows name an image again.*'images/b\.png'"):
            self.listed_paths(listed, "images\\b.png")

    def test_template(self, listed):
        text = "id,a b,label\na,png,nevus\nc,jpg,melanoma\n"
        table = listed(text, path_template="images/{id}.{a b}")
        assert list(table["path"]) == ["images/a.png", "images/c.jpg"]

    def test_template_takes_nothing_but_columns(self, listed):
        text = "id,label\na,nevus\nb,melanoma\n"
        with pytest.raises(UserError, match=r"no column 'id\.__class__'; set path_template"):
            listed(text, path_template="images/{id.__class__}.png")

    def test_template_cannot_lead_out(self, folder, listed):
        (folder.parent / "x.png").write_bytes(b"x")
        text = "id,label\n../x,nevus\nimages/b,melanoma\n"
        with pytest.raises(UserError, match="lead out of the folder"):
            listed(text, path_template="{id}.png")


class TestPatients:
    def test_images_are_patients_without_a_column(self, listed, caplog):
        table = listed(f"path,label\nimages/a.png,nevus\n{ROW_B}")
        assert list(table["group"]) == list(table["path"])
        assert "no column of patients" in caplog.text

    @pytest.mark.parametrize("settings", [{"patients": "image"}, {"columns": {"patient": None}}])
    def test_images_are_patients_where_asked_for(self, listed, settings):
        table = listed(TABLE, **settings)
        assert list(table["group"]) == list(table["path"])

    def test_image_without_a_patient(self, listed):
        expected = (
            r"column patient: 1 of 3 images have .*nothing is said \(1 image, such as images/b"
        )
        with pytest.raises(UserError, match=expected):
            listed(TABLE.replace("P2", " "))

    def test_an_unknown_patient_may_be_one_of_each_image(self, listed, caplog):
        table = listed(TABLE.replace("P1", "N/A"), unknown_patients="each_image")
        assert list(table["group"]) == ["images/a.png", "P2", "images/c.jpg"]
        assert "2 of 3 images have no patient" in caplog.text

    def test_a_column_that_may_tell_the_patients_is_told(self, listed, caplog):
        listed(TABLE.replace("patient", "Patient-ID"))
        assert "if Patient-ID says whose it is, set columns.patient to that" in caplog.text

    def test_patient_id_of_the_dicom_header(self, folder, listed):
        for name, patient in {"images/a.png": "P7", "images/b.png": "P8"}.items():
            dataset = pydicom.Dataset()
            dataset.file_meta = pydicom.dataset.FileMetaDataset()
            dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
            dataset.SOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
            dataset.SOPInstanceUID = "1.2.3"
            dataset.PatientID = patient
            dataset.save_as(folder / name, enforce_file_format=True)
        text = f"path,label\nimages/a.png,nevus\n{ROW_B}images/gone.dcm,nevus\n"
        table = listed(text, patients="dicom")
        assert list(table["group"]) == ["P7", "P8", "images/gone.dcm"]


ONE_HOT = """image,MEL,NV,BCC
images/a.png,0.0,1.0,0.0
images/b.png,1.0,0.0,0.0
images/c.jpg,0,0,1
"""


class TestLabelColumns:
    SETTINGS: ClassVar = {
        "columns": {"path": "image"},
        "classes": {"malignant": ["MEL", "BCC"], "benign": "NV"},
        "label_columns": ["MEL", "NV", "BCC"],
    }

    def test_the_column_with_1_is_the_label(self, listed):
        labels = list(listed(ONE_HOT, **self.SETTINGS)["label"])
        assert labels == ["benign", "malignant", "malignant"]

    @pytest.mark.parametrize(
        ("row", "what"),
        [("0,0,0", "no label"), (",FALSE,", "no label"), ("1,0,1", "several labels")],
    )
    def test_rows_without_one_label_are_left_out(self, folder, listed, caplog, row, what):
        make_images(folder, ["images/d.png"])
        assert len(listed(f"{ONE_HOT}images/d.png,{row}\n", **self.SETTINGS)) == 3
        assert f"1 of 4 rows have {what} and are left out: line 5" in caplog.text

    def test_probabilities_are_no_labels(self, listed):
        expected = r"column MEL say neither 1 nor 0, such as '0\.9' \(line 3\)"
        with pytest.raises(UserError, match=expected):
            listed(ONE_HOT.replace("png,1.0", "png,0.9"), **self.SETTINGS)

    def test_a_table_without_rows(self, listed):
        with pytest.raises(UserError, match="malignant has no rows: the column label_columns of"):
            listed("image,MEL,NV,BCC\n", **self.SETTINGS)

    def test_they_are_proposed(self, listed):
        settings = {name: self.SETTINGS[name] for name in ("columns", "classes")}
        expected = r"no column 'label', but one for each class: .*label_columns: \[MEL, BCC, NV\]"
        with pytest.raises(UserError, match=expected):
            listed(ONE_HOT, **settings)


class TestParts:
    @pytest.mark.parametrize(
        ("written", "part"),
        [
            *(("train", "train"), ("Training", "train")),
            *(("VALIDATION", "validation"), ("valid", "validation"), ("val", "validation")),
            *(("dev", "validation"), ("Test", "test"), ("testing", "test"), (" ", "")),
        ],
    )
    def test_ways_of_writing_a_part(self, listed, written, part):
        text = f"path,label,split\nimages/a.png,nevus,{written}\n{ROW_B[:-1]},test\n"
        assert list(listed(text)["part"]) == [part, "test"]

    def test_other_words(self, listed):
        with pytest.raises(UserError, match=r"split has values that are no part: 3 \(1\);"):
            listed(TABLE.replace("test", "3"))

    def test_column_can_be_passed_over(self, listed):
        assert "part" not in listed(TABLE.replace("test", "3"), columns={"split": None})


class TestFormats:
    def test_tab_separated(self, listed):
        assert len(listed(TABLE.replace(",", "\t"), "list.TSV")) == 3

    def test_compressed(self, folder):
        (folder / "list.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
        assert len(make_settings(folder / "list.csv.gz").index(folder)) == 3

    def test_mark_that_windows_puts_first(self, listed):
        assert len(listed(f"\ufeff{TABLE}")) == 3

    def test_spaces_after_commas(self, listed):
        assert len(listed(TABLE.replace(",", ", "))) == 3

    def test_commas_at_the_end_of_rows(self, listed):
        text = f"path,label\nimages/a.png,nevus,\n{ROW_B[:-1]},\n"
        assert list(listed(text)["path"]) == ["images/a.png", "images/b.png"]

    def write_parquet(self, folder, **columns):
        paths = ["images/a.png", "images/b.png", "images/c.jpg"]
        pd.DataFrame({"path": paths, **columns}).to_parquet(folder / "list.parquet")
        return make_settings(folder / "list.parquet", classes={"no": 0, "yes": 1})

    def test_parquet(self, folder):
        settings = self.write_parquet(folder, label=[0, 1, 1], patient=[2**60 + 1, 5, 5])
        table = settings.index(folder)
        assert list(table["label"]) == ["no", "yes", "yes"]
        assert list(table["group"]) == [str(2**60 + 1), "5", "5"]

    @pytest.mark.parametrize("dtype", ["float64", "Int64"])
    def test_parquet_numbers_where_some_are_missing(self, folder, dtype):
        label = pd.Series([0, 1, None], dtype=dtype)
        patient = pd.Series([2**60 + 1, 5, None], dtype="Int64")
        table = self.write_parquet(folder, label=label, patient=patient).index(folder)
        assert list(table["label"]) == ["no", "yes"]
        assert list(table["group"]) == [str(2**60 + 1), "5"]

    def test_parquet_with_an_index_and_categories(self, folder):
        table = pd.DataFrame(
            {"label": pd.Categorical(["nevus", "melanoma"])},
            index=pd.Index(["images/a.png", "images/b.png"], name="path"),
        )
        table.to_parquet(folder / "list.parquet")
        listed = make_settings(folder / "list.parquet").index(folder)
        assert list(listed["label"]) == ["benign", "malignant"]

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("list.csv", b"", "cannot be read as a table"),
            ("list.csv", b'path,label\n"a,b\n', "cannot be read as a table"),
            ("list.csv", b"path,label\na,b\na,b,c,d\n", "cannot be read as a table"),
            (
                "list.csv.gz",
                gzip.compress(TABLE.encode(), mtime=0)[:40],
                "cannot be unpacked",
            ),
            ("list.parquet", TABLE.encode(), "cannot be read as a table"),
        ],
    )
    def test_unreadable(self, folder, name, content, message):
        (folder / name).write_bytes(content)
        with pytest.raises(UserError, match=message):
            make_settings(folder / name).index(folder)


class TestState:
    def test_is_missing_where_there_is_nothing(self, tmp_path):
        assert state(make_settings(tmp_path / "absent" / "x.csv")) == "missing"

    def test_changes_with_the_table_and_with_the_images(self, folder):
        settings = make_settings(folder / "list.csv")
        states = [state(settings), state(settings)]
        assert states[0] == states[1]
        (folder / "list.csv").write_text(TABLE + "\n")
        states.append(state(settings))
        (folder / "images/a.png").write_bytes(b"another")
        states.append(state(settings))
        assert len(set(states)) == 3

    def test_changes_with_a_table_outside_root(self, folder, tmp_path):
        settings = make_settings(tmp_path / "list.csv", root=str(folder))
        states = {state(settings)}
        for text in ("path,label\na,b\n", "path,label\na,c\n"):
            (tmp_path / "list.csv").write_text(text)
            states.add(state(settings))
        assert len(states) == 3

    def test_raw_files_are_shared_by_data_sets_of_one_root(self, folder):
        raw = make_settings(folder / "list.csv").raw_settings()
        assert raw == make_settings("other.csv", root=str(folder)).raw_settings()
        assert raw != make_settings("other.csv", root=str(folder / "images")).raw_settings()


@pytest.mark.skipif(not SKIN_LESIONS.is_file(), reason=f"{SKIN_LESIONS} is not there")
def test_real_archive(tmp_path):
    settings = make_settings(
        "metadata.csv",
        root=str(SKIN_LESIONS),
        path_template="images/{isic_id}.jpg",
        columns={"label": "benign_malignant", "patient": "patient_id"},
        classes={"benign": "benign", "malignant": "malignant"},
    )
    root = fetch(settings, tmp_path)
    table = settings.index(root)
    assert table["label"].value_counts().to_dict() == {"benign": 500, "malignant": 250}
    patients = pd.read_csv(root / "metadata.csv", index_col="isic_id")["patient_id"]
    assert list(table["group"]) == [patients[PurePosixPath(path).stem] for path in table["path"]]
    image = settings.read(root / table["path"][0], "")
    assert np.asarray(image).shape == (224, 224, 3)


def test_images_that_no_row_names_are_told(tmp_path, caplog):
    for name in ("a.png", "b.png", "c.png", "sub/d.jpg", "notes.txt"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    (tmp_path / "table.csv").write_text("path,label\na.png,x\n./b.png,y\nc.png,z\n")
    table = str(tmp_path / "table.csv")
    listed = Manifest(source="manifest", path=table, classes={"x": "x", "y": "y"}).index(tmp_path)
    assert list(listed["path"]) == ["a.png", "b.png"]
    assert "no row names are left out: 1, such as sub/d.jpg" in caplog.text
