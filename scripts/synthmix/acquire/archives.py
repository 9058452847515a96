"""Unpacking archives that came from elsewhere without trusting them."""

import gzip
import logging
import lzma
import re
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from synthmix.acquire.member_names import read_names
from synthmix.errors import UserError

LOGGER = logging.getLogger(__name__)
_ENCRYPTED, _UTF_8 = 0x1, 0x800  # bits of a member's general purpose flags
_UNICODE_PATH = 0x7075  # the extra field that has a member's name in UTF-8
_DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile),
    *(zlib.error, lzma.LZMAError, EOFError),
)
_TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")
MOST_BYTES = 200_000_000_000
_BY_HAND = "unpack it by hand and name the folder instead"


def is_archive(path: Path) -> bool:
    """Return whether `path` is a file that `extract_archive` takes, by its name."""
    return is_archive_name(path.name) and path.is_file()


def is_archive_name(name: str) -> bool:
    """Return whether a file of that name is taken for an archive."""
    return name.lower().endswith((".zip", *_TAR_SUFFIXES))


def archive_stem(path: Path) -> str:
    """Return the name of the archive `path` without what tells its kind."""
    suffixes = [end for end in (".zip", *_TAR_SUFFIXES) if path.name.lower().endswith(end)]
    return path.name[: -len(max(suffixes, key=len))]


def extract_archive(archive: Path, target: Path, most_bytes: int = MOST_BYTES) -> None:
    """Extract the ZIP or tar file `archive` into the folder `target`, whole or not at all.

    See `extract_zip`, whose rules hold for both.
    """
    if archive.name.lower().endswith(_TAR_SUFFIXES):
        _extract_tar(archive, target, most_bytes)
    else:
        extract_zip(archive, target, most_bytes)


def extract_zip(archive: Path, target: Path, most_bytes: int = MOST_BYTES) -> None:
    """Extract the ZIP file `archive` into the folder `target`, whole or not at all.

    The members go to `<target>.partial` first, which is renamed to `target` once every
    checksum has been verified; only then is an earlier `target` replaced. What macOS adds
    (`__MACOSX/`, `.DS_Store`) is left out. Names that are not UTF-8 are read in the encoding that
    is likeliest, which is told.

    Raises `UserError` when `archive` is missing, no ZIP file, damaged or without files, when a
    member is encrypted, a symbolic link or would land outside `target`, when two different ones
    have one name, and when it declares to hold more than `most_bytes` or than the disk has room
    for.
    """
    with _explained(archive, target, "ZIP"), zipfile.ZipFile(archive) as opened:
        members = _checked_members(archive, opened)
        needed = sum(member.file_size for member in members)
        _require_room(archive, needed, target.parent, most_bytes)
        _fill(target, lambda folder: _extract_members(opened, members, folder))


def _extract_tar(archive: Path, target: Path, most_bytes: int) -> None:
    with _explained(archive, target, "tar"), tarfile.open(archive) as opened:
        members = opened.getmembers()
        _require_end(archive, opened)
        _name_tar_members(archive, members)
        everything = members
        members = [member for member in everything if not _is_clutter(member.name)]
        _log_clutter(archive, len(everything) - len(members))
        for member in members:
            trouble = _trouble_with_name(member.name) or _trouble_with_kind(member)
            if trouble:
                raise _refusal(archive, member.name, trouble)
        files = [member for member in members if member.isfile()]
        if not files:
            raise UserError(f"{archive}: holds no files; get it again, or name another archive")
        _tell_repeats(archive, [member.name for member in members if not member.isdir()])
        _require_room(archive, sum(file.size for file in files), target.parent, most_bytes)
        _fill(target, lambda folder: opened.extractall(folder, members, filter="data"))


def _name_tar_members(archive: Path, members: Sequence[tarfile.TarInfo]) -> None:
    """Give the members, and what hard links lead to, readable names with forward slashes."""
    written = [name for member in members for name in (member.name, member.linkname)]
    names = _readable(archive, [name.encode("utf-8", "surrogateescape") for name in written])
    for member, name, target in zip(members, names[::2], names[1::2], strict=True):
        member.name, member.linkname = name.replace("\\", "/"), target.replace("\\", "/")


def _tell_repeats(archive: Path, names: Sequence[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        LOGGER.warning(
            "%s: %d files are there several times, such as %s: the last of each counts, as tar "
            "does it",
            archive,
            len(repeated),
            repeated[0],
        )


def _readable(archive: Path, names: Sequence[bytes]) -> list[str]:
    """Return the names of members as text; tell where they had to be read in an old encoding."""
    texts, encoding = read_names(names)
    if encoding:
        changed = [
            text for name, text in zip(names, texts, strict=True) if name != text.encode("utf-8")
        ]
        LOGGER.warning(
            "%s: %d names are not in UTF-8 and are read as %s, such as %s; if that is wrong, %s",
            archive,
            len(changed),
            encoding,
            changed[0],
            _BY_HAND,
        )
    return texts


def _require_end(archive: Path, opened: tarfile.TarFile) -> None:
    """Raise `UserError` when the archive is cut short; its own checksum is verified at its end."""
    opened.fileobj.seek(opened.offset)
    mark = opened.fileobj.read(tarfile.BLOCKSIZE)
    while opened.fileobj.read(1 << 20):
        pass
    if not mark:
        raise UserError(f"{archive}: ends before its end mark, so it is cut short; get it again")


@contextmanager
def _explained(archive: Path, target: Path, kind: str) -> Iterator[None]:
    """Turn what can go wrong with `archive` into messages for the user."""
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{archive}: there is no such file; check the path") from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{archive}: has a name that claims to be UTF-8 and is not ({error.object!r}); "
            f"{_BY_HAND}"
        ) from error
    except _DAMAGED as error:
        raise UserError(
            f"{archive}: not a {kind} file, or damaged ({error}); get it again, whole"
        ) from error
    except KeyError as error:
        raise UserError(
            f"{archive}: damaged, a link in it leads nowhere ({error}); get it again, whole"
        ) from error
    except NotImplementedError as error:
        raise UserError(
            f"{archive}: compressed in a way that cannot be read here ({error}); {_BY_HAND}"
        ) from error
    except OSError as error:
        raise UserError(
            f"{archive}: cannot be extracted to {target} ({error}); make room or mend the "
            f"permissions there, or {_BY_HAND}"
        ) from error


def _checked_members(archive: Path, opened: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the files of the archive once each of its members is known to be harmless."""
    everything = opened.infolist()
    for member in everything:
        # zipfile cuts `filename` at a null byte, which could hide the rest
        if "\0" in member.orig_filename:
            raise _refusal(archive, member.orig_filename, "has a null byte in its name")
    _name_zip_members(archive, everything)
    members = [member for member in everything if not _is_clutter(member.filename)]
    _log_clutter(archive, len(everything) - len(members))
    for member in members:
        trouble = _trouble(member)
        if trouble:
            raise _refusal(archive, member.filename, trouble)
    files = [member for member in members if not member.is_dir()]
    if not files:
        raise UserError(f"{archive}: holds no files; get it again, or name another archive")
    return _once_each(archive, files)


def _name_zip_members(archive: Path, members: Sequence[zipfile.ZipInfo]) -> None:
    """Give the members readable names with forward slashes.

    zipfile takes what isn't marked as UTF-8 for cp437, whose letters stand for all bytes.
    """
    unmarked = [
        member
        for member in members
        if not member.flag_bits & _UTF_8 and not member.orig_filename.isascii()
    ]
    raw = [member.orig_filename.encode("cp437") for member in unmarked]
    given = [_unicode_path(member, name) for member, name in zip(unmarked, raw, strict=True)]
    names = _readable(archive, [up or name for up, name in zip(given, raw, strict=True)])
    for member, name in zip(unmarked, names, strict=True):
        member.filename = name
    for member in members:
        # Some Windows tools write backslashes, which would end up in the files' names.
        member.filename = member.filename.replace("\\", "/")


def _unicode_path(member: zipfile.ZipInfo, name: bytes) -> bytes:
    """Return the name in UTF-8 that Info-ZIP has noted beside the one `name`; empty without it."""
    extra = member.extra
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNICODE_PATH and len(field) > 5:
            version, checksum = struct.unpack("<BL", field[:5])
            if version == 1 and checksum == zlib.crc32(name):
                return field[5:]
    return b""


def _once_each(archive: Path, files: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Return the files but for repeats; raise `UserError` where two of one name differ."""
    found: dict[str, zipfile.ZipInfo] = {}
    for file in files:
        other = found.setdefault(file.filename, file)
        if (other.CRC, other.file_size) != (file.CRC, file.file_size):
            raise _refusal(archive, file.filename, "is there again with another content")
    if len(found) < len(files):
        LOGGER.info("%s: %d files are there again", archive, len(files) - len(found))
    return list(found.values())


def _log_clutter(archive: Path, count: int) -> None:
    if count:
        LOGGER.info("%s: %d files that macOS adds are left out", archive, count)


def _is_clutter(name: str) -> bool:
    parts = name.split("/")
    return "__MACOSX" in parts or parts[-1] == ".DS_Store"


def _refusal(archive: Path, member: str, trouble: str) -> UserError:
    return UserError(
        f"{archive}: its member {member!r} {trouble}, so nothing was extracted; {_BY_HAND}"
    )


def _trouble(member: zipfile.ZipInfo) -> str | None:
    """Return what forbids the extraction of `member`, or None."""
    trouble = _trouble_with_name(member.filename)
    if trouble:
        return trouble
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a symbolic link"
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted"
    return None


def _trouble_with_kind(member: tarfile.TarInfo) -> str | None:
    # symbolic links could lead later members out of the folder, past the filter of `tarfile`
    if member.issym():
        return "is a symbolic link"
    if member.islnk() and _trouble_with_name(member.linkname):
        return f"is a link to another place ({member.linkname!r})"
    if not (member.isfile() or member.isdir() or member.islnk()):
        return "is a device or another special file"
    return None


def _trouble_with_name(name: str) -> str | None:
    name = name.replace("\\", "/")
    if "\0" in name:
        return "has a null byte in its name"
    if name.startswith("/"):
        return "has an absolute path"
    if re.match(r"[A-Za-z]:", name):
        return "has a drive letter in its path"
    if ".." in name.split("/"):
        return "has '..' in its path"
    return None


def _require_room(archive: Path, needed: int, folder: Path, most_bytes: int) -> None:
    if needed > most_bytes:
        raise UserError(
            f"{archive}: would unpack to {needed / 1e9:.1f} GB, more than the {most_bytes / 1e9:g} "
            f"GB that are allowed, so nothing was extracted; if that is right, {_BY_HAND}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(
            f"{archive}: needs {needed / 1e9:.1f} GB unpacked, but the disk of {folder} has "
            f"{free / 1e9:.1f} GB left; free some space, or set data_dir to a larger disk"
        )


def _extract_members(opened: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path) -> None:
    for member in members:
        opened.extract(member, folder)  # verifies the checksum as it reads


def _fill(target: Path, extract: Callable[[Path], None]) -> None:
    """Have `extract` fill a folder made anew, which then takes the place of `target`."""
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        extract(partial)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if target.exists():
        shutil.rmtree(target)
    partial.rename(target)
