"""Reading the configuration and the studies it names, all of it checked before anything runs."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from synthmix.config.checks import check
from synthmix.config.messages import Mistake, explain, summary, wrong_study_name
from synthmix.config.models import OF_THE_STUDY, PER_DATASET, Study, Workflow, as_list
from synthmix.config.overlay import entries_left_out, lay_over, without
from synthmix.config.parse import KeyPath, parse, with_meaning
from synthmix.config.subschemas import Schema
from synthmix.errors import UserError, did_you_mean, one_of, printable, shown
from synthmix.files import expanded, is_file

_STUDIES = "studies"
_SUFFIXES = (".yaml", ".yml")
_DEMO = "demo"


@dataclass(frozen=True)
class Configuration:
    """A run as it was asked for: checked, and with the scale already chosen.

    `studies` and `study_files` go by the name of the study, which is its file's without suffix;
    `views` has every study as each of its data sets has it, by both names. `others` are
    the studies of the project that were not asked for and can be run at this scale; `others_wrong`
    says what is wrong with those of `wrong_names`, which can't, "" when there is nothing.
    `passed_over` says which files in studies/ can't be studies for their name, a line each.
    """

    workflow: Workflow
    studies: dict[str, Study]
    study_files: dict[str, Path]
    others: dict[str, Study]
    others_wrong: str
    wrong_names: frozenset[str]
    passed_over: tuple[str, ...]
    views: dict[tuple[str, str], Study]


@dataclass(frozen=True)
class _Views:
    """A study as it is for all of its data sets, and as each of them has it."""

    study: Study
    of_dataset: dict[str, Study]


@dataclass(frozen=True)
class _File:
    """A study file: its place, what messages call it, and the sections that it is made of."""

    path: Path
    label: str
    settings: dict[str, Any]
    per_dataset: dict[str, dict[str, Any]]
    demo: dict[str, Any] | None
    demo_per_dataset: dict[str, dict[str, Any]]

    @property
    def with_own(self) -> list[str]:
        """The data sets that have settings of their own."""
        return list(dict.fromkeys([*self.per_dataset, *self.demo_per_dataset]))


def load(
    config: Mapping[str, Any],
    root: Path,
    config_file: str = "config.yaml",
    needed: Collection[str] | None = None,
) -> Configuration:
    """Return the configuration that Snakemake's `config` and the study files it names make up.

    `root` is the folder of the project; `config_file` is what messages call the source of
    `config`. Of the studies that it does not name those in `needed` alone are read, all without
    that. Raises `UserError` that lists every mistake in all of the files.
    """
    config = {key: _entries(v, root) if key == _STUDIES else v for key, v in config.items()}
    workflow, mistakes = _read_workflow(config, config_file)
    asked = workflow.studies if workflow else as_list(config.get(_STUDIES))
    study_files, unknown = _find_studies(asked, root, config_file)
    mistakes += unknown
    studies = {}
    for name, file in study_files.items():
        studies[name], found = _read_study(
            parse(file), file, _label(file, root), config.get("scale")
        )
        mistakes += found
    if mistakes:
        raise UserError(summary(mistakes))
    files, passed_over = _other_files(study_files, root)
    files = [file for file in files if needed is None or file.stem in needed]
    others, wrong = _read_others(files, root, workflow.scale)
    return Configuration(
        workflow,
        {name: views.study for name, views in studies.items()},
        study_files | {name: root / _STUDIES / f"{name}.yaml" for name in others},
        {name: views.study for name, views in others.items()},
        summary(wrong) if wrong else "",
        frozenset(Path(mistake.file).stem for mistake in wrong),
        tuple(passed_over),
        {
            (name, dataset): view
            for name, views in (studies | others).items()
            for dataset, view in views.of_dataset.items()
        },
    )


def _read_workflow(config: Mapping[str, Any], label: str) -> tuple[Workflow | None, list[Mistake]]:
    try:
        # lenient: `--config seeds=[1,2]` arrives as a list of text
        return Workflow.model_validate(dict(config)), []
    except ValidationError as error:
        return None, explain(error, Workflow.model_json_schema(), label)


def _find_studies(asked: Any, root: Path, label: str) -> tuple[dict[str, Path], list[Mistake]]:
    """Return the file of each study by name, and which entries of `asked` lead to none."""
    files: dict[str, Path] = {}
    mistakes = []
    for position, entry in enumerate(asked if isinstance(asked, list) else []):
        if not isinstance(entry, str):
            continue  # reported with the other values of a wrong type
        file = _study_file(entry, root)
        problem = _problem_with(file, entry, files, root)
        if problem:
            mistakes.append(Mistake(label, ("studies", position), problem))
        else:
            files[file.stem] = file
    return files, mistakes


def _other_files(asked: Mapping[str, Path], root: Path) -> tuple[list[Path], list[str]]:
    """Return the studies of the project besides those `asked` for, and why others are none."""
    files, passed_over = [], []
    for file in _in_studies(root):
        problem = wrong_study_name(file.stem)
        if file.suffix != ".yaml":
            problem = "the names of studies end in .yaml"
        if problem:
            passed_over.append(f"{_label(file, root)} is passed over: {problem}; rename the file")
        elif file.stem not in asked:
            files.append(file)
    return files, passed_over


def _in_studies(root: Path) -> list[Path]:
    """Return the YAML files of studies/, those of names that no study may have too."""
    return sorted(
        file
        for file in (root / _STUDIES).glob("[!.]*")
        if file.suffix.lower() in _SUFFIXES and file.is_file()
    )


def _read_others(
    files: Iterable[Path], root: Path, scale: str
) -> tuple[dict[str, _Views], list[Mistake]]:
    """Return the studies in `files` that can be run at the scale, and what is wrong with others."""
    studies: dict[str, _Views] = {}
    mistakes: list[Mistake] = []
    for file in files:
        parsed = parse(file)
        if scale == "demo" and isinstance(parsed[0], dict) and "demo" not in parsed[0]:
            continue
        study, found = _read_study(parsed, file, _label(file, root), scale)
        mistakes += found
        if study is not None and not found:
            studies[file.stem] = study
    return studies, mistakes


def _entries(studies: Any, root: Path) -> Any:
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


def _is_study_at(path: str, root: Path) -> bool:
    return _is_path(path) and is_file(_study_file(path, root))


def _study_file(entry: str, root: Path) -> Path:
    if not _is_path(entry):
        return root / _STUDIES / f"{entry}.yaml"
    return root / expanded(entry)


def _is_path(entry: str) -> bool:
    return "/" in entry or entry.endswith(_SUFFIXES)


def _problem_with(file: Path, entry: str, others: Mapping[str, Path], root: Path) -> str | None:
    if not is_file(file):
        known = [path.stem for path in _in_studies(root) if path.suffix == ".yaml"]
        listed = f"known studies: {', '.join(map(printable, known))}"
        listed = listed if known else f"{_STUDIES}/ has none"
        kind = "file" if _is_path(entry) else "study"
        return f"there is no {kind} {entry!r}; {listed}{did_you_mean(Path(entry).stem, known)}"
    if problem := wrong_study_name(file.stem):
        return f"{problem}; rename the file"
    if others.get(file.stem, file) != file:
        return f"{entry!r} has the same name as {_label(others[file.stem], root)}"
    return None


def _label(file: Path, root: Path) -> str:
    return printable((file.relative_to(root) if file.is_relative_to(root) else file).as_posix())


def _read_study(
    parsed: tuple[Any, list[str]], file: Path, label: str, scale: Any
) -> tuple[_Views | None, list[Mistake]]:
    """Return the study in `file` at `scale`, for each of its data sets, and its mistakes.

    `parsed` is what `parse` makes of the file. Mistakes are those at either scale.
    """
    settings, problems = parsed
    mistakes = [Mistake(label, (), problem) for problem in problems]
    if not isinstance(settings, dict):
        if not problems:
            text = f"holds {shown(settings)}, not the settings of a study"
            mistakes.append(Mistake(label, (), text))
        return None, mistakes
    study, wrong = _take_apart(settings, file, label)
    mistakes += wrong
    if scale == "demo" and study.demo is None and not wrong:
        text = "has no demo section; run it with --config scale=paper"
        mistakes.append(Mistake(label, (), text))
    views: dict[str, Study] = {}
    for name in [None, *study.with_own]:
        view, found = _read_view(study, name, scale)
        mistakes += [mistake for mistake in found if mistake not in mistakes]
        if view is not None:
            views |= dict.fromkeys(view.datasets if name is None else [name], view)
    whole, found = _read_whole(study, scale)
    mistakes += [mistake for mistake in found if not mistakes]
    return (None if mistakes else _Views(whole, views)), mistakes


def _take_apart(settings: dict[str, Any], path: Path, label: str) -> tuple[_File, list[Mistake]]:
    """Return the sections of a study file, and which of those laid over others are none."""
    rest = dict(settings)
    has_demo = _DEMO in rest and rest[_DEMO] is not None
    sections, mistakes = {}, []
    for place in ((PER_DATASET,), (_DEMO,), (_DEMO, PER_DATASET)):
        holder = rest if len(place) == 1 else sections[(_DEMO,)]
        section = holder.pop(place[-1], None)
        if section is not None and not isinstance(section, dict):
            mistakes.append(Mistake(label, place, f"{shown(section)} is not a section of settings"))
        sections[place] = dict(section) if isinstance(section, dict) else {}
    for place in ((PER_DATASET,), (_DEMO, PER_DATASET)):
        sections[place], wrong = _of_datasets(sections[place], place, _names(rest, sections), label)
        mistakes += wrong
    demo = sections[(_DEMO,)] if has_demo else None
    own, own_in_demo = sections[(PER_DATASET,)], sections[(_DEMO, PER_DATASET)]
    return _File(path, label, rest, own, demo, own_in_demo), mistakes


def _names(settings: Mapping[str, Any], sections: Mapping[KeyPath, Any]) -> list[str]:
    """Return the data sets of a study file."""
    named = [settings.get("datasets"), sections[(_DEMO,)].get("datasets")]
    return [name for entries in named if isinstance(entries, dict) for name in entries]


def _of_datasets(
    section: Mapping[str, Any], place: KeyPath, datasets: list[str], label: str
) -> tuple[dict[str, dict[str, Any]], list[Mistake]]:
    """Return what a section says of each data set, and what it should not say."""
    kept, mistakes = {}, []
    for name, own in section.items():
        here = (*place, name)
        if name not in datasets:
            text = one_of(name, dict.fromkeys(datasets), "data sets of this study")
            mistakes.append(Mistake(label, here, text))
        elif not isinstance(own, dict):
            mistakes.append(Mistake(label, here, f"{shown(own)} is not a section of settings"))
        else:
            kept[name] = own
            mistakes += [
                Mistake(label, (*here, key), "is the same for all data sets: move it up")
                for key in OF_THE_STUDY
                if key in own
            ]
    return kept, mistakes


def _read_whole(study: _File, scale: Any) -> tuple[Study | None, list[Mistake]]:
    """Return the study at `scale` without what single data sets have of their own."""
    demo = study.demo if scale == "demo" else None
    merged, _ = lay_over(study.settings, demo or {})
    whole, mistakes = _parse(merged, study.label)
    return whole and whole.at_scale(demo is not None), mistakes


def _read_view(study: _File, dataset: str | None, scale: Any) -> tuple[Study | None, list[Mistake]]:
    """Return the study as one data set has it, at `scale`, and the mistakes at either scale.

    Without `dataset` it is as all those have it that have no settings of their own.
    """
    own = [((PER_DATASET, dataset), study.per_dataset.get(dataset, {}))]
    layers = own if dataset is not None else []
    paper, in_paper = _lay_and_check(study, layers, dataset, ())
    mistakes = in_paper
    if study.demo is None:
        return paper, mistakes
    layers = [*layers, ((_DEMO,), study.demo)]
    if dataset is not None:
        layers.append(((_DEMO, PER_DATASET, dataset), study.demo_per_dataset.get(dataset, {})))
    small, in_small = _lay_and_check(study, layers, dataset, in_paper)
    return (small if scale == "demo" else paper), mistakes + in_small


def _lay_and_check(
    study: _File,
    layers: Iterable[tuple[KeyPath, Mapping[str, Any]]],
    dataset: str | None,
    known: Sequence[Mistake],
) -> tuple[Study | None, list[Mistake]]:
    """Return the study with `layers` laid over it, and the mistakes that are not `known`."""
    merged, placed, left_out = study.settings, [], set()
    for place, layer in layers:
        if place == (_DEMO,):  # says nothing of what this data set has not
            layer = without(layer, left_out)
        left_out |= entries_left_out(layer)
        merged, paths = lay_over(merged, layer)
        placed.append((place, paths))
    names = merged.get("datasets")
    if isinstance(names, dict) and study.with_own:
        kept = names.keys() - set(study.with_own) if dataset is None else {dataset}
        if not kept & names.keys():
            return None, []
        merged = merged | {"datasets": {name: names[name] for name in names if name in kept}}
    demo = any(place == (_DEMO,) for place, _ in placed)
    view, mistakes = _validate(merged, study.path, study.label, demo)
    return view, _owed(mistakes, known, placed)


def _validate(
    settings: dict[str, Any], file: Path, label: str, demo: bool
) -> tuple[Study | None, list[Mistake]]:
    study, mistakes = _parse(settings, label)
    if study is None:
        return None, mistakes
    study = study.at_scale(demo)
    return study, [Mistake(label, path, text) for path, text in check(study, file.parent)]


def _parse(settings: dict[str, Any], label: str) -> tuple[Study | None, list[Mistake]]:
    try:
        # JSON's strict mode is what fits a text file: "1" is no number, a list may fill a tuple
        return Study.model_validate_json(json.dumps(settings, default=str), strict=True), []
    except ValidationError as error:
        mistakes = explain(error, _schema_of_studies(), label)
    meant = settings
    for mistake in mistakes:
        meant = with_meaning(meant, mistake.path)
    return _parse(meant, label) if meant is not settings else (None, mistakes)


def _schema_of_studies() -> Schema:
    """Return the JSON schema of a study, by which messages name the sections laid over it too."""
    schema = Study.model_json_schema()
    return schema | {"properties": schema["properties"] | {PER_DATASET: {}, _DEMO: {}}}


def _owed(
    mistakes: Iterable[Mistake],
    known: Sequence[Mistake],
    placed: Sequence[tuple[KeyPath, Sequence[KeyPath]]],
) -> list[Mistake]:
    """Return those of `mistakes` that are not `known`, each where the file has what is wrong.

    `known` are the mistakes without the demo section; `placed` has, for each section that was laid
    over the study, where it stands in the file and the paths of the values it put in.
    """
    wrong = {mistake.path for mistake in known}
    owed = []
    for mistake in mistakes:
        layer, source = _layer_of(mistake.path, placed)
        if source is not None and source != mistake.path and source in wrong:
            continue  # the study lacks the section that the demo section was to be merged into
        found = replace(mistake, path=(*layer, *mistake.path))
        if found in known or (layer[:1] != (_DEMO,) and mistake in known):
            continue
        if placed and placed[-1][0][0] == _DEMO and layer[:1] != (_DEMO,):
            found = replace(found, text=f"{mistake.text} (with the demo section laid over)")
        owed.append(found)
    return owed


def _layer_of(
    path: KeyPath, placed: Sequence[tuple[KeyPath, Sequence[KeyPath]]]
) -> tuple[KeyPath, KeyPath | None]:
    """Return where the section stands that put a value in, and the path of that value.

    The section is () for a value of the study itself; there is no path where a mistake is of what
    a section has added to.
    """
    for place, paths in reversed(placed):
        source = next((part for part in paths if path[: len(part)] == part), None)
        if source is not None or any(part[: len(path)] == path for part in paths):
            return place, source
    return (), None
