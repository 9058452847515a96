"""A study file and those that it extends, taken apart into layers that lie over each other."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from synthmix.config.messages import Mistake
from synthmix.config.models import DEMO, EXTENDS, OF_THE_FILE, OF_THE_STUDY, PER_DATASET
from synthmix.config.overlay import REPLACED_ENTRIES, Undone, lay_over, undone_by, without
from synthmix.config.parse import KeyPath
from synthmix.config.study_files import is_path, label_of, not_there
from synthmix.errors import one_of, shown
from synthmix.files import expanded, is_file

Read = Callable[[Path], tuple[Any, list[str]]]  # contents of a YAML file, and what is wrong there


@dataclass(frozen=True)
class StudyFile:
    """One file: its place, what messages call it, and the sections that it is made of."""

    path: Path
    label: str
    settings: dict[str, Any]
    per_dataset: dict[str, dict[str, Any]] = field(default_factory=dict)
    demo: dict[str, Any] | None = None
    demo_per_dataset: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Layer:
    """A section of a file, `place`, as it lies over the others; () has the file's own settings.

    `level` counts files, from 0 for the one that extends none.
    """

    file: StudyFile
    level: int
    place: KeyPath
    settings: Mapping[str, Any]

    @property
    def is_of_demo(self) -> bool:
        """Whether it counts in demos alone."""
        return self.place[:1] == (DEMO,)


@dataclass(frozen=True)
class Chain:
    """A study: its own file last, before it those that it extends, from the first on."""

    files: tuple[StudyFile, ...]

    @property
    def study(self) -> StudyFile:
        """The study's own file."""
        return self.files[-1]

    @property
    def has_demo(self) -> bool:
        """Whether there is a demo section."""
        return any(file.demo is not None for file in self.files)

    @property
    def with_own(self) -> list[str]:
        """The data sets that have settings of their own."""
        names = [(*file.per_dataset, *file.demo_per_dataset) for file in self.files]
        return list(dict.fromkeys(name for of_file in names for name in of_file))

    def bases(self) -> Iterator["Chain"]:
        """Yield what each file is without those that extend it, but for the study itself."""
        for end in range(1, len(self.files)):
            yield Chain(self.files[:end])

    def layers(self, dataset: str | None, demo: bool) -> list[Layer]:
        """Return the layers of a data set from the lowest up, section by section.

        Without `dataset` they are those of no data set in particular.
        """
        found = self._section((), [file.settings for file in self.files])
        if dataset is not None:
            own = [file.per_dataset.get(dataset, {}) for file in self.files]
            found += self._section((PER_DATASET, dataset), own)
        if demo:
            found += self._section((DEMO,), [file.demo or {} for file in self.files])
        if demo and dataset is not None:
            own = [file.demo_per_dataset.get(dataset, {}) for file in self.files]
            found += self._section((DEMO, PER_DATASET, dataset), own)
        return found

    def _section(self, place: KeyPath, of_files: Iterable[Mapping[str, Any]]) -> list[Layer]:
        parts = enumerate(zip(self.files, of_files, strict=True))
        return [Layer(file, level, place, settings) for level, (file, settings) in parts]


def lay_all(layers: Iterable[Layer]) -> tuple[dict[str, Any], list[tuple[Layer, list[KeyPath]]]]:
    """Return the settings that `layers` make up, and the paths of the values each put there.

    What a file leaves out, the later sections of those that it extends say nothing of any more;
    and demo sections say nothing of what a data set has not.
    """
    merged: dict[str, Any] = {}
    placed, earlier = [], []
    for layer in layers:
        settings = without(layer.settings, _undone_for(layer, earlier, merged))
        earlier.append((layer, list(undone_by(settings, merged))))
        merged, paths = lay_over(merged, settings)
        placed.append((layer, paths))
    return merged, placed


def _undone_for(
    layer: Layer, earlier: Iterable[tuple[Layer, Iterable[Undone]]], merged: Mapping[str, Any]
) -> Iterator[Undone]:
    for before, undone in earlier:
        if layer.level < before.level:
            yield from undone
        elif layer.place == (DEMO,) and before.place[:1] == (PER_DATASET,):
            # unless a file that extends that one has brought it back
            yield from (one for one in undone if one.is_gone and not _is_there(one.path, merged))


def _is_there(path: KeyPath, settings: Any) -> bool:
    for key in path:
        if not isinstance(settings, Mapping) or settings.get(key) is None:
            return False
        settings = settings[key]
    return True


def read_chain(file: Path, root: Path, read: Read) -> tuple[Chain | None, list[Mistake]]:
    """Return the study in `file` with all that it extends, and what is wrong with their form.

    There is none where a file can't be read or found. `root` is the folder of the project, `read`
    what returns the contents of a file.
    """
    found, mistakes = _follow(file, root, read)
    files: list[StudyFile] = []
    names: dict[str, None] = {}
    for path, label, settings in reversed(found):
        study, wrong, names = _take_apart(settings, path, label, names)
        mistakes += wrong
        if DEMO in settings and settings[DEMO] is None:  # nor has it that of a file it extends
            files = [replace(below, demo=None, demo_per_dataset={}) for below in files]
        files.append(study)
    if not files:
        return None, mistakes
    below = [_as_base(base, file) for base in files[:-1]]
    return Chain((*below, files[-1])), mistakes


