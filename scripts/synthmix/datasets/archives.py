"""Unpacking archives that came from elsewhere without trusting them."""

import lzma
import re
import shutil
import stat
import zipfile
import zlib
from pathlib import Path

from synthmix.errors import UserError

_ENCRYPTED = 0x1  # bit 0 of a member's general purpose flags
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, UnicodeDecodeError)
_BY_HAND = "unpack it by hand and name the folder instead"


def extract_zip(archive: Path, target: Path) -> None:
    """Extract the ZIP file `archive` into the folder `target`, whole or not at all.

    The members go to `<target>.partial` first, which is renamed to `target` once every
    checksum has been verified; only then is an earlier `target` replaced. What macOS adds
    (`__MACOSX/`, `.DS_Store`) is left out.

    Raises `UserError` when `archive` is missing, no ZIP file, damaged or without files, when a
    member is encrypted, a symbolic link or would land outside `target`, and when the disk has
    too little room for what the archive declares to hold.
    """
    partial = target.with_name(f"{target.name}.partial")
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _checked_members(archive, opened)
            target.parent.mkdir(parents=True, exist_ok=True)
            _require_space(archive, members, target.parent)
            _extract(opened, members, partial)
        _replace(target, partial)
    except FileNotFoundError:
        raise UserError(f"{archive}: there is no such file; check the path") from None
    except _DAMAGED as error:
        raise UserError(
            f"{archive}: not a ZIP file, or damaged ({error}); get it again, whole"
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
    members = [member for member in opened.infolist() if not _is_clutter(member)]
    for member in members:
        trouble = _trouble(member)
        if trouble:
            raise UserError(
                f"{archive}: its member {member.orig_filename!r} {trouble}, so nothing was "
                f"extracted; {_BY_HAND}"
            )
        # Some Windows tools write backslashes, which would end up in the files' names.
        member.filename = member.filename.replace("\\", "/")
    files = [member for member in members if not member.is_dir()]
    if not files:
        raise UserError(f"{archive}: holds no files; get it again, or name another archive")
    return files


def _is_clutter(member: zipfile.ZipInfo) -> bool:
    parts = member.filename.split("/")
    return parts[0] == "__MACOSX" or parts[-1] == ".DS_Store"


def _trouble(member: zipfile.ZipInfo) -> str | None:
    """Return what forbids the extraction of `member`, or None."""
    # orig_filename: zipfile cuts `filename` at a null byte, which could hide the rest.
    name = member.orig_filename.replace("\\", "/")
    if "\0" in name:
        return "has a null byte in its name"
    if name.startswith("/"):
        return "has an absolute path"
    if re.match(r"[A-Za-z]:", name):
        return "has a drive letter in its path"
    if ".." in name.split("/"):
        return "has '..' in its path"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a symbolic link"
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted"
    return None


def _require_space(archive: Path, members: list[zipfile.ZipInfo], folder: Path) -> None:
    needed = sum(member.file_size for member in members)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(
            f"{archive}: needs {needed / 1e9:.1f} GB unpacked, but the disk of {folder} has "
            f"{free / 1e9:.1f} GB left; free some space, or set data_dir to a larger disk"
        )


def _extract(opened: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path) -> None:
    """Extract `members` into `folder`, made anew; `zipfile` verifies checksums as it reads."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        for member in members:
            opened.extract(member, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _replace(target: Path, partial: Path) -> None:
    if target.exists():
        shutil.rmtree(target)
    partial.rename(target)
