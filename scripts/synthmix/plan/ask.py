"""Answering the questions of rules for a job, and filling their answers into patterns of paths."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import product
from typing import Any

from synthmix.plan.view import View

Question = Callable[..., Any]
Wildcards = Mapping[str, str]


def ask(question: Question, view: View, wildcards: Wildcards) -> Any:
    """Return what `question` says of `view`, given those of `wildcards` that it has arguments for.

    Raises TypeError where there is no wildcard for an argument without a default.
    """
    named = {name: wildcards[name] for name in _arguments(question) if name in wildcards}
    return question(view, **named)


def ask_for_files(
    pattern: str, view: View, wildcards: Wildcards, things: Question | None = None, **values: Any
) -> list[str]:
    """Return `pattern` filled for every combination of `things` and `values`, the last fastest.

    What they don't fill in is that of `wildcards`. `things` is a question with named tuples for
    an answer, whose fields are wildcards; each of `values` is a question or what fills in the
    wildcard of its name: one value or several.
    """
    parts = [[thing._asdict() for thing in ask(things, view, wildcards)]] if things else []
    for name, value in values.items():
        answer = _answer(value, view, wildcards)
        several = answer if _is_several(answer) else [answer]
        parts.append([{name: one} for one in several])
    return [
        pattern.format_map({name: part[name] for part in (wildcards, *found) for name in part})
        for found in product(*parts)
    ]


def ask_for_file(
    pattern: str,
    view: View,
    wildcards: Wildcards,
    thing: Question | None = None,
    when: Question | None = None,
    **values: Any,
) -> str | list[str]:
    """Return `pattern` filled with `thing` and `values`, as `ask_for_files` fills it.

    Here the answers are a named tuple, and a value each. Returns [], no file for Snakemake, where
    one of them is None or the answer to `when` is not true.
    """
    if when and not ask(when, view, wildcards):
        return []
    filled = {name: _answer(value, view, wildcards) for name, value in values.items()}
    found = ask(thing, view, wildcards) if thing else ()
    if found is None or None in filled.values():
        return []
    return pattern.format_map({**wildcards, **filled, **(found._asdict() if found else {})})


def _answer(value: Any, view: View, wildcards: Wildcards) -> Any:
    return ask(value, view, wildcards) if callable(value) else value


@cache
def _arguments(question: Question) -> tuple[str, ...]:
    """Return the names of the arguments of a question behind the first, which is the view."""
    return tuple(inspect.signature(question).parameters)[1:]


def _is_several(answer: Any) -> bool:
    return isinstance(answer, Iterable) and not isinstance(answer, str)
