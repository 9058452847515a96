"""Images in class folders, on disk or in a ZIP file."""

import os
import re
import zipfile

import pytest
from pydantic import ValidationError

from synthmix.datasets.image_folder import ImageFolder
from synthmix.errors import UserError

CLASSES = {"cancer": ["Benign", "sub/Cancer"], "normal": "Normal"}
IMAGES = ["Benign/7/b.PNG", "Benign/7/a.jpg", "Normal/n 1.tif", "sub/Cancer/deep/er/c.bmp"]


def make_files(root, names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())


def make_settings(path, **more):
    values = {"source": "image_folder", "path": str(path), "classes": CLASSES}
    return ImageFolder(**(values | more))


@pytest.fixture
def root(tmp_path):
    make_files(tmp_path / "raw", IMAGES)
    return tmp_path / "raw"


class TestSettings:
    def test_classes_keep_their_order(self):
        settings = make_settings("x", classes={"b": "B", "a": ["A", "C"], "c": ["D"]})
        assert settings.class_names() == ("b", "a", "c")
        assert settings.classes["b"] == ["B"]

    @pytest.mark.parametrize(
        ("classes", "message"),
        [
            ({"a": "A"}, "at least 2"),
            ({"a": "A", "b": []}, "at least 1"),
            ({"a": ["A", "B"], "b": "B/"}, "'B' stands under both a and b"),
            ({"a": ["A", "A"], "b": "B"}, "'A' stands twice under a"),
            ({"a": "A", "b": "A/B"}, "'A/B' lies inside 'A'"),
            ({"a": "A/B", "b": "A"}, "'A/B' lies inside 'A'"),
            ({"a": "A", "b": "../B"}, "below path"),
            ({"a": "A", "b": "/B"}, "below path"),
            ({"a": "A", "b": "B\\C"}, "below path"),
        ],
    )
    def test_mistaken_classes(self, classes, message):
        with pytest.raises(ValidationError, match=re.escape(message)):
            make_settings("x", classes=classes)


def fetch(settings, target):
    return ImageFolder.fetch(settings.raw_settings(), target)


def state(settings):
    """Return all that a change of the files behind a data set changes."""
    raw = ImageFolder.raw_state(settings.raw_settings())
    return raw if raw == "missing" else raw + settings.extra_state()


class TestFetch:
    def test_folder_is_used_where_it_is(self, root, tmp_path):
        assert fetch(make_settings(root), tmp_path / "target") == root.resolve()
        assert not (tmp_path / "target").exists()

    def test_relative_path_and_home(self, root, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path))
        for path in ("raw", "~/raw"):
            assert fetch(make_settings(path), tmp_path / "t") == root.resolve()

    @pytest.mark.parametrize("path", ["absent", "absent.zip", "~nobody-of-this-name/x"])
    def test_missing_path(self, tmp_path, monkeypatch, path):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(UserError, match=f"^path: .*{path[1:]} does not exist.*set it to"):
            fetch(make_settings(path), tmp_path / "target")

    def test_path_of_another_file(self, tmp_path):
        make_files(tmp_path, ["images.rar"])
        with pytest.raises(UserError, match="neither a folder nor an archive"):
            fetch(make_settings(tmp_path / "images.rar"), tmp_path / "target")

    @pytest.mark.parametrize("prefix", ["", "Set 1/"])
    def test_zip(self, tmp_path, prefix):
        with zipfile.ZipFile(tmp_path / "set.ZIP", "w") as archive:
            for name in IMAGES:
                archive.writestr(prefix + name, name)
        settings = make_settings(tmp_path / "set.ZIP")
        fetched = fetch(settings, tmp_path / "target")
        assert fetched == tmp_path / "target" / "files"
        paths = list(settings.index(fetched)["path"])
        assert paths == [prefix + name for name in IMAGES_SORTED]

    def test_zip_whose_only_folder_is_a_class_folder(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
            archive.writestr("data/Benign/a.png", "a")
            archive.writestr("data/Normal/b.png", "b")
        classes = {"cancer": "data/Benign", "normal": "data/Normal"}
        settings = make_settings(tmp_path / "set.zip", classes=classes)
        assert fetch(settings, tmp_path / "t") == tmp_path / "t" / "files"


IMAGES_SORTED = sorted(IMAGES)


class TestIndex:
    def test_lists_every_image_once(self, root):
        table = make_settings(root).index(root)
        assert list(table.columns) == ["sample_id", "path", "label", "group"]
        assert table.to_dict("list") == {
            "sample_id": ["Benign_7_a", "Benign_7_b", "Normal_n_1", "sub_Cancer_deep_er_c"],
            "path": IMAGES_SORTED,
            "label": ["cancer", "cancer", "normal", "cancer"],
            "group": IMAGES_SORTED,
        }

    def test_passes_over_hidden_excluded_and_other_files(self, root):
        make_files(root, ["Normal/.x.png", "Normal/.h/y.png", "Normal/notes.txt"])
        make_files(root, ["Benign/7/a_Mask.jpg", "Benign/_Mask_/kept.jpg", "Elsewhere/z.png"])
        table = make_settings(root, exclude=["*_Mask*"]).index(root)
        assert list(table["path"]) == sorted([*IMAGES, "Benign/_Mask_/kept.jpg"])

    def test_identifiers_are_unique(self, root):
        make_files(root, ["Normal/a.png", "Normal/a.jpg", "Normal/a-2.png", "Normal/é.png"])
        make_files(root, ["Normal/ü.png"])
        identifiers = make_settings(root).index(root)["sample_id"]
        assert identifiers.is_unique
        assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in identifiers)
        assert {"Normal_a", "Normal_a-2", "Normal__", "Normal__-2"} <= set(identifiers)

    def test_missing_class_folder(self, root):
        settings = make_settings(root, classes={"a": "benin", "b": "Normal"})
        with pytest.raises(UserError, match=r"benin .*did you mean Benign\?.*Benign, Normal, sub"):
            settings.index(root)

    def test_missing_nested_class_folder(self, root):
        settings = make_settings(root, classes={"a": "sub/Kancer", "b": "Normal"})
        with pytest.raises(UserError, match=r"did you mean sub/Cancer\?"):
            settings.index(root)

    def test_class_without_images(self, root):
        settings = make_settings(root, exclude=["n*"])
        with pytest.raises(UserError, match="normal has no images in Normal"):
            settings.index(root)


