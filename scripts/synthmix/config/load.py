"""Reading the configuration and the studies it names, all of it checked before anything runs."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from synthmix.config.checks import check
from synthmix.config.messages import Mistake, did_you_mean, explain, shown, summary, wrong_name
from synthmix.config.models import Study, Workflow, as_list
from synthmix.config.overlay import lay_over
from synthmix.config.parse import KeyPath, parse
from synthmix.config.schema import study_schema, workflow_schema
from synthmix.errors import UserError

_STUDIES = "studies"


@dataclass(frozen=True)
class Configuration:
    """A run as it was asked for: checked, and with the scale already chosen.

    `studies` and `study_files` go by the name of the study, which is its file's without suffix.
    `others` are the studies of the project that were not asked for and can be run at this scale;
    `others_wrong` says what is wrong with those that can't, "" when there is nothing.
    """

    workflow: Workflow
    studies: dict[str, Study]
    study_files: dict[str, Path]
    others: dict[str, Study]
    others_wrong: str


def load(config: Mapping[str, Any], root: Path, config_file: str = "config.yaml") -> Configuration:
    """Return the configuration that Snakemake's `config` and the study files it names make up.

    `root` is the folder of the project; `config_file` is what messages call the source of
    `config`. Raises `UserError` that lists every mistake in all of the files.
    """
    workflow, mistakes = _read_workflow(config, config_file)
    asked = workflow.studies if workflow else as_list(config.get("studies"))
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
    others, wrong = _read_others(study_files, root, workflow.scale)
    return Configuration(workflow, studies, study_files, others, summary(wrong) if wrong else "")


def _read_workflow(config: Mapping[str, Any], label: str) -> tuple[Workflow | None, list[Mistake]]:
    try:
        # lenient: `--config seeds=[1,2]` arrives as a list of text
        return Workflow.model_validate(dict(config)), []
    except ValidationError as error:
        return None, explain(error, workflow_schema(), label)


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


def _read_others(
    asked: Mapping[str, Path], root: Path, scale: str
) -> tuple[dict[str, Study], list[Mistake]]:
    """Return the studies of the project besides those `asked` for, and what is wrong with them."""
    studies: dict[str, Study] = {}
    mistakes: list[Mistake] = []
    for file in sorted((root / _STUDIES).glob("*.yaml")):
        if file.stem in asked:
            continue
        parsed = parse(file)
        if scale == "demo" and isinstance(parsed[0], dict) and "demo" not in parsed[0]:
            continue
        study, found = _read_study(parsed, file, _label(file, root), scale)
        mistakes += found
        if study is not None and not found:
            studies[file.stem] = study
    return studies, mistakes


def _study_file(entry: str, root: Path) -> Path:
    return root / entry if _is_path(entry) else root / _STUDIES / f"{entry}.yaml"


def _is_path(entry: str) -> bool:
    return "/" in entry or entry.endswith((".yaml", ".yml"))


def _problem_with(file: Path, entry: str, others: Mapping[str, Path], root: Path) -> str | None:
    if not file.is_file():
        known = sorted(path.stem for path in (root / _STUDIES).glob("*.yaml"))
        listed = f"known studies: {', '.join(known)}" if known else f"{_STUDIES}/ has none"
        kind = "file" if _is_path(entry) else "study"
        return f"there is no {kind} {entry!r}; {listed}{did_you_mean(Path(entry).stem, known)}"
    if problem := wrong_name(file.stem):
        return f"{problem}; rename the file"
    if others.get(file.stem, file) != file:
        return f"{entry!r} has the same name as {_label(others[file.stem], root)}"
    return None


def _label(file: Path, root: Path) -> str:
    return (file.relative_to(root) if file.is_relative_to(root) else file).as_posix()


def _read_study(
    parsed: tuple[Any, list[str]], file: Path, label: str, scale: Any
) -> tuple[Study | None, list[Mistake]]:
    """Return the study in `file` at `scale`, and the mistakes at either scale.

    `parsed` is what `parse` makes of the file.
    """
    settings, problems = parsed
    mistakes = [Mistake(label, (), problem) for problem in problems]
    if not isinstance(settings, dict):
        if not problems:
            mistakes.append(
                Mistake(label, (), f"holds {shown(settings)}, not the settings of a study")
            )
        return None, mistakes
    demo = settings.pop("demo", None)
    paper, in_paper = _validate(settings, file, label)
    mistakes += in_paper
    if demo is None:
        if scale == "demo":
            text = "has no demo section; run it with --config scale=paper"
            mistakes.append(Mistake(label, (), text))
        return paper, mistakes
    if not isinstance(demo, dict):
        mistakes.append(Mistake(label, ("demo",), f"{shown(demo)} is not a section of settings"))
        return None, mistakes
    laid_over, placed = lay_over(settings, demo)
    small, in_small = _validate(laid_over, file, label)
    mistakes += _owed_to_demo(in_small, in_paper, placed)
    return (small if scale == "demo" else paper), mistakes


def _validate(
    settings: dict[str, Any], file: Path, label: str
) -> tuple[Study | None, list[Mistake]]:
    try:
        # JSON's strict mode is what fits a text file: "1" is no number, a list may fill a tuple
        study = Study.model_validate_json(json.dumps(settings, default=str), strict=True)
    except ValidationError as error:
        return None, explain(error, study_schema(), label)
    return study, [Mistake(label, path, text) for path, text in check(study, file.parent)]


def _owed_to_demo(
    mistakes: Iterable[Mistake], in_paper: Iterable[Mistake], placed: Iterable[KeyPath]
) -> list[Mistake]:
    """Return those of `mistakes` that the demo section brought in, at their place in it.

    `in_paper` are the mistakes without it; `placed` are the paths of the values it put in.
    """
    known = set(in_paper)
    wrong = {mistake.path for mistake in in_paper}
    owed = []
    for mistake in mistakes:
        path = mistake.path
        source = next((part for part in placed if path[: len(part)] == part), None)
        if source is not None and source != path and source in wrong:
            continue  # the study lacks the section that the demo section was to be merged into
        if source is None and mistake in known:
            continue
        if source is not None or any(part[: len(path)] == path for part in placed):
            owed.append(replace(mistake, path=("demo", *path)))
        else:
            owed.append(replace(mistake, text=f"{mistake.text} (with the demo section laid over)"))
    return owed