def _follow(
    file: Path, root: Path, read: Read
) -> tuple[list[tuple[Path, str, dict[str, Any]]], list[Mistake]]:
    """Return path, label and settings of a study file and of each that is extended, in turn.

    None at all where one of them is missing or has no settings.
    """
    found: list[tuple[Path, str, dict[str, Any]]] = []
    mistakes: list[Mistake] = []
    path: Path | None = file
    while path is not None:
        label = label_of(path, root)
        settings, problems = read(path)
        mistakes += [Mistake(label, (), problem) for problem in problems]
        if not isinstance(settings, dict):
            if not problems:
                text = f"holds {shown(settings)}, not the settings of a study"
                mistakes.append(Mistake(label, (), text))
            return [], mistakes
        found.append((path, label, settings))
        if EXTENDS not in settings:
            return found, mistakes
        path, problem = _extended(settings[EXTENDS], [(p, name) for p, name, _ in found], root)
        if problem:
            mistakes.append(Mistake(label, (EXTENDS,), problem))
    return [], mistakes


def _extended(
    entry: Any, chain: Collection[tuple[Path, str]], root: Path
) -> tuple[Path | None, str]:
    """Return the file that the last one of `chain` extends, or why there is none."""
    (path, _), labels = list(chain)[-1], [label for _, label in chain]
    if not isinstance(entry, str) or not entry:
        text = "write the name of a study beside this one, or the path of its file, from this one"
        return None, f"{shown(entry)} is no study: {text}"
    name = expanded(entry) if is_path(entry) else Path(f"{entry}.yaml")
    base = Path(os.path.normpath(path.parent / name))
    if not is_file(base):
        folder = base.parent if is_path(entry) else path.parent
        return None, not_there(entry, folder, label_of(folder, root))
    if any(base.resolve() == before.resolve() for before, _ in chain):
        circle = " extends ".join([*labels, label_of(base, root)])
        return None, f"leads back to where it began: {circle}"
    return base, ""


def _as_base(base: StudyFile, study: Path) -> StudyFile:
    """Return a file as one that extends it has it: without what it says of itself alone."""
    settings = {key: value for key, value in base.settings.items() if key not in OF_THE_FILE}
    published = settings.get("published")
    if isinstance(published, str) and base.path.parent != study.parent:
        settings["published"] = str(base.path.parent / published)
    return replace(base, settings=settings)


def _take_apart(
    settings: dict[str, Any], path: Path, label: str, below: Collection[str]
) -> tuple[StudyFile, list[Mistake], dict[str, None]]:
    """Return the sections of a study file, what in them can't be, and the data sets there are.

    `below` are the data sets of the file that it extends.
    """
    rest = {key: value for key, value in settings.items() if key != EXTENDS}
    has_demo = rest.get(DEMO) is not None
    sections, mistakes = {}, []
    for place in ((PER_DATASET,), (DEMO,), (DEMO, PER_DATASET)):
        holder = rest if len(place) == 1 else sections[(DEMO,)]
        section = holder.pop(place[-1], None)
        if section is not None and not isinstance(section, dict):
            mistakes.append(Mistake(label, place, f"{shown(section)} is not a section of settings"))
        sections[place] = dict(section) if isinstance(section, dict) else {}
    names = _names(rest, sections, below)
    for place in ((PER_DATASET,), (DEMO, PER_DATASET)):
        sections[place], wrong = _of_datasets(sections[place], place, names, label)
        mistakes += wrong
    mistakes += [
        Mistake(label, (DEMO, key), "is of the whole study: move it up")
        for key in (EXTENDS, *OF_THE_FILE)
        if key in sections[(DEMO,)]
    ]
    demo = {k: v for k, v in sections[(DEMO,)].items() if k not in (EXTENDS, *OF_THE_FILE)}
    own, own_in_demo = sections[(PER_DATASET,)], sections[(DEMO, PER_DATASET)]
    file = StudyFile(path, label, rest, own, demo if has_demo else None, own_in_demo)
    return file, mistakes, names


def _names(
    settings: Mapping[str, Any], sections: Mapping[KeyPath, Any], below: Collection[str]
) -> dict[str, None]:
    """Return the data sets of a study file, those `below` it that it does not leave out too."""
    names = dict.fromkeys(below)
    of_demo = sections[(DEMO,)].get(REPLACED_ENTRIES)
    own = settings.get(REPLACED_ENTRIES)
    for name, dataset in own.items() if isinstance(own, dict) else ():
        names[name] = None
        if dataset is None:
            del names[name]
    return names | dict.fromkeys(of_demo if isinstance(of_demo, dict) else ())


def _of_datasets(
    section: Mapping[str, Any], place: KeyPath, datasets: Collection[str], label: str
) -> tuple[dict[str, dict[str, Any]], list[Mistake]]:
    """Return what a section says of each data set, and what it should not say."""
    kept, mistakes = {}, []
    for name, own in section.items():
        here = (*place, name)
        if name not in datasets:
            text = one_of(name, datasets, "data sets of this study")
            mistakes.append(Mistake(label, here, text))
        elif not isinstance(own, dict):
            mistakes.append(Mistake(label, here, f"{shown(own)} is not a section of settings"))
        else:
            wrong = [key for key in (EXTENDS, *OF_THE_STUDY) if key in own]
            kept[name] = {k: v for k, v in own.items() if k not in (EXTENDS, *OF_THE_FILE)}
            mistakes += [
                Mistake(label, (*here, key), "is the same for all data sets: move it up")
                for key in wrong
            ]
    return kept, mistakes
