"""What rules ask about scoring generators."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from synthmix.networks.plan import weights_name
from synthmix.plan import generate, repeats
from synthmix.plan.view import View
from synthmix.prepare.parts import LEARNED_FROM
from synthmix.repeats import Deal, fold_number, split_number, training_number
from synthmix.score.settings import OWN, ScoreSettings


class Scored(NamedTuple):
    """A training of a generator that is scored."""

    generator: str
    split: str
    fold: str
    share: str
    training: str


def settings(view: View) -> ScoreSettings:
    """Return how generators are scored."""
    return view.settings.scores


def network(view: View) -> str:
    """Return the network whose features are compared."""
    return settings(view).network


def input_size(view: View) -> int | None:
    """Return the pixels at which it sees images; None where it has a size of its own."""
    return settings(view).input_size


def starting(view: View) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of the file of weights that scores take, and its settings, if there is one."""
    found = settings(view).starting
    if found is not None and view.settings.generators:
        yield weights_name(found, view.seed), found


def fetched_weights(view: View) -> str | None:
    """Return the name of that file; None where it is Inception's, or a network of our own."""
    found = settings(view).starting
    return found and weights_name(found, view.seed)


def network_modules(view: View) -> tuple[str, ...]:
    """Return the modules of that network, where it is one that classifiers have."""
    return settings(view).network_modules


def images(view: View, store: str) -> int | None:
    """Return how many images of each class in a store are looked at; None for all: real ones."""
    return None if store == "real" else settings(view).images


def real_placed(view: View, split: str, fold: str, share: str) -> Deal:
    """Return where the features of real images lie by which a split is scored.

    A network that has learned from the images of the split makes others in each.
    """
    return Deal(split, fold, share) if network(view) == OWN else Deal("", "", "")


def scored(view: View) -> list[Scored]:
    """Return all trainings of the study's generators, the repeats of each together."""
    return [
        Scored(name, *training)
        for name in generate.names(view)
        for training in repeats.of_generator(view, name)
    ]


def scored_plain(view: View) -> list[tuple[int, int | None, int]]:
    """Return the numbers of split, fold and training of the same."""
    return [
        (split_number(one.split), fold_number(one.fold), training_number(one.training))
        for one in scored(view)
    ]


def dealt_plain(view: View) -> list[tuple[int, int | None]]:
    """Return the numbers of all splits and folds."""
    return [(split_number(deal.split), fold_number(deal.fold)) for deal in repeats.deals(view)]


def plane_images(view: View) -> int:
    """Return how many real images a plane has, and as many synthetic ones."""
    return settings(view).plane_images


def seen(view: View) -> list[str]:
    """Return the splits that any generator of the study learns from: all are scored alike."""
    learned = {"train"}
    for generator in view.settings.generators.values():
        learned.update(LEARNED_FROM[generator.learns_from])
    return sorted(learned)


def unseen(view: View) -> list[str]:
    """Return the splits of the real images that no generator has learned from, the test first."""
    return [split for split in ("test", "validation") if split not in seen(view)]
