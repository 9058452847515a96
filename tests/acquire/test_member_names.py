"""Names in archives that are not UTF-8, as the systems of the world have written them."""

import io
import logging
import tarfile
import zipfile
import zlib

import pytest

from synthmix.acquire.archives import extract_archive
from synthmix.acquire.member_names import read_names
from synthmix.errors import UserError

WRITTEN = [
    *(("Bösartig/Müller.png", encoding) for encoding in ("cp437", "cp850", "cp1252", "mac_roman")),
    *(("élève/Übersicht.png", encoding) for encoding in ("cp437", "cp850", "cp1252")),
    *(("больной/Снимок.png", encoding) for encoding in ("cp866", "cp1251")),
    ("niño/cáncer.png", "cp1252"),
    ("łódź/zdrowy ząb.png", "cp852"),
    ("データ/患者A01/表.png", "cp932"),
    ("患者/图像.png", "gb2312"),
    ("病變/正常.png", "big5"),
    ("환자/영상.png", "euc_kr"),
]


@pytest.mark.parametrize(("text", "encoding"), WRITTEN)
def test_names_are_read_in_the_encoding_in_which_they_are_words(text, encoding):
    names = [b"plain.png", text.encode(encoding), "schön.png".encode()]
    assert read_names(names)[0] == ["plain.png", text, "schön.png"]


def test_names_in_utf_8_are_in_no_other_encoding():
    assert read_names(["表.png".encode(), b"a"]) == (["表.png", "a"], "")


def test_any_bytes_are_some_name():
    names = [bytes([byte, 255 - byte]) for byte in range(1, 256)]
    texts, encoding = read_names(names)
    assert encoding
    assert len(set(texts)) == len(names)


class Written(zipfile.ZipInfo):
    """A member of a ZIP file whose name is written in an encoding, and not said to be UTF-8."""

    def __init__(self, name, raw, flags=0):
        super().__init__(name)
        self.raw, self.flags = raw, flags

    def _encodeFilenameFlags(self):  # noqa: N802
        return self.raw, self.flag_bits | self.flags


def write_zip(path, members):
    with zipfile.ZipFile(path, "w") as opened:
        for name, content in members:
            opened.writestr(Written("x", name) if isinstance(name, bytes) else name, content)
    return path


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("encoding", ["utf-8", "cp437", "cp1252"])
def test_zip_files_are_extracted_under_readable_names(tmp_path, caplog, encoding):
    archive = write_zip(
        tmp_path / "a.zip", [("Bösartig/Größe.png".encode(encoding), b"1"), ("plain.png", b"2")]
    )
    extract_archive(archive, tmp_path / "files")
    assert contents(tmp_path / "files") == {"Bösartig/Größe.png": b"1", "plain.png": b"2"}
    told = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert len(told) == (encoding != "utf-8")
    assert all(f"1 names are not in UTF-8 and are read as {encoding}" in text for text in told)


def test_a_letter_of_japanese_is_no_backslash(tmp_path):
    assert b"\\" in "表".encode("cp932")
    archive = write_zip(tmp_path / "a.zip", [("データ/表.png".encode("cp932"), b"1")])
    extract_archive(archive, tmp_path / "files")
    assert contents(tmp_path / "files") == {"データ/表.png": b"1"}


def test_the_name_in_utf_8_beside_another_one_counts(tmp_path):
    raw, text = b"\x8f\xe0?.png", "Привет.png"
    member = Written("x", raw)
    field = b"\1" + zlib.crc32(raw).to_bytes(4, "little") + text.encode()
    member.extra = b"\x75\x70" + len(field).to_bytes(2, "little") + field
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr(member, b"1")
    extract_archive(tmp_path / "a.zip", tmp_path / "files")
    assert contents(tmp_path / "files") == {text: b"1"}


def test_two_different_files_of_one_name_are_refused(tmp_path):
    twice = ["Bösartig.png", "Bösartig.png".encode()]
    archive = write_zip(tmp_path / "a.zip", zip(twice, (b"1", b"2"), strict=True))
    with pytest.raises(UserError, match=r"'Bösartig\.png' is there again with another content"):
        extract_archive(archive, tmp_path / "files")
    assert not (tmp_path / "files").exists()
    archive = write_zip(tmp_path / "b.zip", zip(twice, (b"1", b"1"), strict=True))
    extract_archive(archive, tmp_path / "files")
    assert contents(tmp_path / "files") == {"Bösartig.png": b"1"}


def test_a_name_that_claims_to_be_utf_8(tmp_path):
    member = Written("x", b"M\xfcller.png", 0x800)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr(member, b"1")
    with pytest.raises(UserError, match=r"claims to be UTF-8 and is not.*M\\xfcller"):
        extract_archive(tmp_path / "a.zip", tmp_path / "files")


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp866"])
def test_tar_files_are_extracted_under_readable_names(tmp_path, caplog, form, encoding):
    text = "больной/снимок.png" if encoding == "cp866" else "Bösartig/Müller.png"
    with tarfile.open(tmp_path / "a.tar", "w", format=form, encoding=encoding) as opened:
        member = tarfile.TarInfo(text)
        member.size = 1
        opened.addfile(member, io.BytesIO(b"1"))
        link = tarfile.TarInfo(text.replace(".png", "2.png"))
        link.type, link.linkname = tarfile.LNKTYPE, text
        opened.addfile(link)
    extract_archive(tmp_path / "a.tar", tmp_path / "files")
    assert contents(tmp_path / "files") == {text: b"1", link.name: b"1"}
    assert ("not in UTF-8" in caplog.text) == (encoding != "utf-8")


def test_a_tar_file_with_a_file_again_says_that_the_last_counts(tmp_path, caplog):
    with tarfile.open(tmp_path / "a.tar", "w") as opened:
        for content in (b"1", b"2"):
            member = tarfile.TarInfo("a.png")
            member.size = 1
            opened.addfile(member, io.BytesIO(content))
    extract_archive(tmp_path / "a.tar", tmp_path / "files")
    assert contents(tmp_path / "files") == {"a.png": b"2"}
    assert "1 files are there several times, such as a.png" in caplog.text
