"""Which files below a folder are images, and why each other one is none."""

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from synthmix.acquire.archives import is_archive_name
from synthmix.prepare.passed_over import CLUTTER
from synthmix.readers import (
    DICOM_SUFFIXES,
    HEADER_SUFFIXES,
    PICTURE_SUFFIXES,
    VOLUME_SUFFIXES,
)
from synthmix.readers.content import suffix_by_content

_CLUTTER = {"@eadir", "#recycle", "$recycle.bin", "system volume information", "lost+found"}
_CLUTTER |= {"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "folder.ini", "icon\r"}
_ICLOUD = ".icloud"
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".z", ".lz4", ".iso")
_LONGEST_SUFFIX = 12

Suffixes = Collection[str]


@dataclass(frozen=True)
class FoundFile:
    """A file, by its path below the folder that was looked through, as the system has it.

    `reason` says why it is no image, and is empty for an image.
    """

    path: str
    reason: str = ""

    @property
    def suffix(self) -> str:
        """Return how its name ends, in lower case; "" where that is no suffix, but a number."""
        return suffix_of(self.path)


def find_files(folder: Path, suffixes: Suffixes, barred: Sequence[Path] = ()) -> list[FoundFile]:
    """Return the files below `folder`, sorted by path: images, and the others with a reason.

    An image has one of `suffixes`. Where these are those of DICOM, such files under any other name
    are images too, and where they are those of pictures, pictures without a suffix. An image whose
    file is a link to nothing can't be read. The header of a volume beside it belongs to that.
    Links to folders are followed, each folder once, but for those that lead around `folder` or to
    one of the folders `barred`: they are listed themselves, with a reason.
    """
    found = [
        FoundFile(file.path, file.reason or _why_no_image(folder / file.path, suffixes))
        for file in _walk(folder, barred)
        if not _is_header_of_a_volume(folder / file.path, suffixes)
    ]
    return sorted(found, key=_parts)


def visible_files(folder: Path) -> list[str]:
    """Return the files below `folder`, sorted, relative to it, with forward slashes.

    Links to folders are followed, each folder once. Hidden files and folders, and those that
    systems make, are left out; links to nothing are not.
    """
    found = (file for file in _walk(folder, (), clutter=False) if not file.reason)
    return [file.path for file in sorted(found, key=_parts)]


def is_clutter(name: str) -> bool:
    """Return whether a file or folder of that name is hidden, or one that systems make."""
    return name.startswith(".") or name.lower() in _CLUTTER


def suffix_of(path: str) -> str:
    """Return how a name ends, in lower case; "" where that is no suffix, but a number or a word."""
    name = PurePosixPath(path).name.lower()
    for double in (".nii.gz", ".tar.gz", ".tar.bz2", ".tar.xz"):
        if name.endswith(double):
            return double
    suffix = PurePosixPath(name).suffix
    is_one = len(suffix) <= _LONGEST_SUFFIX and any(map(str.isalpha, suffix)) and " " not in suffix
    return suffix if is_one else ""


def _walk(folder: Path, barred: Sequence[Path], clutter: bool = True) -> Iterator[FoundFile]:
    """Yield the files below `folder`, and what can't be looked through; without `clutter` no such.

    Folders come before links to them, so that a folder goes by its own name.
    """
    state = folder.stat()
    seen = {(state.st_dev, state.st_ino)}
    real, others = folder.resolve(), [other.resolve() for other in barred]
    waiting, links = [("", "")], []
    while waiting or links:
        place, reason = waiting.pop() if waiting else links.pop(0)
        try:
            trouble = _why_not_followed(folder / place, real, others, seen) if place else ""
            entries = [] if trouble else sorted(os.scandir(folder / place), key=_name)
        except OSError as error:
            trouble, entries = f"a folder that can't be looked through ({error.strerror})", []
        if trouble:
            yield FoundFile(place, reason or trouble)
        for entry in entries:
            path = f"{place}/{entry.name}" if place else entry.name
            hidden = reason or _why_clutter(entry.name)
            if hidden and not clutter:
                continue
            if not _is_folder(entry):
                yield FoundFile(path, hidden)
            else:
                (links if entry.is_symlink() else waiting).append((path, hidden))


