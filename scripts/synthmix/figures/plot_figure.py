"""From what a rule has to the function that draws its figure, all by name."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from synthmix.errors import UserError
from synthmix.figures.declaration import CATALOGUE

# what every rule has, and no figure is told
OF_THE_JOB = {"script", "code", "leakage"}


def plot_figure(
    name: str,
    inputs: Mapping[str, str | Sequence[str]],
    params: Mapping[str, Any],
    outputs: Mapping[str, str],
) -> None:
    """Call the function `name` of the module `name` with `inputs`, `params` and `outputs`.

    A parameter of the same name as an input says what the files of that input are of: the function
    takes them together, see `by_what_they_are_of`. Raises UserError for a function that takes
    something else than it is given.
    """
    keyed = params.keys() & inputs.keys()
    given = {**inputs, **outputs}
    given |= {key: value for key, value in params.items() if key not in OF_THE_JOB}
    given |= {key: by_what_they_are_of(params[key], inputs[key]) for key in keyed}
    draw = drawing(name)
    try:
        inspect.signature(draw).bind(**given)
    except TypeError as error:
        raise UserError(
            f"{_file(name)}: {name}: {error}; its declaration in {CATALOGUE} gives "
            f"{', '.join(sorted(given))}: mend one of them"
        ) from None
    draw(**given)


def drawing(name: str) -> Callable[..., None]:
    """Return the function `name` of the module `synthmix.figures.<name>`; UserError without one."""
    draw = getattr(import_module(f"synthmix.figures.{name}"), name, None)
    if draw is None:
        raise UserError(
            f"{_file(name)}: there is no function {name}, which draws the figure: add it"
        )
    return draw


def _file(name: str) -> str:
    return f"scripts/synthmix/figures/{name}.py"


def by_what_they_are_of(
    keys: Sequence[str | Sequence[Any]], files: Sequence[str]
) -> dict[str, str] | list[tuple[Any, ...]]:
    """Return `files` with their keys: by name, or as rows of several words and the files.

    Names have a file each, or one file is of all of them; other keys have the same number of files
    each, in their order. Raises ValueError where there are not as many files.
    """
    if all(isinstance(key, str) for key in keys):
        each_its_own = files if len(files) != 1 else list(files) * len(keys)
        return dict(zip(keys, each_its_own, strict=True))
    each = len(files) // len(keys)
    if each * len(keys) != len(files):
        raise ValueError(f"{len(files)} files for {len(keys)} keys")
    return [(*key, *files[place * each : (place + 1) * each]) for place, key in enumerate(keys)]
