"""Which files below a folder are images, and what is said of the others."""

import os
import unicodedata

import pytest
from PIL import Image

from synthmix.datasets.found_files import find_files, suffix_of, visible_files
from synthmix.datasets.image_folder import ImageFolder
from synthmix.datasets.nifti_folder import NiftiFolder
from synthmix.errors import UserError
from synthmix.prepare.index_dataset import index_dataset
from synthmix.prepare.passed_over import CLUTTER, in_words

SUFFIXES = ImageFolder.suffixes


def make(folder, *names, content=b"anything"):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def found(folder, suffixes=SUFFIXES, **options):
    return {file.path: file.reason for file in find_files(folder, suffixes, **options)}


def jpeg(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8)).save(path, "JPEG")


def test_files_are_images_or_have_a_reason(tmp_path):
    make(tmp_path, "a.png", "b.JFIF", "c.jpe", "d.avif", "e.IMA", "sub/f.j2k", "gone.txt")
    reasons = {
        "notes.txt": "unknown suffix",
        "README": "no suffix, and no image by its content",
        "1.2.3.4": "no suffix, and no image by its content",
        "more.zip": "an archive: unpack it",
        "sub/more.tar.gz": "an archive: unpack it",
        "more.RAR": "an archive: unpack it",
        "scan.nii.gz": "a volume: source: nifti_folder reads it",
        "DICOMDIR": "the table of contents of a DICOM medium",
        ".DS_Store": CLUTTER,
        "._a.png": CLUTTER,
        "Thumbs.db": CLUTTER,
        "sub/@eaDir/a.png/SYNOPHOTO_THUMB_XL.jpg": CLUTTER,
        ".hidden/x.png": CLUTTER,
        ".b.png.icloud": "kept in iCloud: have it downloaded",
    }
    make(tmp_path, *reasons)
    images = ("a.png", "b.JFIF", "c.jpe", "d.avif", "e.IMA", "sub/f.j2k")
    assert found(tmp_path) == dict.fromkeys(images, "") | reasons | {"gone.txt": "unknown suffix"}


def test_contents_count_where_names_say_nothing(tmp_path):
    dicom = bytes(128) + b"DICM" + bytes(20)
    make(tmp_path, "IM0001", "1.2.840.5", "slice.v2", "called.bak", content=dicom)
    for name in ("1D3F", "scan.07"):
        jpeg(tmp_path / name)
    assert found(tmp_path) == dict.fromkeys(
        ("1.2.840.5", "1D3F", "IM0001", "called.bak", "scan.07", "slice.v2"), ""
    )
    jpeg(tmp_path / "from_twitter.jpg_large")
    told = found(tmp_path)["from_twitter.jpg_large"]
    assert told == "unknown suffix: a picture by its content, .jpg if it is a plain one"


def test_volumes_are_known_by_their_names_alone(tmp_path):
    make(tmp_path, "a.nii", "b.nii.gz", "c.json", "d.png", "e.img", "e.hdr", "f.hdr")
    make(tmp_path, "IM1", content=bytes(128) + b"DICM")
    assert found(tmp_path, NiftiFolder.suffixes) == {
        "a.nii": "",
        "b.nii.gz": "",
        "c.json": "unknown suffix",
        "d.png": "a picture: source: image_folder reads it",
        "e.img": "",
        "f.hdr": "a volume: source: nifti_folder reads it",
        "IM1": "no suffix, DICOM by its content: the sources image_folder and dicom_series read it",
    }


def test_links_to_nothing_are_images_that_cannot_be_read(tmp_path):
    (tmp_path / "annexed.png").symlink_to(".git/annex/objects/x")
    (tmp_path / "circle.jpg").symlink_to("circle.jpg")
    (tmp_path / "notes.txt").symlink_to("gone")
    (tmp_path / "zeros.png").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.png")
    assert found(tmp_path) == {
        "annexed.png": "",
        "circle.jpg": "",
        "notes.txt": "unknown suffix, and a link to nothing",
        "pipe.png": "no file, but a device or a pipe",
        "zeros.png": "no file, but a device or a pipe",
    }


def test_folders_are_looked_through_once_by_their_own_names(tmp_path):
    make(tmp_path, "well/a.png", "sick/real/b.png", "elsewhere/deep/c.png")
    sick = tmp_path / "sick"
    (sick / "a_link").symlink_to("real")
    (sick / "loop").symlink_to(".")
    (sick / "up").symlink_to("..")
    (sick / "other").symlink_to("../well")
    (sick / "outside").symlink_to("../elsewhere")
    (sick / "outside_again").symlink_to("../elsewhere/deep")
    assert found(sick, barred=[tmp_path / "well"]) == {
        "real/b.png": "",
        "outside/deep/c.png": "",
        "a_link": "a link to a folder that is listed already",
        "loop": "a link to a folder that is listed already",
        "outside_again": "a link to a folder that is listed already",
        "other": "a link to another class folder, or to one around or in it",
        "up": "a link to a folder around it",
    }


def test_a_folder_that_cannot_be_opened_is_told(tmp_path, monkeypatch):
    make(tmp_path, "a.png", "locked/b.png")
    scan = os.scandir

    def refusing(place):
        if str(place).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scan(place)

    monkeypatch.setattr(os, "scandir", refusing)
    told = "a folder that can't be looked through (Permission denied)"
    assert found(tmp_path) == {"a.png": "", "locked": told}


