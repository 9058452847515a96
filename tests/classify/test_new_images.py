import tarfile
import zipfile

import pytest

from synthmix.classify.new_images import open_images
from synthmix.errors import UserError
from tiny_classifiers import picture


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "new"
    (root / "sub" / "deep").mkdir(parents=True)
    (root / ".hidden").mkdir()
    for name in ("b.png", "sub/a.JPG", "sub/deep/c.nii.gz", "d.dcm", ".hidden/e.png", ".f.png"):
        (root / name).write_bytes(b"x")
    (root / "sub" / "readme.txt").write_text("about")
    (root / "sub" / "1.2.840.10008").write_bytes(bytes(128) + b"DICM")
    (root / "gone.png").symlink_to(root / "nowhere")
    return root


NAMES = ["b.png", "d.dcm", "sub/1.2.840.10008", "sub/a.JPG", "sub/deep/c.nii.gz"]


def test_a_folder_with_all_below_it(folder, tmp_path):
    with open_images(folder, tmp_path) as images:
        # a link to nothing is an image that can't be read
        assert images.names == sorted([*NAMES, "gone.png"])
        assert images.root == folder
        assert images.passed_over == 1
        assert not images.unpacked


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_is_unpacked_for_the_time_of_the_block(kind, folder, tmp_path):
    (folder / "gone.png").unlink()
    archive = tmp_path / f"new.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as opened:
            for name in NAMES:
                opened.write(folder / name, name)
    else:
        with tarfile.open(archive, "w:gz") as opened:
            opened.add(folder, "")
    (tmp_path / "work").mkdir()
    with open_images(archive, tmp_path / "work") as images:
        assert images.names == NAMES
        assert images.unpacked
        assert (images.root / "b.png").read_bytes() == b"x"
    assert not list((tmp_path / "work").iterdir())


def test_one_file_is_an_image_whatever_its_name(tmp_path):
    picture(1).save(tmp_path / "scan.xyz", "PNG")
    with open_images(tmp_path / "scan.xyz", tmp_path) as images:
        assert images.names == ["scan.xyz"]
        assert images.root == tmp_path


def test_nothing_to_classify_is_said(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"empty holds no images \(0 other files\)"):
        open_images(tmp_path / "empty", tmp_path).__enter__()
    (tmp_path / "empty" / "notes.txt").write_text("none")
    with pytest.raises(UserError, match=r"empty holds no images \(1 other files\)"):
        open_images(tmp_path / "empty", tmp_path).__enter__()
    with pytest.raises(UserError, match="gone is not there"):
        open_images(tmp_path / "gone", tmp_path).__enter__()
    (tmp_path / "a.zip").write_bytes(b"PK no zip")
    with pytest.raises(UserError, match="not a ZIP file"):
        open_images(tmp_path / "a.zip", tmp_path).__enter__()
