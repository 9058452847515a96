"""Extraction of tar files that cannot be trusted, and what holds for both kinds of archives."""

import io
import tarfile
import zipfile

import pytest

from synthmix.acquire.archives import extract_archive, is_archive
from synthmix.errors import UserError

GOOD = ("good.png", b"good")


@pytest.fixture
def archive(tmp_path):
    return tmp_path / "images.tar.gz"


@pytest.fixture
def target(tmp_path):
    return tmp_path / "deeper" / "files"


def write_tar(path, *members, compression="gz", **options):
    """Write a tar file of pairs of a name, or a TarInfo, and content."""
    with tarfile.open(path, f"w:{compression}", **options) as opened:
        for name, content in members:
            member = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))


def special(kind, link=""):
    """Return a member that is no file."""
    member = tarfile.TarInfo("special")
    member.type, member.linkname = kind, link
    return member, b""


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_refused(archive, target, message, **limits):
    """Assert that nothing is extracted of `archive`, neither into `target` nor around it."""
    before = contents(archive.parent)
    with pytest.raises(UserError, match=message):
        extract_archive(archive, target, **limits)
    assert contents(archive.parent) == before
    assert not target.exists()
    assert not target.with_name("files.partial").exists()


@pytest.mark.parametrize(
    ("name", "compression"),
    [("x.tar", ""), ("x.tar.gz", "gz"), ("x.TGZ", "gz"), ("x.tar.bz2", "bz2"), ("x.tar.xz", "xz")],
)
def test_extracts_every_file(tmp_path, target, name, compression):
    write_tar(
        tmp_path / name, ("a/1.png", b"one"), ("./a/b/2.png", b"two"), compression=compression
    )
    extract_archive(tmp_path / name, target)
    assert contents(target) == {"a/1.png": b"one", "a/b/2.png": b"two"}
    assert not target.with_name("files.partial").exists()


def test_leaves_out_what_macos_adds(archive, target):
    write_tar(archive, ("__MACOSX/a/._1.png", b"x"), ("a/.DS_Store", b"x"), GOOD)
    extract_archive(archive, target)
    assert contents(target) == {"good.png": b"good"}


def test_replaces_earlier_files_and_what_a_broken_off_attempt_left(archive, target):
    for folder in (target, target.with_name("files.partial")):
        folder.mkdir(parents=True)
        (folder / "old.png").write_bytes(b"old")
    write_tar(archive, GOOD)
    extract_archive(archive, target)
    assert contents(target.parent) == {"files/good.png": b"good"}


def test_files_are_readable_whatever_the_archive_says(archive, target):
    folder, file = tarfile.TarInfo("a"), tarfile.TarInfo("a/1.png")
    folder.type, folder.mode, file.mode = tarfile.DIRTYPE, 0, 0
    write_tar(archive, (folder, b""), (file, b"one"))
    extract_archive(archive, target)
    assert (target / "a").stat().st_mode & 0o700 == 0o700
    assert (target / "a/1.png").stat().st_mode & 0o600 == 0o600


@pytest.mark.parametrize("name", ["/etc/passwd", "../x.png", "a/../../x.png", "../../../x.png"])
def test_refuses_members_that_would_land_elsewhere(archive, target, name):
    write_tar(archive, GOOD, (name, b"bad"))
    assert_refused(archive, target, f"member '{name}' .*nothing was extracted")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("link", ["/etc/passwd", "../outside.png", "../../../etc/passwd"])
def test_refuses_links_that_lead_out(archive, target, kind, link):
    write_tar(archive, GOOD, special(kind, link))
    assert_refused(archive, target, "'special' .*link.*nothing was extracted")


def test_refuses_a_file_behind_a_link_that_leads_out(archive, target):
    link = tarfile.TarInfo("special")
    link.type, link.linkname = tarfile.SYMTYPE, ".."
    write_tar(archive, GOOD, (link, b""), ("special/x.png", b"bad"))
    assert_refused(archive, target, "nothing was extracted")


def test_a_hard_link_to_a_file_inside_is_that_file(archive, target):
    write_tar(archive, GOOD, special(tarfile.LNKTYPE, "good.png"))
    extract_archive(archive, target)
    assert contents(target) == {"good.png": b"good", "special": b"good"}


def test_refuses_a_hard_link_to_nothing(archive, target):
    write_tar(archive, GOOD, special(tarfile.LNKTYPE, "absent.png"))
    assert_refused(archive, target, "damaged")


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_refuses_devices(archive, target, kind):
    write_tar(archive, GOOD, special(kind))
    assert_refused(archive, target, "'special' .*special file.*nothing was extracted")


