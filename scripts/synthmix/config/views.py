"""A study as each of its data sets has it, with every mistake told where it stands."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pydantic import ValidationError

from synthmix.config.checks import check
from synthmix.config.layers import Chain, Layer, lay_all
from synthmix.config.messages import Mistake, explain
from synthmix.config.models import DEMO, EXTENDS, PER_DATASET, Study
from synthmix.config.parse import KeyPath, with_meaning
from synthmix.config.subschemas import Schema

Placed = Sequence[tuple[Layer, Sequence[KeyPath]]]


@dataclass(frozen=True)
class Views:
    """A study as it is for all of its data sets, and as each of them has it."""

    study: Study
    of_dataset: dict[str, Study]


def read_views(
    chain: Chain, scale: Any, so_far: Sequence[Mistake]
) -> tuple[Views | None, list[Mistake]]:
    """Return the study at `scale`, for each of its data sets, and its mistakes at either scale.

    There is none where it has mistakes or its files had any `so_far`.
    """
    mistakes: list[Mistake] = []
    views: dict[str, Study] = {}
    for name in [None, *chain.with_own]:
        view, found = _read_view(chain, name, scale)
        mistakes += [mistake for mistake in found if mistake not in mistakes]
        if view is not None:
            views |= dict.fromkeys(view.datasets if name is None else [name], view)
    demo = scale == DEMO and chain.has_demo
    merged, _ = lay_all(chain.layers(None, demo))
    whole, found = _parse(merged, chain.study.label)
    if not so_far and not mistakes:
        mistakes += found
    if so_far or mistakes:
        return None, mistakes
    return Views(whole.at_scale(demo), views), []


def with_blame(mistakes: Iterable[Mistake], chain: Chain, scale: Any) -> list[Mistake]:
    """Return `mistakes` of a study that say where another file than theirs gave rise to them.

    What a file has to itself is no mistake, and one where it is extended.
    """
    own = {chain.study.label}
    alone: set[Mistake] = set()
    mistakes = list(mistakes)
    if any(mistake.file not in own for mistake in mistakes):
        for base in chain.bases():
            alone.update(read_views(base, scale, ())[1])
    blame = f" (as {chain.study.label} extends it)"
    return [
        mistake
        if mistake.file in own or mistake in alone
        else replace(mistake, text=mistake.text + blame)
        for mistake in mistakes
    ]


def _read_view(chain: Chain, dataset: str | None, scale: Any) -> tuple[Study | None, list[Mistake]]:
    """Return the study as one data set has it, at `scale`, and the mistakes at either scale.

    Without `dataset` it is as all those have it that have no settings of their own.
    """
    paper, in_paper = _lay_and_check(chain, dataset, False, ())
    if not chain.has_demo:
        return paper, in_paper
    small, in_small = _lay_and_check(chain, dataset, True, in_paper)
    return (small if scale == DEMO else paper), in_paper + in_small


def _lay_and_check(
    chain: Chain, dataset: str | None, demo: bool, known: Sequence[Mistake]
) -> tuple[Study | None, list[Mistake]]:
    """Return the study as one data set has it, and the mistakes that are not `known`."""
    merged, placed = lay_all(chain.layers(dataset, demo))
    names = merged.get("datasets")
    if isinstance(names, dict) and chain.with_own:
        kept = names.keys() - set(chain.with_own) if dataset is None else {dataset}
        if not kept & names.keys():
            return None, []
        merged = merged | {"datasets": {name: names[name] for name in names if name in kept}}
    study = chain.study
    view, mistakes = _parse(merged, study.label)
    if view is not None:
        view = view.at_scale(demo)
        found = check(view, study.path.parent)
        mistakes = [Mistake(study.label, path, text) for path, text in found]
    return view, _owed(mistakes, known, placed, demo)


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


@cache  # takes a tenth of a second, and is asked for at each mistake
def _schema_of_studies() -> Schema:
    """Return the JSON schema of a study, by which messages name the sections laid over it too."""
    schema = Study.model_json_schema()
    return schema | {"properties": schema["properties"] | {PER_DATASET: {}, DEMO: {}, EXTENDS: {}}}


def _owed(
    mistakes: Iterable[Mistake], known: Sequence[Mistake], placed: Placed, demo: bool
) -> list[Mistake]:
    """Return those of `mistakes` that are not `known`, each where a file has what is wrong.

    `known` are the mistakes without the demo section; `placed` has, for each section that was laid
    over those before it, the paths of the values it put in.
    """
    wrong = {mistake.path for mistake in known}
    at = {(mistake.path, mistake.text) for mistake in known}
    owed = []
    for mistake in mistakes:
        layer, source = _layer_of(mistake.path, placed)
        if source is not None and source != mistake.path and source in wrong:
            continue  # the study lacks the section that the demo section was to be merged into
        label, place = (layer.file.label, layer.place) if layer else (mistake.file, ())
        found = replace(mistake, file=label, path=(*place, *mistake.path))
        of_demo = layer is not None and layer.is_of_demo
        if found in known or (not of_demo and (mistake.path, mistake.text) in at):
            continue
        if demo and not of_demo:
            found = replace(found, text=f"{mistake.text} (with the demo section laid over)")
        owed.append(found)
    return owed


def _layer_of(path: KeyPath, placed: Placed) -> tuple[Layer | None, KeyPath | None]:
    """Return the layer that put a value in, and the path of that value.

    There is no path where the value is of a file's own settings or the mistake is of what a section
    has added to, and no layer where none has the value.
    """
    for layer, paths in reversed(placed):
        source = next((part for part in paths if path[: len(part)] == part), None)
        if source is not None or any(part[: len(path)] == path for part in paths):
            return layer, source if layer.place else None
    return None, None
