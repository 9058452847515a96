"""What raw files are called: names that a table or a message can hold, and the files they mean."""

import os
import re
from pathlib import Path
from unicodedata import category

_BREAKS_LINES = ("Cc", "Zl", "Zp")  # control characters, and what ends a line or a paragraph
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")


def printable(name: str) -> str:
    r"""Return the name of a file, or a path, as tables and messages have it.

    Bytes that are no UTF-8 and control characters stand as \xNN; most names stay as they are.
    """
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    if text.isprintable():  # as nearly all are
        return text
    return "".join(_escaped(each) if category(each) in _BREAKS_LINES else each for each in text)


def raw_file(root: Path, path: str) -> Path:
    """Return the file below `root` that a table calls `path`, which `printable` has made.

    Where there is no file of either name, that which `path` says as it stands.
    """
    file = root / path
    if "\\x" not in path or os.path.lexists(file):
        return file
    name = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), os.fsencode(path))
    # a table that somebody has written may say anything
    meant = root / os.fsdecode(name.replace(b"\0", b"\\x00"))
    return meant if os.path.lexists(meant) else file


def _escaped(letter: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in letter.encode())
