"""By what a file is known, whatever its name."""

import struct
from pathlib import Path


def is_dicom(path: Path) -> bool:
    """Return whether the file `path` is DICOM by its first bytes."""
    with path.open("rb") as file:
        return begins_as_dicom(file.read(132))


def begins_as_dicom(head: bytes) -> bool:
    """Return whether a file that begins with `head` has DICOM's mark, or begins without it."""
    return head[128:132] == b"DICM" or begins_without_mark(head)


def begins_without_mark(head: bytes) -> bool:
    """Return whether a file that begins with `head` is DICOM as written before there was a mark.

    Such a file begins with an element of the group 2 or 8, in little endian, which are short.
    """
    if len(head) < 8:
        return False
    group, element = struct.unpack("<HH", head[:4])
    explicit = head[4:6] in (b"UL", b"CS", b"UI", b"SH", b"LO", b"DA", b"TM", b"OB")
    implicit = struct.unpack("<I", head[4:8])[0] <= 64
    return group in (2, 8) and element <= 0x20 and (explicit or implicit)


def is_gzip(path: Path) -> bool:
    """Return whether the file `path` is compressed by gzip."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"
