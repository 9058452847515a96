"""Folders of classes and of parts, however they are named and wrapped."""

import os
import unicodedata

import pytest
import yaml
from pydantic import ValidationError

from synthmix.datasets.image_folder import ImageFolder
from synthmix.datasets.manifest import Manifest
from synthmix.errors import UserError

NFC, NFD = (unicodedata.normalize(form, "Bösartig") for form in ("NFC", "NFD"))
KAGGLE = {"train": 3, "val": 1, "test": 2}


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"image")


def settings_of(path, classes, **more):
    return ImageFolder(source="image_folder", path=str(path), classes=classes, **more)


def paths_of(root, classes, **more):
    return list(settings_of(root, classes, **more).index(root)["path"])


class TestNames:
    @pytest.mark.parametrize("here", [NFC, NFD])
    @pytest.mark.parametrize("asked", [NFC, NFD])
    def test_composed_and_decomposed_letters_are_the_same(self, tmp_path, here, asked):
        make(tmp_path, f"sub/{here}/a.png", "well/b.png")
        classes = {"sick": f"sub/{asked}", "well": "well"}
        assert paths_of(tmp_path, classes) == [f"sub/{here}/a.png", "well/b.png"]

    @pytest.mark.parametrize(("here", "asked"), [(NFC, NFD), (NFD, NFC)])
    def test_the_path_itself_may_have_other_letters(self, tmp_path, here, asked):
        make(tmp_path, f"{here}/sick/a.png", f"{here}/well/b.png")
        raw = settings_of(tmp_path / asked, {"sick": "sick", "well": "well"}).raw_settings()
        assert raw["path"] == str(tmp_path / here)

    def test_folders_that_look_the_same_are_refused(self, tmp_path):
        make(tmp_path, f"{NFC}/a.png", f"{NFD}/b.png", "well/c.png")
        with pytest.raises(UserError, match="2 folders whose names look the same, Bösartig"):
            paths_of(tmp_path, {"sick": NFC, "well": "well"})

    @pytest.mark.parametrize("raw", [b"B\xf6sartig", b"B\x94sartig"])
    @pytest.mark.parametrize("asked", [NFC, None])
    def test_a_name_that_is_not_utf_8(self, tmp_path, raw, asked):
        make(tmp_path, f"{os.fsdecode(raw)}/a.png", "well/b.png")
        shown = raw.decode("utf-8", "backslashreplace")
        classes = {"sick": asked or shown, "well": "well"}
        assert paths_of(tmp_path, classes) == [f"{shown}/a.png", "well/b.png"]

    def test_letter_case_is_a_hint(self, tmp_path):
        make(tmp_path, "Sick/a.png", "well/b.png")
        with pytest.raises(UserError, match=r"did you mean Sick\?"):
            paths_of(tmp_path, {"sick": "sick", "well": "well"})

    def test_a_folder_of_nearly_the_same_name_is_told(self, tmp_path, caplog):
        make(tmp_path, "sick/a.png", "Sick/b.png", "well/c.png", "well /d.png")
        assert len(paths_of(tmp_path, {"sick": "sick", "well": "well"})) == 2
        assert "beside sick there is a folder 'Sick', whose images no class takes" in caplog.text
        assert "beside well there is a folder 'well '," in caplog.text

    def test_archives_in_place_of_folders_are_named(self, tmp_path):
        make(tmp_path, "sick.zip", "well.zip")
        with pytest.raises(UserError, match=r"at all; unpack what is in sick\.zip, well\.zip"):
            paths_of(tmp_path, {"sick": "sick", "well": "well"})


