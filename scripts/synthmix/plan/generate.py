"""What rules ask about generators: what each of them learns and how many images it makes."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from synthmix.files import expanded
from synthmix.generate.models.settings import GeneratorSettings
from synthmix.generate.ready_files import state_of
from synthmix.leakage import AS_LISTED, AS_PUBLISHED, NOT_RULED_OUT, Leakage
from synthmix.mix.plan import Mix, pool_size
from synthmix.plan.search import Choice, choice_for
from synthmix.plan.view import View
from synthmix.registry import generator_modules
from synthmix.scopes import ALL_CLASSES, UNLABELLED
from synthmix.score.settings import OWN
from synthmix.search.resolve import Trained, possible_settings

_SNAPSHOTS = "synthmix.generate.snapshots"
_MOST_FEATURES = 2048  # of an image, each of four bytes: those of Inception


class Model(NamedTuple):
    """What is trained of a generator: on one class, or on all of them."""

    generator: str
    scope: str


def settings(view: View, generator: str) -> GeneratorSettings:
    """Return the settings that jobs of a generator, or of a candidate for it, are planned for."""
    return view.known("generator", generator, view.generator_settings)


def trained(view: View, generator: str) -> Trained:
    """Return what a generator, or a candidate of its search, is trained with."""
    return view.known("generator", generator, view.generators_trained)


def base(view: View, generator: str) -> dict[str, Any]:
    """Return the complete settings that those of a training go over."""
    return dict(trained(view, generator).base)


def own(view: View, generator: str) -> dict[str, Any]:
    """Return the settings of a training that go over all that is chosen before it."""
    return dict(trained(view, generator).own)


def choice(view: View, generator: str) -> Choice | None:
    """Return the choice that a training waits for, if it does."""
    return choice_for("generators", trained(view, generator))


def names(view: View) -> list[str]:
    """Return the generators of the study; candidates of searches are none of them."""
    return list(view.settings.generators)


def scopes(view: View, generator: str) -> list[str]:
    """Return what the models of a generator learn: a class each, or one model all of them.

    A generator that learns from all images, without labels, has one model of no class.
    """
    if learns_all(view, generator):
        return [UNLABELLED]
    return [ALL_CLASSES] if settings(view, generator).joint else view.classes


def learns_all(view: View, generator: str) -> bool:
    """Return whether a generator learns from all images, without their labels."""
    return settings(view, generator).learns_from == "all"


def any_learns_all(view: View) -> bool:
    """Return whether any generator, or candidate for one, does."""
    return any(found.learns_from == "all" for found in view.generator_settings.values())


def made_classes(view: View, generator: str) -> list[str]:
    """Return what the images of a generator are labelled: a class each, or none."""
    return [UNLABELLED] if learns_all(view, generator) else view.classes


def image_size(view: View, generator: str) -> int | None:
    """Return the pixels a side that a generator's images have where they are not prepare's."""
    return settings(view, generator).image_size


def leakage(view: View, generator: str) -> Leakage:
    """Return what of the test a generator has seen: all of it where it learns from all images."""
    return AS_PUBLISHED if learns_all(view, generator) else view.leakage


def models(view: View) -> list[Model]:
    """Return every model of the study's generators."""
    return [Model(name, scope) for name in names(view) for scope in scopes(view, name)]


def models_with_snapshots(view: View) -> list[Model]:
    """Return the models that are scored while they learn."""
    return [model for model in models(view) if has_snapshots(view, model.generator)]


def learned_classes(view: View, scope: str) -> list[str]:
    """Return the classes that a model learns."""
    return view.classes if scope == ALL_CLASSES else [scope]


def labels(view: View, scope: str) -> dict[str, int]:
    """Return the number by which a model knows each of the classes that it learns."""
    return {label: number for number, label in enumerate(learned_classes(view, scope))}


def devices(view: View, generator: str) -> int:
    """Return how many devices share a training."""
    return settings(view, generator).devices


def starts(view: View, generator: str) -> list[str]:
    """Return the files of weights that a training may start from, where it names any."""
    possible = possible_settings(trained(view, generator), view.settings.generators, {"init_from"})
    paths = {found.get("init_from") for found in possible} - {None}
    return [str(expanded(path)) for path in sorted(paths)]


def on_cpu(view: View, generator: str) -> bool:
    """Return whether a training takes no GPU, be there one."""
    return settings(view, generator).on_cpu


def gpus(view: View, generator: str) -> int:
    """Return how many GPUs a training takes, where there are any."""
    return 0 if on_cpu(view, generator) else devices(view, generator)


def truncation(view: View, generator: str) -> float:
    """Return how far images are pulled towards the average one: ready ones stay as they are."""
    return 1.0 if is_ready(view, generator) else view.settings.pools.truncation


def is_ready(view: View, generator: str) -> bool:
    """Return whether the images of a generator were made elsewhere."""
    return settings(view, generator).is_ready


