"""What a file is by its content, whatever it is called."""

import errno
import stat
from pathlib import Path

from synthmix.raw_names import printable
from synthmix.readers.marks import begins_as_dicom

_HEAD = 144  # bytes that tell all that is told here
_LFS = b"version https://git-lfs"
_ANNEX = "annex/objects/"
_LARGEST_POINTER = 1024
_WEB_PAGES = (b"<!doctype html", b"<html")
# what a file begins with, and the suffix that it should have; each of at least 3 bytes, so that no
# text is taken for a picture
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"GIF87a", ".gif"),
    (b"GIF89a", ".gif"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
    (b"II+\0", ".tif"),
    (b"MM\0+", ".tif"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", ".jp2"),
    (b"\xff\x4f\xff\x51", ".j2k"),
)


def suffix_by_content(path: Path) -> str:
    """Return the suffix that a picture or a DICOM file should have; "" for any other file."""
    head = _head(path)
    if begins_as_dicom(head):
        return ".dcm"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ".webp"
    if head[4:12] in (b"ftypavif", b"ftypavis"):
        return ".avif"
    # two letters alone would be the begin of many texts: the four reserved bytes are empty
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0" and len(head) > 14:
        return ".bmp"
    return next((suffix for mark, suffix in _PICTURES if head.startswith(mark)), "")


def require_content(path: Path) -> None:
    """Raise ValueError, with what to do, where the file `path` isn't there or stands for another.

    Known are links to nothing, empty files, and what git-annex (DataLad) and git LFS leave in the
    place of files that they keep elsewhere.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise ValueError(_why_absent(path, error)) from None
    if not stat.S_ISREG(state.st_mode):
        raise ValueError("is no file, but a folder, a device or a pipe")
    size = state.st_size
    if size == 0:
        raise ValueError("is empty, it has 0 bytes: get it again")
    if size <= _LARGEST_POINTER:
        text = path.read_bytes()
        if text.startswith(_LFS):
            raise ValueError("is a pointer of git LFS to what is not here: `git lfs pull` gets it")
        if text.startswith(f"/{_ANNEX}".encode()):
            raise ValueError(_annexed("pointer"))


def require_no_web_page(path: Path) -> None:
    """Raise ValueError where the file `path` is a web page, which sites hand out for a picture."""
    if _head(path).lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGES):
        raise ValueError("is a web page, such as that of a login, and no picture: get it again")


def _why_absent(path: Path, error: OSError) -> str:
    if not path.is_symlink():
        known = isinstance(error, FileNotFoundError | NotADirectoryError)
        return "is not there" if known else f"can't be opened ({error.strerror})"
    if error.errno == errno.ELOOP:
        return "is a link that leads in a circle: bring back the file, or remove the link"
    target = printable(str(path.readlink()))
    if _ANNEX in target:
        return _annexed("link")
    return f"is a link to {target}, which is not there: bring that back, or remove the link"


def _annexed(what: str) -> str:
    return (
        f"is a {what} of git-annex to what is not here: `git annex get`, or `datalad get`, gets it"
    )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)
