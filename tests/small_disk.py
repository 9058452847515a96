"""A disk of a few megabytes, to be filled: a tmpfs."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

BALLAST = "ballast"


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Make `folder` an empty disk of that many MiB for the block; raises OSError where it can't."""
    folder.mkdir(parents=True, exist_ok=True)
    size = f"size={megabytes}m"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise OSError(done.stderr.strip() or done.stdout.strip())
    try:
        yield folder
    finally:
        # what still has a file open there keeps the disk, but not its name
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, left: int = 0) -> Path:
    """Fill the disk of `folder` but for `left` bytes; return the file to remove to free it."""
    ballast = folder / BALLAST
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    os.truncate(ballast, max(0, ballast.stat().st_size - left))
    return ballast


def missing() -> str | None:
    """Return why no disk can be mounted here, None where one can."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder) / "disk", 1):
                return None
        except OSError as error:
            return f"no disk can be mounted (by root with CAP_SYS_ADMIN alone): {error}"


NO_DISK = missing()
needs_disk = pytest.mark.skipif(NO_DISK is not None, reason=str(NO_DISK))