@pytest.mark.parametrize("member", [None, special(tarfile.DIRTYPE), ("__MACOSX/x", b"x")])
def test_refuses_archives_without_files(archive, target, member):
    write_tar(archive, *([member] if member else []))
    assert_refused(archive, target, "holds no files")


def test_refuses_what_is_no_tar_file(archive, target):
    archive.write_bytes(b"<html>Not found</html>")
    assert_refused(archive, target, r"images\.tar\.gz: not a tar file")


@pytest.mark.parametrize("kept", [0, 5, 200, 25_000, -5])
def test_refuses_a_truncated_file(archive, target, kept):
    noise = bytes((i * i * 31) % 251 for i in range(50_000))
    write_tar(archive, GOOD, ("noise.png", noise), compresslevel=0)
    archive.write_bytes(archive.read_bytes()[:kept])
    assert_refused(archive, target, "damaged")


def test_refuses_a_tar_file_that_ends_after_a_member(tmp_path, target):
    archive = tmp_path / "images.tar"
    write_tar(archive, GOOD, ("b.png", b"lost"), compression="")
    archive.write_bytes(archive.read_bytes()[: 2 * tarfile.BLOCKSIZE])
    assert_refused(archive, target, "cut short")


def test_damage_keeps_the_earlier_files(archive, target):
    target.mkdir(parents=True)
    (target / "old.png").write_bytes(b"old")
    write_tar(archive, GOOD, ("b.png", bytes(range(256)) * 4), compresslevel=0)
    data = bytearray(archive.read_bytes())
    data[data.find(bytes(range(256))) + 300] ^= 0xFF
    archive.write_bytes(data)
    with pytest.raises(UserError, match="damaged"):
        extract_archive(archive, target)
    assert contents(target.parent) == {"files/old.png": b"old"}


def test_names_a_missing_archive(archive, target):
    assert_refused(archive, target, r"images\.tar\.gz: there is no such file")


class TestSize:
    """A small archive may declare to hold a great deal."""

    def write(self, folder, suffix):
        path = folder / f"bomb{suffix}"
        if suffix == ".zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
                opened.writestr("a.png", bytes(600_000))
                opened.writestr("b.png", bytes(400_000))
        else:
            write_tar(path, ("a.png", bytes(600_000)), ("b.png", bytes(400_000)))
        return path

    @pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
    def test_more_than_allowed_is_refused(self, tmp_path, target, suffix):
        archive = self.write(tmp_path, suffix)
        assert archive.stat().st_size < 10_000
        assert_refused(archive, target, "would unpack to 0.0 GB, more", most_bytes=999_999)

    @pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
    def test_as_much_as_allowed_is_extracted(self, tmp_path, target, suffix):
        extract_archive(self.write(tmp_path, suffix), target, most_bytes=1_000_000)
        assert {name: len(data) for name, data in contents(target).items()} == {
            "a.png": 600_000,
            "b.png": 400_000,
        }

    def test_size_of_a_sparse_file_is_the_one_it_unpacks_to(self, archive, target):
        member = tarfile.TarInfo("a.png")
        member.pax_headers = {
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.name": "a.png",
            "GNU.sparse.realsize": "5000000000",
        }
        regions = b"0\n".ljust(tarfile.BLOCKSIZE, b"\0")
        write_tar(archive, (member, regions), format=tarfile.PAX_FORMAT)
        assert_refused(archive, target, "would unpack to 5.0 GB", most_bytes=1_000_000)


class TestIsArchive:
    @pytest.mark.parametrize("name", ["a.zip", "a.ZIP", "a.b.tar.gz", "a.tgz", "a.tar", "a.Tar.XZ"])
    def test_by_its_name(self, tmp_path, name):
        (tmp_path / name).touch()
        assert is_archive(tmp_path / name)

    @pytest.mark.parametrize("name", ["a.png", "a.gz", "a.nii.gz", "a.csv.gz", "zip", "a.zip.part"])
    def test_other_files(self, tmp_path, name):
        (tmp_path / name).touch()
        assert not is_archive(tmp_path / name)

    def test_folders_and_what_is_not_there(self, tmp_path):
        (tmp_path / "a.zip").mkdir()
        assert not is_archive(tmp_path / "a.zip")
        assert not is_archive(tmp_path / "b.zip")
