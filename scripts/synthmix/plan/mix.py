"""What rules ask about mixes: where their images come from."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from synthmix.leakage import each_leakage
from synthmix.mix.plan import ELSEWHERE, REAL_STORE, Mix
from synthmix.mix.removal import Removal
from synthmix.plan import generate
from synthmix.plan.generate import Model, is_ready, scopes
from synthmix.plan.view import View
from synthmix.repeats import Deal


class Store(NamedTuple):
    """Images, and how the patients were dealt out that they are of; no such of real ones."""

    split: str
    fold: str
    share: str
    store: str


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


def learns_from(view: View, mix: str) -> str:
    """Return which real images the generator of a mix, if it has one, learns from.

    As its setting says, or ELSEWHERE where its images are ready ones.
    """
    generator = settings(view, mix).generator
    if generator and is_ready(view, generator):
        return ELSEWHERE
    return view.settings.generators[generator].learns_from if generator else "training"


def has_ready(view: View, mix: str) -> bool:
    """Return whether the synthetic images of a mix were made elsewhere."""
    return learns_from(view, mix) == ELSEWHERE


def leakage_of_ready(view: View) -> dict[str, str]:
    """Return what tables say of leaks of the mixes with ready images, by the mix."""
    said = generate.leakage_of_ready(view)
    return {name: said[mix.generator] for name, mix in view.mixes.items() if mix.generator in said}


def leakage(view: View, mix: str) -> str:
    """Return what of the test may have been seen in a mix, as its tables say it."""
    return each_leakage([mix], view.leakage, leakage_of_ready(view))[0]


def stores(view: View, mix: str, training: str) -> list[str]:
    """Return the stores that a mix takes images from."""
    real = [REAL_STORE] if settings(view, mix).takes_real else []
    return real + [f"{name}{training}/{scope}" for name, scope in models(view, mix)]


def all_stores(view: View, mix: str, training: str) -> list[str]:
    """Return the stores of a mix and that of the real images, which are tested on."""
    return list(dict.fromkeys([REAL_STORE, *stores(view, mix, training)]))


def placed(view: View, mix: str, split: str, fold: str, share: str, training: str) -> list[Store]:
    """Return the stores of a mix and where they lie: real images are above all splits."""
    return place(stores(view, mix, training), Deal(split, fold, share))


def all_placed(
    view: View, mix: str, split: str, fold: str, share: str, training: str
) -> list[Store]:
    """Return the same of a mix and of the real images."""
    return place(all_stores(view, mix, training), Deal(split, fold, share))


def first_stores(view: View, mix: str) -> list[str]:
    """Return the stores that a mix takes images from in the first of all repeats."""
    return stores(view, mix, "")


def first_placed(view: View, mix: str) -> list[Store]:
    """Return the same and where they lie."""
    return placed(view, mix, "", view.folds[0], "", "")


def place(names: Iterable[str], deal: Deal) -> list[Store]:
    """Return stores and where they lie, of those of synthetic images of a way to deal."""
    return [place_one(name, deal) for name in names]


def place_one(name: str, deal: Deal) -> Store:
    """Return one of them."""
    return Store("", "", "", name) if name == REAL_STORE else Store(*deal, name)


def store_placed(view: View, store: str, split: str, fold: str, share: str) -> Store:
    """Return where a store lies that something is made of for a way to deal."""
    return place_one(store, Deal(split, fold, share))
