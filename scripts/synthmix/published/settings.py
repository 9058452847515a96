"""What ours was trained with, and whether a published value is of the same settings."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import yaml

from synthmix.published.results import AbsentError, Results, Searched
from synthmix.published.rows import DIFFERENCE, LEARNED_WEIGHTS, TRAINED, Printed
from synthmix.search.chosen import read_chosen, settle

# by setting what a source chose: more than one value where it contradicts itself
Choice = Mapping[str, Sequence[str]]
# what sources may print of that which ours does not set
_NOTHING = ("0", "false")


def searched(row: Printed) -> Searched:
    """Return the kind and the name of what a row is of, as studies have them."""
    return ("generators", row.generator) if row.generator else ("classifiers", row.classifier)


def published_choices(rows: Iterable[Printed]) -> dict[Searched, dict[str, list[str]]]:
    """Return what the source prints of the settings of each classifier and generator."""
    found: dict[Searched, dict[str, list[str]]] = {}
    for row in rows:
        if row.of == "parameters" and row.metric != LEARNED_WEIGHTS and row.low == row.high:
            values = found.setdefault(searched(row), {}).setdefault(row.metric, [])
            values.append(row.low if isinstance(row.low, str) else f"{row.low:g}")
    return found


def trained_otherwise(row: Printed, results: Results, choices: Mapping[Searched, Choice]) -> str:
    """Return why ours, as it was trained, is none to hold a published value against; "" if it is.

    Compared are the settings that the row names and, where ours were chosen by a search, those of
    them that the source prints as its own choice in `choices`.
    """
    if row.of not in TRAINED or (row.of == "parameters" and row.metric != LEARNED_WEIGHTS):
        return ""
    if row.of == "search":
        return _earlier_stages_chose(row, results, choices)
    kind, name = searched(row)
    names = [name] if kind == "generators" else row.classifiers_of(results.classifiers)
    reasons = []
    for each in names:
        origin, ours, chosen = _training(results, (kind, each))
        wanted = _of_chosen(choices.get((kind, origin), {}), chosen) | _named(row)
        reasons += _differences(each, wanted, ours)
    return "; ".join(dict.fromkeys(reasons))


def look_up(settings: Mapping[str, Any], name: str) -> Any:
    """Return a setting, `augmentation.zoom` for one of a section; None where there is none.

    `a minus b` is the difference of two.
    """
    if DIFFERENCE in name:
        first, second = (look_up(settings, part) for part in name.split(DIFFERENCE, 1))
        known = all(isinstance(part, int | float) for part in (first, second))
        return first - second if known else None
    value: Any = settings
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def trained_with(results: Results, of: Searched) -> dict[str, Any]:
    """Return the settings that a classifier or generator of ours was trained with."""
    return _training(results, of)[1]


def candidates(row: Printed, results: Results) -> pd.DataFrame:
    """Return the rows of a search's table that are of the stage and the settings of a row.

    Settings that the stage does not try are those that stages before it have chosen. Raises
    AbsentError where there are none.
    """
    table = _search(row, results)
    rows = table[table["stage"].astype(str) == row.stage] if row.stage else table
    tried = {name for settings in rows["settings"] for name in _read(settings)}
    wanted = {k: v for k, v in row.settings.items() if k in tried or not row.stage}
    own = rows[[_has(settings, wanted) for settings in rows["settings"]]]
    if own.empty:
        raise AbsentError(f"no candidate of stage {row.stage} has {row.candidate}")
    return own


def equal(ours: Any, wanted: str) -> bool:
    """Return whether a setting has the value that is `wanted`, as text."""
    text = as_text(ours)
    if is_number(text) and is_number(wanted):
        return math.isclose(float(text), float(wanted))
    return text == wanted


def as_text(value: Any) -> str:
    """Return a setting as text: words as they are."""
    return value if isinstance(value, str) else json.dumps(value)


def is_number(text: str) -> bool:
    """Return whether a text is a finite number."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _training(results: Results, of: Searched) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return whose search a training waits for, its settings, and those that were chosen for it."""
    kind, name = of
    given = results.settings.get(kind, {}).get(name, {})
    chosen = results.chosen.get(of)
    settings = settle(given.get("base", {}), given.get("own", {}), chosen)
    found = read_chosen(chosen) if chosen else {}
    # what something has for itself is not what was chosen
    found = {key: value for key, value in found.items() if key not in given.get("own", {})}
    return given.get("origin", name), settings, found


def _earlier_stages_chose(
    row: Printed, results: Results, choices: Mapping[Searched, Choice]
) -> str:
    """Return in what a candidate differs that stages before its own have settled."""
    kind, name = searched(row)
    table = _search(row, results)
    earlier = table[(table["stage"].astype(int) < int(row.stage or 1)) & table["chosen"]]
    chosen: dict[str, Any] = {}
    for settings in earlier.sort_values("stage")["settings"]:
        chosen |= _read(settings)
    tried = {key for text in candidates(row, results)["settings"] for key in _read(text)}
    wanted = _of_chosen(choices.get((kind, name), {}), chosen) | _named(row)
    wanted = {key: values for key, values in wanted.items() if key not in tried}
    base = results.settings.get(kind, {}).get(name, {}).get("base", {})
    return "; ".join(_differences(name, wanted, {**base, **chosen}))


def _of_chosen(printed: Choice, chosen: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """Return what is printed of what a search of ours chose, settings or parts of sections."""
    return {key: values for key, values in printed.items() if key.partition(".")[0] in chosen}


def _named(row: Printed) -> dict[str, list[str]]:
    return {key: [value] for key, value in row.settings.items()}


def _differences(name: str, wanted: Choice, ours: Mapping[str, Any]) -> list[str]:
    """Return which settings of ours are not as `wanted`.

    What ours does not set, such as what is of a section that it has not, is as good as 0; a setting
    that there is not is another one. Where nothing is known of ours there is no difference.
    """
    reasons = []
    for setting, values in wanted.items() if ours else ():
        own = look_up(ours, setting)
        accepted = [*_NOTHING, as_text(own)] if own is None else [as_text(own)]
        if not any(equal(text, value) for text in accepted for value in values):
            text = f"{_words(setting)} {' or '.join(values)}"
            shown = "none" if own is None else as_text(own)
            reasons.append(f"the source has {text}, {name} here {shown}")
    return reasons


def _search(row: Printed, results: Results) -> pd.DataFrame:
    kind, name = searched(row)
    return results.table(results.searches.get((kind, name)), f"{name} has no search")


def _has(settings: str, wanted: Mapping[str, str]) -> bool:
    """Return whether the settings of a candidate, as its table writes them, are those `wanted`."""
    there = _read(settings)
    return all(name in there and equal(there[name], value) for name, value in wanted.items())


def _read(settings: str) -> dict[str, Any]:
    """Return the settings of a candidate as values."""
    return yaml.safe_load(f"{{{settings}}}")


def _words(setting: str) -> str:
    return setting.replace("_", " ").replace(".", ", ")
