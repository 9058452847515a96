"""Reading the configuration and the studies it names, all of it checked before anything runs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from synthmix.config.layers import Chain, Read, read_chain
from synthmix.config.messages import Mistake, explain, summary
from synthmix.config.models import DEMO, Study, Workflow, as_list
from synthmix.config.parse import parse
from synthmix.config.rehearsal import rehearse
from synthmix.config.study_files import STUDIES, as_entries, find_studies, label_of, other_files
from synthmix.config.views import Views, read_views, with_blame
from synthmix.errors import UserError
from synthmix.scales import REHEARSAL


@dataclass(frozen=True)
class Configuration:
    """A run as it was asked for: checked, and with the scale already chosen.

    `studies` and `study_files` go by the name of the study, which is its file's without suffix;
    `views` has every study as each of its data sets has it, by both names. `others` are
    the studies of the project that were not asked for and can be run at this scale; `others_wrong`
    says what is wrong with those of `wrong_names`, which can't, "" when there is nothing.
    `passed_over` says which files in studies/ can't be studies for their name, a line each.
    `written` has, of a rehearsal, the views as they are at scale paper.
    """

    workflow: Workflow
    studies: dict[str, Study]
    study_files: dict[str, Path]
    others: dict[str, Study]
    others_wrong: str
    wrong_names: frozenset[str]
    passed_over: tuple[str, ...]
    views: dict[tuple[str, str], Study]
    written: dict[tuple[str, str], Study] = field(default_factory=dict)


@dataclass(frozen=True)
class _Others:
    """The studies that were not asked for: those that can be run, and what is wrong with others."""

    studies: dict[str, Views]
    mistakes: list[Mistake]
    wrong_names: frozenset[str]


def load(
    config: Mapping[str, Any],
    root: Path,
    config_file: str = "config.yaml",
    needed: Collection[str] | None = None,
) -> Configuration:
    """Return the configuration that Snakemake's `config` and the study files it names make up.

    `root` is the folder of the project; `config_file` is what messages call the source of
    `config`. Of the studies that it does not name those in `needed` alone are read, all without
    that, each with what it extends. Raises `UserError` that lists every mistake in all of the
    files.
    """
    config = {key: as_entries(v, root) if key == STUDIES else v for key, v in config.items()}
    workflow, mistakes = _read_workflow(config, config_file)
    asked = workflow.studies if workflow else as_list(config.get(STUDIES))
    study_files, unknown = find_studies(asked, root, config_file)
    mistakes += unknown
    read = cache(parse)  # several studies may extend one file
    studies = {}
    for name, file in study_files.items():
        chain, found = read_chain(file, root, read)
        studies[name], found = _read_study(chain, found, config.get("scale"))
        mistakes += [mistake for mistake in found if mistake not in mistakes]
    labels = {name: label_of(file, root) for name, file in study_files.items()}
    mistakes += _seeds_and_repeats(workflow, studies, labels, config_file) if workflow else []
    if mistakes:
        raise UserError(summary(mistakes))
    files, passed_over = other_files(study_files, root)
    files = [file for file in files if needed is None or file.stem in needed]
    others = _read_others(files, root, workflow.scale, read)
    if workflow.repeats is not None:
        studies = {name: _repeated(views, workflow) for name, views in studies.items()}
        repeated = {name: _repeated(views, workflow) for name, views in others.studies.items()}
        others = replace(others, studies=repeated)
    written = {}
    if workflow.scale == REHEARSAL:
        written = _by_both_names(studies | others.studies)
        studies = {name: _rehearsed(views, workflow, root) for name, views in studies.items()}
        short = {name: _rehearsed(views, workflow, root) for name, views in others.studies.items()}
        others = replace(others, studies=short)
    all_views = studies | others.studies
    return Configuration(
        workflow,
        {name: views.study for name, views in studies.items()},
        study_files | {name: root / STUDIES / f"{name}.yaml" for name in others.studies},
        {name: views.study for name, views in others.studies.items()},
        summary(others.mistakes) if others.mistakes else "",
        others.wrong_names,
        tuple(passed_over),
        _by_both_names(all_views),
        written,
    )


def _seeds_and_repeats(
    workflow: Workflow,
    studies: Mapping[str, Views | None],
    labels: Mapping[str, str],
    config_file: str,
) -> list[Mistake]:
    """Return where several seeds meet repeats: both say how often classifiers are trained."""
    if len(workflow.seeds) == 1:
        return []
    classifiers = len(workflow.seeds)
    text = (
        f"seeds are several, and each is a training of every classifier: give one seed, and"
        f" repeats with classifiers: {classifiers}"
    )
    if workflow.repeats is not None:
        return [Mistake(config_file, ("repeats",), text)]
    return [
        Mistake(labels[name], ("repeats",), text)
        for name, views in studies.items()
        if views is not None and not all(view.repeats.is_one for view in views.of_dataset.values())
    ]


def _repeated(views: Views, workflow: Workflow) -> Views:
    """Return a study with the repeats of the run over its own, for each of its data sets."""
    given = workflow.repeats.model_dump(exclude_unset=True)

    def repeated(study: Study) -> Study:
        return study.model_copy(update={"repeats": study.repeats.model_copy(update=given)})

    return Views(
        repeated(views.study), {name: repeated(view) for name, view in views.of_dataset.items()}
    )


def _by_both_names(studies: Mapping[str, Views]) -> dict[tuple[str, str], Study]:
    return {
        (name, dataset): view
        for name, views in studies.items()
        for dataset, view in views.of_dataset.items()
    }


def _rehearsed(views: Views, workflow: Workflow, root: Path) -> Views:
    """Return a study in short, for each of its data sets."""
    data = root / workflow.data_dir
    every_job = workflow.rehearse == "all"

    def short(study: Study) -> Study:
        return rehearse(study, workflow.max_steps, every_job, data)

    return Views(short(views.study), {name: short(v) for name, v in views.of_dataset.items()})


def _read_workflow(config: Mapping[str, Any], label: str) -> tuple[Workflow | None, list[Mistake]]:
    try:
        # lenient: `--config seeds=[1,2]` arrives as a list of text
        return Workflow.model_validate(dict(config)), []
    except ValidationError as error:
        return None, explain(error, Workflow.model_json_schema(), label)


def _read_others(files: Iterable[Path], root: Path, scale: str, read: Read) -> _Others:
    """Return the studies in `files` that can be run at the scale, and what is wrong with others."""
    studies: dict[str, Views] = {}
    mistakes: list[Mistake] = []
    wrong = set()
    for file in files:
        chain, found = read_chain(file, root, read)
        if scale == DEMO and chain is not None and not chain.has_demo:
            continue
        study, found = _read_study(chain, found, scale)
        mistakes += [mistake for mistake in found if mistake not in mistakes]
        if study is None or found:
            wrong.add(file.stem)
        else:
            studies[file.stem] = study
    return _Others(studies, mistakes, frozenset(wrong))


def _read_study(
    chain: Chain | None, mistakes: list[Mistake], scale: Any
) -> tuple[Views | None, list[Mistake]]:
    """Return a study at `scale`, for each of its data sets, and its mistakes at either scale.

    `mistakes` are those that its files have for themselves.
    """
    if chain is None:
        return None, mistakes
    if scale == DEMO and not chain.has_demo and not mistakes:
        text = "has no demo section; run it with --config scale=paper"
        mistakes = [Mistake(chain.study.label, (), text)]
    study, found = read_views(chain, scale, mistakes)
    told = with_blame(found, chain, scale)
    return study, mistakes + [mistake for mistake in told if mistake not in mistakes]