def _parts(file: FoundFile) -> list[str]:
    return file.path.split("/")


def _name(entry: os.DirEntry) -> str:
    return entry.name


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle
        return False


def _why_not_followed(
    place: Path, real: Path, others: Sequence[Path], seen: set[tuple[int, int]]
) -> str:
    """Return why a folder is passed over, if it is; else it counts as `seen` from here on."""
    state = place.stat()
    if (state.st_dev, state.st_ino) in seen:
        return "a link to a folder that is listed already"
    if place.is_symlink():
        target = place.resolve()
        if real.is_relative_to(target):
            return "a link to a folder around it"
        if any(target.is_relative_to(each) or each.is_relative_to(target) for each in others):
            return "a link to another class folder, or to one around or in it"
    seen.add((state.st_dev, state.st_ino))
    return ""


def _why_clutter(name: str) -> str:
    if name.startswith(".") and name.endswith(_ICLOUD):
        return "kept in iCloud: have it downloaded"
    return CLUTTER if is_clutter(name) else ""


def _is_header_of_a_volume(file: Path, suffixes: Suffixes) -> bool:
    name = file.name.lower()
    header = next((end for end in HEADER_SUFFIXES if name.endswith(end)), "")
    if not header or not set(VOLUME_SUFFIXES) <= set(suffixes):
        return False
    stem = name.removesuffix(header)
    beside = {other.name.lower() for other in file.parent.iterdir()}
    return any(f"{stem}{suffix}" in beside for suffix in VOLUME_SUFFIXES)


def _why_no_image(file: Path, suffixes: Suffixes) -> str:
    """Return why `file` is no image; "" where it is one, be it one that can't be read."""
    name = file.name.lower()
    known = name.endswith(tuple(suffixes))
    try:
        mode = file.stat().st_mode
        if not stat.S_ISREG(mode):
            return "no file, but a device or a pipe"
        meant = "" if known else suffix_by_content(file)
    except FileNotFoundError:
        return "" if known else f"{_unknown(name)}, and a link to nothing"
    except OSError as error:
        return "" if known else f"{_unknown(name)}, and can't be opened ({error.strerror})"
    if name == "dicomdir":
        return "the table of contents of a DICOM medium"
    suffix = suffix_of(name)
    # raw photographs begin as TIFF files do, with a small preview: of pictures the suffix counts
    if known or (meant in suffixes and (meant == ".dcm" or not suffix)):
        return ""
    by_name = next((words for ends, words in _OTHERS if name.endswith(tuple(ends))), "")
    if by_name or is_packed(name):
        return by_name or "an archive: unpack it"
    return _why_unknown(meant, suffix)


_OTHERS: tuple[tuple[Suffixes, str], ...] = (
    ((*VOLUME_SUFFIXES, *HEADER_SUFFIXES), "a volume: source: nifti_folder reads it"),
    (DICOM_SUFFIXES, "DICOM: the sources image_folder and dicom_series read it"),
    (PICTURE_SUFFIXES, "a picture: source: image_folder reads it"),
)


def _why_unknown(meant: str, suffix: str) -> str:
    """Return why a file of no known name is no image; by its content it should end in `meant`."""
    if not meant:
        return "unknown suffix" if suffix else "no suffix, and no image by its content"
    start = "unknown suffix" if suffix else "no suffix"
    if meant == ".dcm":
        return f"{start}, DICOM by its content: the sources image_folder and dicom_series read it"
    return f"{start}: a picture by its content, {meant} if it is a plain one"


def is_packed(name: str) -> bool:
    """Return whether a file of that name, in lower case, is an archive or compressed."""
    return is_archive_name(name) or name.endswith(_PACKED)


def _unknown(name: str) -> str:
    return "unknown suffix" if suffix_of(name) else "no suffix"
