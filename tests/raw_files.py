"""Raw files, to be compared."""

from pathlib import Path


def files_below(root: Path) -> dict[str, bytes]:
    """Return what each file below `root` holds, by its path there."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }
