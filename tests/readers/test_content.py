"""What files are by their content, and files that stand in for others."""

import io
import os

import pytest
from PIL import Image

from synthmix.readers import read_image
from synthmix.readers.content import require_content, suffix_by_content
from synthmix.readers.marks import is_dicom


def picture(kind):
    written = io.BytesIO()
    Image.new("RGB", (9, 9), "red").save(written, kind)
    return written.getvalue()


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        *(("PNG", ".png"), ("JPEG", ".jpg"), ("GIF", ".gif"), ("TIFF", ".tif"), ("BMP", ".bmp")),
        *(("WEBP", ".webp"), ("AVIF", ".avif"), ("JPEG2000", ".jp2")),
    ],
)
def test_pictures_are_known_by_their_first_bytes(tmp_path, kind, suffix):
    (tmp_path / "x").write_bytes(picture(kind))
    assert suffix_by_content(tmp_path / "x") == suffix


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89",
        b"BMW and other words that begin like a bitmap",
        b"MM",
        b"GIF",
        b"RIFF1234WAVE",
        b"\0\0\0\x18ftypmp42",
        b"%PDF-1.7",
        b"PK\3\4",
        b"DICM" * 3,
    ],
)
def test_other_files_are_no_pictures(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert suffix_by_content(tmp_path / "x") == ""


def test_dicom_is_known_by_its_preamble(tmp_path):
    (tmp_path / "x").write_bytes(bytes(128) + b"DICM" + bytes(50))
    assert is_dicom(tmp_path / "x")
    assert suffix_by_content(tmp_path / "x") == ".dcm"


def test_the_preamble_may_be_that_of_a_tiff_file(tmp_path):
    # as whole slides are written, to be both
    (tmp_path / "x").write_bytes(b"II*\0".ljust(128, b"\0") + b"DICM" + bytes(50))
    assert suffix_by_content(tmp_path / "x") == ".dcm"


def test_a_file_with_content_is_fine(tmp_path):
    (tmp_path / "x.png").write_bytes(b"anything")
    (tmp_path / "link.png").symlink_to("x.png")
    require_content(tmp_path / "x.png")
    require_content(tmp_path / "link.png")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "^is not there$"),
        (lambda path: path.mkdir(), "is no file, but a folder"),
        (lambda path: os.mkfifo(path), "is no file, but a folder, a device or a pipe"),
        (lambda path: path.symlink_to("/dev/zero"), "is no file"),
        (lambda path: path.symlink_to(path), "is a link that leads in a circle"),
        (lambda path: path.symlink_to("../gone"), r"is a link to \.\./gone, which is not there"),
        (lambda path: path.symlink_to(os.fsdecode(b"\xe9")), r"is a link to \\xe9, which"),
        (lambda path: path.symlink_to(".git/annex/objects/k"), "link of git-annex.*datalad get"),
        (lambda path: path.write_bytes(b"/annex/objects/k\n"), "pointer of git-annex.*annex get"),
        (
            lambda path: path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n"),
            "lfs pull",
        ),
        (lambda path: path.touch(), "is empty"),
    ],
)
def test_what_stands_for_another_file_says_how_to_get_it(tmp_path, make, message):
    make(tmp_path / "x.png")
    with pytest.raises(ValueError, match=message):
        require_content(tmp_path / "x.png")


@pytest.mark.parametrize("text", ["<!DOCTYPE html><p>Log in</p>", "\ufeff\n <HTML>", "<html>"])
def test_a_web_page_is_no_picture(tmp_path, text):
    (tmp_path / "x.jpg").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="is a web page, such as that of a login"):
        read_image(tmp_path / "x.jpg")
