"""Checks of what a study searches that are the same of generators and classifiers."""

from collections.abc import Collection, Iterator, Mapping

from synthmix.config.models import Study
from synthmix.config.parse import KeyPath
from synthmix.errors import one_of
from synthmix.search.chosen import replaced_by
from synthmix.search.resolve import search_of, searched_for
from synthmix.search.settings import Search, as_text, is_value
from synthmix.settings import SettingsModel

Finding = tuple[KeyPath, str]


def check_searches(study: Study, kind: str) -> list[Finding]:
    """Return what is wrong with the searches of a study: where and why.

    `kind` is generators or classifiers.
    """
    entries: Mapping[str, SettingsModel] = getattr(study, kind)
    findings = list(_check_names(entries, kind))
    for name, settings in entries.items():
        search = search_of(settings)
        if search is not None:
            found = (*_check_per_value(search), *_check_epochs(search))
            findings += [((kind, name, "search", *place), text) for place, text in found]
    return findings


def _check_names(entries: Mapping[str, SettingsModel], kind: str) -> Iterator[Finding]:
    """Check that no candidate is called as a generator or classifier is."""
    for candidate, name in searched_for(entries).items():
        if candidate in entries:
            text = f"a candidate in the search of {name} has that name: choose another one"
            yield (kind, candidate), text


def _check_epochs(search: Search) -> Iterator[Finding]:
    """Check that it is said once for how many epochs candidates are trained."""
    if search.epochs is None:
        return
    beside = {name for tried in search.all_tried() for name in _going_with(search, tried)}
    if "epochs" in {*search.all_tried(), *beside}:
        yield ("epochs",), "are searched too: remove them here or there"


def _going_with(search: Search, tried: str) -> set[str]:
    return {name for settings in search.by_value(tried).values() for name in settings}


def _check_per_value(search: Search) -> Iterator[Finding]:
    """Check that settings go with values that a stage tries."""
    all_tried = search.all_tried()
    for tried, by_value in (search.per_value or {}).items():
        if by_value is None:  # left out, as a demo section may have it
            continue
        place = ("per_value", tried)
        if tried not in all_tried:
            yield place, one_of(tried, all_tried, "settings that a stage tries")
            continue
        values, seen = search.tried(tried), {}
        for key in by_value:
            same = [value for value in values if is_value(key, value)]
            first = seen.setdefault(as_text(same[0]) if same else key, key)
            if first != key:
                text = f"is the same value as {first}: write it in the same way, as one entry"
                yield (*place, key), text
        for key in search.by_value(tried):
            if not any(is_value(key, value) for value in values):
                kind = f"values of {tried} that a stage tries"
                yield (*place, key), one_of(key, map(as_text, values), kind)
    yield from _said_twice(search, all_tried)


def _said_twice(search: Search, all_tried: Collection[str]) -> Iterator[Finding]:
    """Yield where, below per_value, a setting stands that something else says as well."""
    goes_with: dict[str, str] = {}
    for tried in search.per_value or {}:
        for key, settings in search.by_value(tried).items():
            for setting in settings:
                place = ("per_value", tried, key, setting)
                says = replaced_by({setting: settings[setting]})  # either way to unfreeze is both
                other = goes_with.setdefault(says[0], tried)
                if not set(all_tried).isdisjoint(says):
                    yield place, "is what a stage tries: remove one of them"
                elif other != tried:
                    text = f"goes with the values of {other}: have it go with one setting alone"
                    yield place, text
