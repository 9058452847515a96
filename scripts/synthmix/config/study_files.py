"""Where study files are: those that are asked for by name or path, and the others of a project."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synthmix.config.messages import Mistake, wrong_study_name
from synthmix.errors import did_you_mean, printable
from synthmix.files import expanded, is_file

STUDIES = "studies"
_SUFFIXES = (".yaml", ".yml")


def as_entries(studies: Any, root: Path) -> Any:
    """Return text such as `a,b/c.yaml`, as the command line gives it, as a list.

    What is one path for all its commas is one entry.
    """
    if not isinstance(studies, str):
        return studies
    parts, entries = studies.split(","), []
    while parts:
        wholes = [",".join(parts[:end]).strip() for end in range(1, len(parts) + 1)]
        count = max((n for n, text in enumerate(wholes, 1) if _is_study_at(text, root)), default=1)
        entries.append(wholes[count - 1])
        parts = parts[count:]
    return entries


def find_studies(asked: Any, root: Path, label: str) -> tuple[dict[str, Path], list[Mistake]]:
    """Return the file of each study by name, and which entries of `asked` lead to none."""
    files: dict[str, Path] = {}
    mistakes = []
    for position, entry in enumerate(asked if isinstance(asked, list) else []):
        if not isinstance(entry, str):
            continue  # reported with the other values of a wrong type
        file = _study_file(entry, root)
        problem = _problem_with(file, entry, files, root)
        if problem:
            mistakes.append(Mistake(label, (STUDIES, position), problem))
        else:
            files[file.stem] = file
    return files, mistakes


def other_files(asked: Mapping[str, Path], root: Path) -> tuple[list[Path], list[str]]:
    """Return the studies of the project besides those `asked` for, and why others are none."""
    files, passed_over = [], []
    for file in _in_folder(root / STUDIES):
        problem = wrong_study_name(file.stem)
        if file.suffix != ".yaml":
            problem = "the names of studies end in .yaml"
        if problem:
            passed_over.append(f"{label_of(file, root)} is passed over: {problem}; rename the file")
        elif file.stem not in asked:
            files.append(file)
    return files, passed_over


def is_path(entry: str) -> bool:
    """Return whether `entry` names a study by its file, not by its name."""
    return "/" in entry or entry.endswith(_SUFFIXES)


def not_there(entry: str, folder: Path, folder_label: str) -> str:
    """Return that there is no study `entry`, and which ones `folder` has."""
    known = [path.stem for path in _in_folder(folder) if path.suffix == ".yaml"]
    listed = f"known studies: {', '.join(map(printable, known))}"
    listed = listed if known else f"{folder_label}/ has none"
    kind = "file" if is_path(entry) else "study"
    return f"there is no {kind} {entry!r}; {listed}{did_you_mean(Path(entry).stem, known)}"


def label_of(file: Path, root: Path) -> str:
    """Return what messages call `file`: its path within the project, or the whole of it."""
    return printable((file.relative_to(root) if file.is_relative_to(root) else file).as_posix())


def _in_folder(folder: Path) -> list[Path]:
    """Return the YAML files of a folder, those of names that no study may have too."""
    return sorted(
        file for file in folder.glob("[!.]*") if file.suffix.lower() in _SUFFIXES and file.is_file()
    )


def _is_study_at(path: str, root: Path) -> bool:
    return is_path(path) and is_file(_study_file(path, root))


def _study_file(entry: str, root: Path) -> Path:
    if not is_path(entry):
        return root / STUDIES / f"{entry}.yaml"
    return root / expanded(entry)


def _problem_with(file: Path, entry: str, others: Mapping[str, Path], root: Path) -> str | None:
    if not is_file(file):
        return not_there(entry, root / STUDIES, STUDIES)
    if problem := wrong_study_name(file.stem):
        return f"{problem}; rename the file"
    if others.get(file.stem, file) != file:
        return f"{entry!r} has the same name as {label_of(others[file.stem], root)}"
    return None