class TestPatients:
    def test_folder(self, root):
        (root / "Normal/n 1.tif").unlink()
        make_files(root, ["Normal/7/visit 1/x.png", "Normal/7/visit 2/x.png", "Normal/8/x.png"])
        groups = {
            patients: list(make_settings(root, patients=patients).index(root)["group"])
            for patients in ("folder", "folder_in_class")
        }
        assert groups["folder"] == ["7", "7", "7", "7", "8", "deep"]
        assert groups["folder_in_class"] == [
            *("cancer/7", "cancer/7", "normal/7", "normal/7", "normal/8", "cancer/deep")
        ]

    def test_a_folder_below_two_classes_is_told(self, root, caplog):
        make_files(root, ["Normal/7/x.png", "Normal/8/x.png"])
        make_settings(root, patients="folder", unknown_patients="each_image").index(root)
        assert "1 patients have folders below several classes, such as 7" in caplog.text

    def test_loose_images_beside_folders_of_patients(self, root, caplog):
        with pytest.raises(UserError, match=r"1 of 4 .*loose in the folder.*Normal/n 1\.tif"):
            make_settings(root, patients="folder").index(root)
        settings = make_settings(root, patients="folder", unknown_patients="each_image")
        assert list(settings.index(root)["group"]) == ["7", "7", "Normal/n 1.tif", "deep"]
        assert re.search(r"loose .*Normal/n 1\.tif.*Each .* a patient of its own", caplog.text)

    def test_a_folder_for_nobody(self, root):
        make_files(root, ["Normal/Unknown/a.png"])
        (root / "Normal/n 1.tif").unlink()
        for patients in ("folder", "folder_in_class"):
            with pytest.raises(UserError, match=r"'Unknown' is no patient \(1 image"):
                make_settings(root, patients=patients).index(root)

    def test_one_folder_around_all_is_no_patient(self, tmp_path):
        make_files(tmp_path, ["a/images/P1/x.png", "a/images/P2/x.png", "b/images/P3/x.png"])
        settings = make_settings(tmp_path, classes={"a": "a", "b": "b"}, patients="folder")
        with pytest.raises(UserError, match=r"the only one is images: .*CLASS/images"):
            settings.index(tmp_path)

    def write_csv(self, root, text):
        path = root.parent / "patients.csv"
        path.write_text(text, encoding="utf-8")
        return make_settings(root, patients=str(path))

    def test_csv(self, root):
        rows = "".join(f"{name},x,00{i // 2}\n" for i, name in enumerate(IMAGES_SORTED))
        settings = self.write_csv(root, f"file,age,patient\n{rows}other.png,x,9\n")
        groups = settings.index(root)["group"]
        assert list(groups) == ["000", "000", "001", "001"]

    def test_absent_csv(self, root):
        settings = make_settings(root, patients="absent.csv")
        with pytest.raises(UserError, match=r"patients: absent\.csv does not exist"):
            settings.index(root)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "cannot be read"),
            ("name,patient\na,b\n", "lacks the column file"),
            ("name\na\n", "lacks the column file and patient"),
            ("file,patient\nBenign/7/a.jpg,1\nBenign/7/a.jpg,2\n", r"several.*Benign/7/a\.jpg"),
        ],
    )
    def test_mistaken_csv(self, root, text, message):
        with pytest.raises(UserError, match=message):
            self.write_csv(root, text).index(root)

    def test_images_without_a_row_or_a_patient(self, root):
        make_files(root, ["Normal/z.png"])
        settings = self.write_csv(root, "file,patient\nBenign/7/a.jpg,1\nBenign/7/b.PNG,\n")
        expected = (
            "4 of 5 images have no patient that is known: no row names it (3 images, such as "
            "Normal/n 1.tif, Normal/z.png, ...); nothing is said (1 image, such as Benign/7/b.PNG)"
        )
        with pytest.raises(UserError, match=re.escape(expected)):
            settings.index(root)

    def test_ways_of_writing_the_table_and_its_files(self, root):
        text = (
            "\ufeffPatient ; FILE\r\n"
            " 1;Benign\\7\\a.jpg\r\n1\u200b;./Benign/7/b.PNG\r\n"
            "\r\n2;raw/Normal/n 1.tif \r\n"
        )
        settings = self.write_csv(root, f"{text}3;{root}/sub/Cancer/deep/er/c.bmp\r\n")
        assert list(settings.index(root)["group"]) == ["1", "1", "2", "3"]

    def test_rows_of_other_files_are_told(self, root, caplog):
        rows = "".join(f"{name},{number}\n" for number, name in enumerate(IMAGES))
        self.write_csv(root, f"file,patient\n{rows}Normal/N 1.TIF,9\n").index(root)
        expected = "1 of its 5 rows name none of the images, such as 'Normal/N 1.TIF'; is "
        assert f"{expected}'Normal/N 1.TIF' meant to be 'Normal/n 1.tif'?" in caplog.text

    def test_a_table_of_other_images(self, root):
        settings = self.write_csv(root, "file,patient\na.jpg,1\nx.png,2\n")
        expected = r"names none .*'a\.jpg', 'x\.png', and the images are called 'Benign/7/a\.jpg'"
        with pytest.raises(UserError, match=f"{expected}.*is 'a.jpg' meant to be 'Benign/7/a.jpg'"):
            settings.index(root)

    def test_a_known_patient_counts_more_than_an_unknown_one(self, root):
        rows = "".join(f"{name},NA\n{name},P{number}\n" for number, name in enumerate(IMAGES))
        groups = self.write_csv(root, f"file,patient\n{rows}").index(root)["group"]
        assert list(groups) == ["P1", "P0", "P2", "P3"]


