"""Extraction of ZIP files that cannot be trusted."""

import shutil
import stat
import zipfile

import pytest

from synthmix.acquire import archives
from synthmix.acquire.archives import extract_zip
from synthmix.errors import UserError


@pytest.fixture
def archive(tmp_path):
    return tmp_path / "images.zip"


@pytest.fixture
def target(tmp_path):
    return tmp_path / "deeper" / "files"


def write_zip(path, members, compression=zipfile.ZIP_STORED):
    """Write a ZIP file; the keys of `members` are names or ZipInfo."""
    with zipfile.ZipFile(path, "w", compression) as opened:
        for name, data in members.items():
            opened.writestr(name, data)


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_nothing_extracted(target):
    assert not target.exists()
    assert not target.with_name("files.partial").exists()


def test_extracts_every_file(archive, target):
    members = {"a/": b"", "a/1.png": b"one", "a/b/2.png": b"two"}
    write_zip(archive, members, zipfile.ZIP_DEFLATED)
    extract_zip(archive, target)
    assert contents(target) == {"a/1.png": b"one", "a/b/2.png": b"two"}
    assert not target.with_name("files.partial").exists()


def test_leaves_out_what_macos_adds(archive, target):
    write_zip(archive, {"__MACOSX/a/._1.png": b"x", "a/.DS_Store": b"x", "a/1.png": b"one"})
    extract_zip(archive, target)
    assert contents(target) == {"a/1.png": b"one"}


def test_takes_backslashes_for_separators(archive, target):
    write_zip(archive, {"a\\1.png": b"one"})
    extract_zip(archive, target)
    assert contents(target) == {"a/1.png": b"one"}


def test_replaces_earlier_files_and_what_a_broken_off_attempt_left(archive, target):
    partial = target.with_name("files.partial")
    for folder in (target, partial):
        folder.mkdir(parents=True)
        (folder / "old.png").write_bytes(b"old")
    write_zip(archive, {"new.png": b"new"})
    extract_zip(archive, target)
    assert contents(target) == {"new.png": b"new"}
    assert not partial.exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/etc/passwd", "absolute"),
        ("\\server\\share", "absolute"),
        ("C:/windows/x.png", "drive letter"),
        ("c:x.png", "drive letter"),
        ("../x.png", r"'\.\.'"),
        ("a/../../x.png", r"'\.\.'"),
        ("a\\..\\..\\x.png", r"'\.\.'"),
    ],
)
def test_refuses_members_that_would_land_elsewhere(archive, target, name, message):
    write_zip(archive, {"good.png": b"good", name: b"bad"})
    with pytest.raises(UserError, match=message):
        extract_zip(archive, target)
    assert_nothing_extracted(target)


def test_refuses_symbolic_links(archive, target):
    link = zipfile.ZipInfo("link")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    write_zip(archive, {"good.png": b"good", link: b"/etc"})
    with pytest.raises(UserError, match="symbolic link"):
        extract_zip(archive, target)
    assert_nothing_extracted(target)


def test_refuses_encrypted_members(archive, target):
    write_zip(archive, {"a.png": b"secret"})
    data = bytearray(archive.read_bytes())
    data[data.find(b"PK\x01\x02") + 8] |= 1  # the flags in the central directory
    archive.write_bytes(data)
    with pytest.raises(UserError, match="encrypted"):
        extract_zip(archive, target)
    assert_nothing_extracted(target)


@pytest.mark.parametrize("members", [{}, {"a/": b""}, {"__MACOSX/x": b"x"}])
def test_refuses_archives_without_files(archive, target, members):
    write_zip(archive, members)
    with pytest.raises(UserError, match="no files"):
        extract_zip(archive, target)
    assert_nothing_extracted(target)


def test_refuses_what_is_no_zip_file(archive, target):
    archive.write_bytes(b"<html>Not found</html>")
    with pytest.raises(UserError, match=r"images\.zip: not a ZIP file"):
        extract_zip(archive, target)
    assert_nothing_extracted(target)


def test_refuses_a_truncated_file(archive, target):
    write_zip(archive, {"a.png": bytes(1000)})
    archive.write_bytes(archive.read_bytes()[:600])
    with pytest.raises(UserError, match="damaged"):
        extract_zip(archive, target)
    assert_nothing_extracted(target)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_damage_keeps_the_earlier_files(archive, target, compression):
    target.mkdir(parents=True)
    (target / "old.png").write_bytes(b"old")
    write_zip(archive, {"a.png": b"good", "b.png": bytes(range(256)) * 4}, compression)
    data = bytearray(archive.read_bytes())
    start = data.find(b"b.png") + len(b"b.png")
    data[start + 20 : start + 40] = b"\xff" * 20
    archive.write_bytes(data)
    with pytest.raises(UserError, match="damaged"):
        extract_zip(archive, target)
    assert contents(target) == {"old.png": b"old"}
    assert not target.with_name("files.partial").exists()


def test_refuses_more_than_the_disk_holds(archive, target, monkeypatch):
    write_zip(archive, {"a.png": bytes(1001)}, zipfile.ZIP_DEFLATED)
    usage = type(shutil.disk_usage(archive.parent))
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda folder: usage(2000, 1000, 1000))
    with pytest.raises(UserError, match="disk"):
        extract_zip(archive, target)
    assert_nothing_extracted(target)


def test_names_a_missing_archive(archive, target):
    with pytest.raises(UserError, match=r"images\.zip: there is no such file"):
        extract_zip(archive, target)


def test_files_that_get_in_each_others_way_are_an_error(archive, target):
    write_zip(archive, {"a": b"a file", "a/b.png": b"below it"})
    with pytest.raises(UserError, match="cannot be extracted"):
        extract_zip(archive, target)
    assert_nothing_extracted(target)