def test_visible_files_are_those_that_change_what_is_made(tmp_path):
    make(tmp_path, "b/a.png", "b.png", ".DS_Store", "@eaDir/x.png", "b/.x", "notes.txt")
    (tmp_path / "annexed.png").symlink_to("gone")
    assert visible_files(tmp_path) == ["annexed.png", "b/a.png", "b.png", "notes.txt"]


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        *(("a.PNG", ".png"), ("a", ""), ("a.b/c", ""), ("x.nii.gz", ".nii.gz"), ("1.2.84", "")),
        *(("a.7z", ".7z"), ("a. draft", ""), ("a.jpg_large", ".jpg_large"), (".x.png", ".png")),
        ("Dr. Müllers Patientin von gestern", ""),
    ],
)
def test_what_counts_as_a_suffix(name, suffix):
    assert suffix_of(name) == suffix


def folder_of(path, **more):
    classes = {"sick": "sick", "well": "well"}
    return ImageFolder(**{"source": "image_folder", "path": str(path), "classes": classes} | more)


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "raw"
    make(root, "sick/a.png", "sick/b.png", "well/c.png")
    return root


class TestImageFolder:
    def test_what_is_passed_over_has_a_row_each(self, root):
        make(root, "sick/x.txt", "well/deep/y.zip", "well/.DS_Store", "beside/z.txt")
        assert folder_of(root).passed_over(root).to_dict("records") == [
            {"path": path, "label": label, "suffix": suffix, "reason": reason}
            for path, label, suffix, reason in (
                ("sick/x.txt", "sick", ".txt", "unknown suffix"),
                ("well/.DS_Store", "well", "", CLUTTER),
                ("well/deep/y.zip", "well", ".zip", "an archive: unpack it"),
            )
        ]

    def test_what_is_excluded_is_not_told(self, root):
        make(root, "sick/x.txt", "sick/y.csv")
        others = folder_of(root, exclude=["*.txt"]).passed_over(root)
        assert list(others["path"]) == ["sick/y.csv"]

    def test_it_is_told_and_written(self, root, tmp_path, caplog):
        make(root, "sick/x.txt", "sick/y.txt", "well/IMG", "well/.DS_Store")
        (tmp_path / "fetched.json").write_text(f'{{"root": "{root}"}}')
        outputs = tmp_path / "index.csv", tmp_path / "passed_over.csv"
        index_dataset(folder_of(root).index_settings(), tmp_path / "fetched.json", *outputs)
        assert "3 files are no images: 2 .txt (unknown suffix), 1 (no suffix, and no" in caplog.text
        assert f"1 file is {CLUTTER}; passed over, and listed in rejected.csv" in caplog.text
        assert len(outputs[1].read_text().splitlines()) == 5

    def test_nothing_is_said_of_nothing(self, root):
        assert in_words(folder_of(root).passed_over(root)) == ""

    def test_a_class_without_images_says_what_is_there(self, root):
        for name in ("a", "b"):
            (root / "sick" / f"{name}.png").rename(root / "sick" / f"{name}.heic")
        with pytest.raises(UserError, match=r"2 other files, such as 2 \.heic \(unknown suffix\)"):
            folder_of(root).index(root)

    def test_an_empty_folder_beside_another_is_told(self, root, caplog):
        (root / "empty").mkdir()
        classes = {"sick": ["sick", "empty"], "well": "well"}
        assert len(folder_of(root, classes=classes).index(root)) == 3
        assert "classes: sick: empty has no images" in caplog.text

    def test_a_class_folder_that_is_a_link_to_another_is_refused(self, root):
        (root / "ill").symlink_to("well")
        with pytest.raises(UserError, match="well of well and ill of ill are one and the"):
            folder_of(root, classes={"well": "well", "ill": "ill"}).index(root)
        (root / "part").symlink_to("well/deep")
        make(root, "well/deep/d.png")
        with pytest.raises(UserError, match="lie in each other"):
            folder_of(root, classes={"well": "well", "ill": "part"}).index(root)

    def test_a_class_folder_may_be_a_link(self, root):
        (root / "sick").rename(root.parent / "elsewhere")
        (root / "sick").symlink_to("../elsewhere")
        assert list(folder_of(root).index(root)["path"]) == [
            *("sick/a.png", "sick/b.png", "well/c.png")
        ]
        (root.parent / "elsewhere").rename(root.parent / "gone")
        with pytest.raises(UserError, match=r"a link to \.\./elsewhere, which is not there"):
            folder_of(root).index(root)

    def test_the_state_changes_as_a_link_gets_its_file(self, root):
        (root / "sick" / "late.png").symlink_to("../late")
        raw = folder_of(root).raw_settings()
        before = ImageFolder.raw_state(raw)
        make(root, "late")
        assert ImageFolder.raw_state(raw) != before

    def test_names_that_are_not_utf_8_and_those_of_two_lines(self, root):
        for name in (b"M\xfcller.png", b"two\nlines.png"):
            make(root, f"sick/{os.fsdecode(name)}")
        table = folder_of(root).index(root)
        assert {r"sick/M\xfcller.png", r"sick/two\x0alines.png"} < set(table["path"])
        assert table["sample_id"].str.fullmatch("[A-Za-z0-9._-]+").all()

    def test_excluded_images_are_counted(self, root, caplog):
        caplog.set_level("INFO")
        make(root, "sick/a_Mask.png", "sick/masks/c.png")
        make(root, f"sick/{unicodedata.normalize('NFD', 'ü')}1.png")
        exclude = ["*_Mask*", "sick/masks/*", "ü*", "nothing*"]
        assert len(folder_of(root, exclude=exclude).index(root)) == 3
        for pattern in exclude[:3]:
            assert f"exclude: {pattern}: 1 files are left out" in caplog.text
        assert "exclude: there is no file that nothing* leaves out" in caplog.text