class TestWrappers:
    @pytest.mark.parametrize("wrapper", ["data/", "a/b/c/", f"Set {NFD}/"])
    @pytest.mark.parametrize(
        "beside", [(), (".DS_Store", "__MACOSX/._x"), ("README.md", "Thumbs.db"), (".git/HEAD",)]
    )
    def test_folders_around_the_class_folders_do_not_matter(self, tmp_path, wrapper, beside):
        make(tmp_path, f"{wrapper}sick/a.png", f"{wrapper}well/b.png", *beside)
        make(tmp_path, *(wrapper + name for name in beside))
        found = paths_of(tmp_path, {"sick": "sick", "well": "well"})
        assert found == [f"{wrapper}sick/a.png", f"{wrapper}well/b.png"]

    def test_the_same_of_a_manifest(self, tmp_path):
        make(tmp_path, "a/b/x.png", "a/b/y.png", ".DS_Store", "a/README")
        (tmp_path / "a/b/t.csv").write_text("path,label\nx.png,1\ny.png,0\n")
        table = Manifest(
            source="manifest", path="t.csv", root=str(tmp_path), classes={"sick": "1", "well": "0"}
        )
        assert list(table.index(tmp_path)["path"]) == ["a/b/x.png", "a/b/y.png"]

    def test_one_of_two_folders_is_not_guessed(self, tmp_path):
        make(tmp_path, "one/sick/a.png", "one/well/b.png", "two/sick/c.png")
        with pytest.raises(
            UserError, match=r"below .*one, two; deeper there is one/sick, two/sick"
        ):
            paths_of(tmp_path, {"sick": "sick", "well": "well"})

    def test_folders_of_parts_that_are_no_test_are_named(self, tmp_path):
        make(
            tmp_path, *(f"set/{p}/{c}/a.png" for p in ("train", "valid") for c in ("sick", "well"))
        )
        with pytest.raises(UserError, match=r"deeper there is set/train/sick, set/valid/sick$"):
            paths_of(tmp_path, {"sick": "sick", "well": "well"})


@pytest.fixture
def kaggle(tmp_path):
    for part, count in KAGGLE.items():
        for label in ("SICK", "NORMAL"):
            names = (f"{part}/{label}/{part}{number}.png" for number in range(count))
            make(tmp_path, *names)
    return tmp_path


OFFICIAL = "\n    split: {method: official}"
CLASSES = {"sick": "SICK", "well": "NORMAL"}
PARTS = {"train": "train", "validation": "val", "test": "test"}


def proposed(text):
    """Return the settings that the lines of a message say."""
    lines = [line for line in str(text).splitlines() if line.startswith("    ")]
    return yaml.safe_load("\n".join(lines))


class TestParts:
    def test_each_image_has_its_part(self, kaggle):
        table = settings_of(kaggle, CLASSES, parts=PARTS).index(kaggle)
        counts = table.groupby(["part", "label"]).size().to_dict()
        expected = {"train": 3, "validation": 1, "test": 2}
        assert counts == {(p, c): n for p, n in expected.items() for c in ("sick", "well")}
        for row in table.itertuples():
            part, folder, _ = row.path.split("/")
            assert (PARTS[row.part], CLASSES[row.label]) == (part, folder)
        assert table["sample_id"].is_unique

    def test_several_folders_of_a_part_in_a_wrapper(self, kaggle):
        make(kaggle, "train2/SICK/more.png", "train2/NORMAL/more.png")
        (kaggle.parent / "around").mkdir()
        root = kaggle.rename(kaggle.parent / "around" / "set").parent
        parts = PARTS | {"train": ["train", "train2"]}
        table = settings_of(root, CLASSES, parts=parts).index(root)
        assert table["part"].value_counts().to_dict() == {"train": 8, "test": 4, "validation": 2}
        assert table["path"].str.startswith("set/").all()

    def test_parts_may_lie_in_the_class_folders(self, tmp_path):
        make(tmp_path, *(f"{c}/{p}/a.png" for c in ("SICK", "NORMAL") for p in ("train", "test")))
        parts = {"train": "train", "test": "test"}
        table = settings_of(tmp_path, CLASSES, parts=parts).index(tmp_path)
        assert table["part"].tolist() == ["test", "train", "test", "train"]
        assert table["path"][0] == "NORMAL/test/a.png"

    def test_a_class_that_is_missing_in_one_part_is_told(self, kaggle, caplog):
        (kaggle / "val" / "SICK" / "val0.png").unlink()
        (kaggle / "val" / "SICK").rmdir()
        assert len(settings_of(kaggle, CLASSES, parts=PARTS).index(kaggle)) == 11
        assert "sick has no folder SICK in val, the folder of the part validation" in caplog.text

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            (
                {"parts": PARTS | {"validation": "valid"}},
                "parts: validation: .*valid .*, train",
            ),
            ({"classes": CLASSES | {"sick": "ILL"}}, "sick has no folder ILL in any of train, val"),
        ],
    )
    def test_what_is_nowhere_is_refused(self, kaggle, changes, message):
        settings = settings_of(kaggle, **{"classes": CLASSES, "parts": PARTS} | changes)
        with pytest.raises(UserError, match=message):
            settings.index(kaggle)

    def test_another_letter_case_in_one_part_is_told(self, kaggle, caplog):
        (kaggle / "test" / "SICK").rename(kaggle / "test" / "Sick")
        settings_of(kaggle, CLASSES, parts=PARTS).index(kaggle)
        expected = (
            "has no folder SICK in test, the folder of the part test; Sick is there: name both"
        )
        assert expected in caplog.text
        caplog.clear()
        both = CLASSES | {"sick": ["SICK", "Sick"]}
        assert len(settings_of(kaggle, both, parts=PARTS).index(kaggle)) == 12
        assert "is there" not in caplog.text

    @pytest.mark.parametrize(
        "parts", [{"train": "../x"}, {"train": "x", "test": "x"}, {"dev": "x"}, {"train": []}]
    )
    def test_mistaken_parts(self, parts):
        with pytest.raises(ValidationError, match="parts"):
            settings_of("x", CLASSES, parts=parts)


