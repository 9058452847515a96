"""Results of an earlier version of the project, told by a file in the folder of each study.

They may have files of other names or contents. So nothing is read of a study until a run of this
version has made all of it: what tells both apart is written into a new folder at once, into one
of an earlier version when that is so.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from synthmix.files import write_text

# Raised whenever a file below results/ gets another name, or other contents.
LAYOUT = 2
MARKER = "layout.json"
_ROOT = "results"


def study_folders(files: Iterable[str]) -> set[Path]:
    """Return the folders results/<scale>/<study> that `files` lie in, each file as rules name it.

    The paths are relative, as all are that rules name; of files that lie elsewhere there are none.
    """
    parts = (file.split("/") for file in files)
    # a fourth part: results/<scale>/ has files of its own
    return {Path(*path[:3]) for path in parts if path[0] == _ROOT and len(path) > 3}


def of_earlier_version(folders: Iterable[Path]) -> list[Path]:
    """Return those of the `folders` of studies that an earlier version has made, sorted."""
    return sorted(folder for folder in folders if _has_files(folder) and not _is_current(folder))


def mark(folder: Path) -> None:
    """Say in the `folder` of a study that its results have the layout of this version."""
    write_text(folder / MARKER, f"{json.dumps({'layout': LAYOUT})}\n")


def mark_new(files: Iterable[str]) -> None:
    """Mark the folders of studies, not made yet or empty, in which `files` are going to lie."""
    for folder in study_folders(files):
        if not _has_files(folder):
            folder.mkdir(parents=True, exist_ok=True)
            mark(folder)


def told(folders: Iterable[Path]) -> str:
    """Return what there is to say of `folders` that an earlier version has made, one at least."""
    listed = ", ".join(map(str, folders))
    return (
        f"{listed}: made by an earlier version, or another; run each study again up to its report,"
        " or move its folder away"
    )


def _has_files(folder: Path) -> bool:
    # what systems leave in folders they show, such as .DS_Store, is no result
    return folder.is_dir() and any(not file.name.startswith(".") for file in folder.iterdir())


def _is_current(folder: Path) -> bool:
    try:
        kept = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none, or what is no marker of ours
        return False
    return kept == {"layout": LAYOUT}
