"""Unpacking archives that came from elsewhere without trusting them."""

import gzip
import lzma
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from synthmix.errors import UserError

_ENCRYPTED = 0x1  # bit 0 of a member's general purpose flags
_DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile),
    *(zlib.error, lzma.LZMAError, EOFError, UnicodeDecodeError),
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
    (`__MACOSX/`, `.DS_Store`) is left out.

    Raises `UserError` when `archive` is missing, no ZIP file, damaged or without files, when a
    member is encrypted, a symbolic link or would land outside `target`, and when it declares to
    hold more than `most_bytes` or than the disk has room for.
    """
    with _explained(archive, target, "ZIP"), zipfile.ZipFile(archive) as opened:
        members = _checked_members(archive, opened)
        needed = sum(member.file_size for member in members)
        _require_room(archive, needed, target.parent, most_bytes)
        _fill(target, lambda folder: _extract_members(opened, members, folder))


def _extract_tar(archive: Path, target: Path, most_bytes: int) -> None:
    with _explained(archive, target, "tar"), tarfile.open(archive) as opened:
        members = [member for member in opened.getmembers() if not _is_clutter(member.name)]
        _require_end(archive, opened)
        for member in members:
            trouble = _trouble_with_name(member.name) or _trouble_with_kind(member)
            if trouble:
                raise _refusal(archive, member.name, trouble)
            member.name = member.name.replace("\\", "/")
        files = [member for member in members if member.isfile()]
        if not files:
            raise UserError(f"{archive}: holds no files; get it again, or name another archive")
        _require_room(archive, sum(file.size for file in files), target.parent, most_bytes)
        _fill(target, lambda folder: opened.extractall(folder, members, filter="data"))


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
    members = [member for member in opened.infolist() if not _is_clutter(member.filename)]
    for member in members:
        trouble = _trouble(member)
        if trouble:
            raise _refusal(archive, member.orig_filename, trouble)
        # Some Windows tools write backslashes, which would end up in the files' names.
        member.filename = member.filename.replace("\\", "/")
    files = [member for member in members if not member.is_dir()]
    if not files:
        raise UserError(f"{archive}: holds no files; get it again, or name another archive")
    return files


def _is_clutter(name: str) -> bool:
    parts = name.split("/")
    return parts[0] == "__MACOSX" or parts[-1] == ".DS_Store"


def _refusal(archive: Path, member: str, trouble: str) -> UserError:
    return UserError(
        f"{archive}: its member {member!r} {trouble}, so nothing was extracted; {_BY_HAND}"
    )


def _trouble(member: zipfile.ZipInfo) -> str | None:
    """Return what forbids the extraction of `member`, or None."""
    # orig_filename: zipfile cuts `filename` at a null byte, which could hide the rest.
    trouble = _trouble_with_name(member.orig_filename)
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