class TestProposals:
    """The lines that a message proposes are those that read the parts as they are."""

    def check(self, root, text):
        lines = proposed(text)
        assert lines.pop("split") == {"method": "official"}
        table = settings_of(root, **lines).index(root)
        assert len(table) == 12
        first = table["path"].str.split("/").str[0]
        assert first.tolist() == [PARTS[part] for part in table["part"]]

    def test_where_the_class_folders_are_in_those_of_parts(self, kaggle):
        with pytest.raises(UserError, match="the folders train and test, of parts") as told:
            settings_of(kaggle, CLASSES).index(kaggle)
        self.check(kaggle, told.value)

    def test_where_a_folder_is_around_those_of_parts(self, kaggle, tmp_path_factory):
        around = tmp_path_factory.mktemp("archive")
        kaggle.rename(around / "chest_xray")
        with pytest.raises(UserError, match="the folders train and test, of parts") as told:
            settings_of(around, CLASSES).index(around)
        table = settings_of(around, **proposed(told.value)).index(around)
        assert table["part"].value_counts().to_dict() == {"train": 6, "test": 4, "validation": 2}

    def test_where_classes_name_the_folders_of_parts(self, kaggle, caplog):
        classes = {label: [f"{p}/{n}" for p in KAGGLE] for label, n in CLASSES.items()}
        settings = settings_of(kaggle, classes)
        assert len(settings.index(kaggle)) == 12
        assert "dealt out anew" in caplog.text
        self.check(kaggle, caplog.records[0].getMessage())
        said, lines = settings.without_parts().split(", such as ")
        assert said.startswith("has no parts: name the folders of train and test")
        self.check(kaggle, "\n".join(f"    {line}" for line in lines.split(" and ")) + OFFICIAL)

    def test_where_the_parts_are_in_the_class_folders(self, tmp_path, caplog):
        make(tmp_path, *(f"{c}/{p}/a.png" for c in ("SICK", "NORMAL") for p in ("Train", "TEST")))
        assert len(settings_of(tmp_path, CLASSES).index(tmp_path)) == 4
        lines = proposed(caplog.records[0].getMessage())
        del lines["split"]
        table = settings_of(tmp_path, **lines).index(tmp_path)
        assert table["part"].value_counts().to_dict() == {"train": 2, "test": 2}

    def test_nothing_is_proposed_where_parts_are_no_use(self, kaggle, caplog):
        classes = {"sick": "train/SICK", "well": "train/NORMAL"}
        assert len(settings_of(kaggle, classes).index(kaggle)) == 6
        assert "parts" not in caplog.text
        assert settings_of(kaggle, CLASSES, parts=PARTS).without_parts() is None
        assert "parts: {train: train, test: test}" in settings_of(kaggle, CLASSES).without_parts()
