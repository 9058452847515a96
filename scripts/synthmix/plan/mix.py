"""What rules ask about mixes: where their images come from."""

from typing import Any

from synthmix.generate.models.settings import LearnsFrom
from synthmix.mix.plan import Mix
from synthmix.mix.removal import Removal
from synthmix.plan.generate import Model, scopes
from synthmix.plan.view import View


def settings(view: View, mix: str) -> Mix:
    """Return a mix by its name."""
    return view.known("mix", mix, view.mixes)


def names(view: View) -> list[str]:
    """Return the names of the mixes, in the order of the tables."""
    return list(view.mixes)


def plain(view: View, mix: str) -> dict[str, Any]:
    """Return a mix as plain values."""
    return settings(view, mix).to_dict()


def all_plain(view: View) -> list[dict[str, Any]]:
    """Return all mixes as plain values, in the order of the tables."""
    return [mix.to_dict() for mix in view.mixes.values()]


def selection(view: View, mix: str) -> str | None:
    """Return the selection whose images a mix takes, if it is one's."""
    return settings(view, mix).selection


def selection_settings(view: View, selection: str) -> Removal:
    """Return the settings of a selection."""
    return view.known("selection", selection, view.settings.selections)


def models(view: View, mix: str) -> list[Model]:
    """Return the models whose images a mix takes, if it takes synthetic ones."""
    generator = settings(view, mix).generator
    return [Model(generator, scope) for scope in scopes(view, generator)] if generator else []


def learns_from(view: View, mix: str) -> LearnsFrom:
    """Return which real images the generator of a mix, if it has one, learns from."""
    generator = settings(view, mix).generator
    return view.settings.generators[generator].learns_from if generator else "training"


def stores(view: View, mix: str) -> list[str]:
    """Return the stores that a mix takes images from."""
    real = [] if settings(view, mix).real_share == 0 else ["real"]
    return real + ["/".join(model) for model in models(view, mix)]


def all_stores(view: View, mix: str) -> list[str]:
    """Return the stores of a mix and that of the real images, which are tested on."""
    return list(dict.fromkeys(["real", *stores(view, mix)]))