def ready(view: View) -> list[str]:
    """Return the generators of the study whose images were made elsewhere."""
    return [name for name in names(view) if is_ready(view, name)]


def leakage_of_ready(view: View) -> dict[str, str]:
    """Return what tables say of leaks of the generators of ready images, by the generator."""
    known = {name: settings(view, name).origin_is_known for name in ready(view)}
    return {name: AS_LISTED if listed else NOT_RULED_OUT for name, listed in known.items()}


def ready_settings(view: View, generator: str) -> dict[str, Any]:
    """Return where the ready images of a generator are, and what classes are called there."""
    found = settings(view, generator)
    return {
        "images": str(expanded(found.images).absolute()),
        "classes": dict(found.classes),
        "max_unpacked_gb": found.max_unpacked_gb,
    }


def ready_state(view: View, generator: str) -> str:
    """Return what tells the ready images of a generator from changed ones."""
    found = ready_settings(view, generator)
    return _state(found["images"], found["max_unpacked_gb"] * 1e9)


def origin(view: View, generator: str) -> str | list[str]:
    """Return the file that lists what ready images were made from; [] where there is none."""
    found = settings(view, generator)
    if not found.is_ready or not found.origin_is_known:
        return []
    return str(expanded(found.learned_from))


def origins(view: View) -> list[str | None]:
    """Return that file of each generator of ready images, None where nobody knows."""
    return [origin(view, name) or None for name in ready(view)]


def origin_files(view: View) -> list[str]:
    """Return those files that there are."""
    return [file for file in origins(view) if file]


def tried_for(view: View, generator: str) -> str | None:
    """Return the generator that a candidate of a search is tried for; None for any other."""
    return view.candidates.get(generator)


def seeded_as(view: View, generator: str) -> str:
    """Return what the seeds of a training come from: candidates differ in their settings alone."""
    return f"{view.dataset}/{tried_for(view, generator) or generator}"


def has_snapshots(view: View, generator: str) -> bool:
    """Return whether a generator is scored while it learns."""
    return settings(view, generator).snapshots is not None


def snapshot_network(view: View, generator: str) -> str | None:
    """Return by which network snapshots are scored; None where there are no snapshots."""
    return view.settings.scores.network if has_snapshots(view, generator) else None


def snapshot_input_size(view: View, generator: str) -> int | None:
    """Return the pixels at which that network sees images; None where it has a size of its own."""
    return view.settings.scores.input_size if has_snapshots(view, generator) else None


def snapshot_bytes(view: View, generator: str) -> int:
    """Return the memory that scoring a snapshot takes: its features, and once more put together."""
    snapshots = settings(view, generator).snapshots
    if snapshots is None or view.settings.scores.network == OWN:
        return 0
    return 2 * 4 * _MOST_FEATURES * snapshots.images


def additions(view: View, generator: str) -> list[dict[str, Any]]:
    """Return the mixes in which its images are added to all the real ones, as plain values."""
    return [mix.to_dict() for mix in _mixes(view, generator) if mix.is_addition]


def images_needed(view: View, generator: str, scope: str) -> dict[str, int]:
    """Return how many images of each class a model makes at the least, additions left out."""
    classes, searched_for = learned_classes(view, scope), tried_for(view, generator)
    if searched_for is not None:
        return dict.fromkeys(classes, view.searches["generators", searched_for].images)
    mixes = [mix for mix in _mixes(view, generator) if not mix.is_addition]
    # of ready images there may be fewer than scores and figures would like to look at
    least = 0 if is_ready(view, generator) else view.settings.pools.images
    return {label: max(pool_size(mixes, generator, label), least) for label in classes}


def at_least(view: View, generator: str) -> int:
    """Return how many images of each class of ready ones are taken, as far as there are so many."""
    return view.settings.pools.images if is_ready(view, generator) else 0


def fill_to(view: View, generator: str) -> int | None:
    """Return to how many images training images are filled up; None where they are not."""
    filled = tried_for(view, generator) is None and not learns_all(view, generator)
    return view.settings.pools.fill_to if filled else None


def counts_real(view: View, generator: str) -> bool:
    """Return whether it depends on the real images how many images are made."""
    return bool(fill_to(view, generator) or additions(view, generator))


def modules(view: View, generator: str) -> tuple[str, ...]:
    """Return the modules of a generator's settings and model."""
    return generator_modules(settings(view, generator).model)


def training_modules(view: View, generator: str) -> tuple[str, ...]:
    """Return the modules behind a training: those of scores too where it is scored."""
    if not has_snapshots(view, generator):
        return modules(view, generator)
    return (*modules(view, generator), _SNAPSHOTS, *view.settings.scores.network_modules)


@cache
def _state(place: str, max_bytes: float) -> str:
    """Return the state of ready images once: a folder of many takes a while to look through."""
    return state_of(Path(place), max_bytes)


def _mixes(view: View, generator: str) -> list[Mix]:
    return [mix for mix in view.mixes.values() if mix.generator == generator]