class TestState:
    def test_is_missing_where_there_is_nothing(self, tmp_path):
        assert state(make_settings(tmp_path / "absent")) == "missing"

    def test_changes_with_the_files_of_a_folder(self, root):
        settings = make_settings(root)
        states = [state(settings), state(settings)]
        assert states[0] == states[1]
        assert re.fullmatch("[0-9a-f]{16}", states[0])
        make_files(root, ["Normal/new.png"])
        states.append(state(settings))
        (root / "Normal/new.png").write_bytes(b"longer than before")
        states.append(state(settings))
        (root / "Normal/new.png").rename(root / "Normal/now.png")
        states.append(state(settings))
        assert len(set(states)) == 4

    def test_changes_with_a_zip_file(self, tmp_path):
        states = set()
        for content in ("one", "two"):
            with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
                archive.writestr("a.png", content)
            states.add(state(make_settings(tmp_path / "set.zip")))
        assert len(states) == 2

    def test_changes_with_the_patients(self, root, tmp_path):
        patients = tmp_path / "patients.csv"
        settings = make_settings(root, patients=str(patients))
        states = {state(settings)}
        for text in ("file,patient\na,1\n", "file,patient\na,2\n"):
            patients.write_text(text)
            states.add(state(settings))
        assert len(states) == 3


def test_a_file_replaced_by_one_of_its_size_is_noticed(root):
    before = state(make_settings(root))
    file = next(path for path in sorted(root.rglob("*")) if path.is_file())
    content = file.read_bytes()
    os.utime(file, ns=(0, 1))
    file.write_bytes(content[::-1])
    assert state(make_settings(root)) != before


def test_raw_files_are_shared_by_data_sets_of_one_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    raw = make_settings("a").raw_settings()
    assert raw == make_settings("a", patients="folder").raw_settings()
    assert raw == make_settings(tmp_path / "a").raw_settings()
    assert raw != make_settings("b").raw_settings()


def test_class_folders_are_not_patients(tmp_path):
    make_files(tmp_path, ["Benign/a.png", "sub/Cancer/b.png", "Normal/c.png"])
    with pytest.raises(UserError, match="the images lie in the class folders themselves"):
        make_settings(tmp_path, patients="folder").index(tmp_path)
