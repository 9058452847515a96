"""What rules ask about the trainings of classifiers: what they read, and what they take.

What a search chooses is known once it has run, what it may choose before: jobs are planned by that.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from typing import Any, NamedTuple

from synthmix.errors import UserError
from synthmix.mix.plan import Mix
from synthmix.networks.plan import (
    backbone_name,
    frozen_settings,
    training_mb,
    weights_name,
)
from synthmix.plan.mix import Store, all_placed, placed
from synthmix.plan.search import Choice, choice_for
from synthmix.plan.view import View
from synthmix.registry import classifier_modules
from synthmix.search.resolve import Trained, possible_settings, trained_otherwise

Settings = dict[str, Any]


class Features(NamedTuple):
    """What a frozen part makes of a store, and how the patients were dealt out that it is of."""

    backbone: str
    split: str
    fold: str
    share: str
    store: str


# what the files, the memory and the time of a training depend on
_TELLING = {
    "network",
    "weights",
    "input_size",
    "input_scaling",
    "unfrozen_layers",
    "unfrozen_share",
    "pooling",
}
_TELLING |= {"augmentation", "volume_augmentation", "mixup"}
_TELLING |= {"dense_layers", "batch_size", "accumulation_steps", "epochs"}

# by what starting weights are told apart
_STARTING = {"network", "weights", "unfrozen_layers", "unfrozen_share"}


def names(view: View) -> list[str]:
    """Return the classifiers that take the data set; candidates of searches are none of them."""
    return view.classifiers


def trained(view: View, classifier: str, mix: str | None = None) -> Trained:
    """Return what a classifier, or a candidate of its search, is trained with on a mix.

    Without a mix it is what it is trained with on the real images as they are.
    """
    found = view.known("classifier", classifier, view.classifiers_trained)
    training = view.known("mix", mix, view.mixes).training if mix else None
    if training is None:
        return found
    return trained_otherwise(found, view.settings.baselines[training].given())


@cache
def possible(view: View, classifier: str, mix: str | None = None) -> list[Settings]:
    """Return the settings that a training may have, as far as they tell what jobs need."""
    found = trained(view, classifier, mix)
    return list(possible_settings(found, view.settings.classifiers, _TELLING))


def base(view: View, classifier: str) -> Settings:
    """Return the complete settings that those of a training go over."""
    return dict(trained(view, classifier).base)


def own(view: View, classifier: str, mix: str) -> Settings:
    """Return the settings of a training that go over all that is chosen before it."""
    return dict(trained(view, classifier, mix).own)


def choice(view: View, classifier: str) -> Choice | None:
    """Return the choice that a training waits for, if it does."""
    return choice_for("classifiers", trained(view, classifier))


def baseline(view: View, mix: str) -> str | None:
    """Return the baseline of a mix of other images that there is something to be known of, if any.

    That is how many steps it makes, or whether the mix turns out to have its images.
    """
    found = view.known("mix", mix, view.mixes)
    if not found.has_other_images or found.baseline not in view.mixes:
        return None
    return found.baseline if has_equal_steps(view) or _may_equal(found) else None


def equalled(view: View, mix: str) -> str | None:
    """Return the baseline that a mix may turn out to have the images of, if it has one.

    What an addition adds and a selection removes is known once the images are there. In a rehearsal
    each training is made: it has too few images to tell.
    """
    is_rehearsed = view.written is not None
    return baseline(view, mix) if _may_equal(view.mixes[mix]) and not is_rehearsed else None


def has_equal_steps(view: View) -> bool:
    """Return whether an epoch of a mix has as many batches as one of its baseline."""
    return view.settings.controls.equal_steps


def _may_equal(mix: Mix) -> bool:
    return mix.is_addition or mix.generator is None


def starts_from(view: View, classifier: str) -> str | None:
    """Return the classifier that a training goes on from, if it does."""
    return trained(view, classifier).starts_from


def trained_as(view: View, classifier: str) -> str:
    """Return the classifier whose trainings have the weights of one: itself, or another one."""
    return trained(view, classifier).predicts_with or classifier


def predicting(view: View, classifier: str, mix: str) -> Settings:
    """Return the settings that predictions go by in the place of those of the training."""
    found = trained(view, classifier, mix)
    names = ("monte_carlo_passes",) if found.predicts_with else ()
    return {name: found.own[name] for name in names}


def devices(view: View, classifier: str, mix: str | None = None) -> int:
    """Return how many devices share a training: as many whatever a search chooses."""
    return possible(view, classifier, mix)[0]["devices"]


def training_bytes(view: View, classifier: str, mix: str) -> int:
    """Return what a training may take besides libraries."""
    needs = (training_mb(s, view.image_shape, view.seed) for s in possible(view, classifier, mix))
    return 2**20 * max(needs)


def backbones(view: View, classifier: str, mix: str) -> list[str]:
    """Return the frozen parts that a training may have and whose features are of use."""
    return _named(backbone_name(s, view.seed) for s in possible(view, classifier, mix))


def features(
    view: View, classifier: str, mix: str, split: str, fold: str, share: str, training: str
) -> list[Features]:
    """Return what such parts may make of the stores of a mix, and where that lies."""
    places = placed(view, mix, split, fold, share, training)
    return _by_backbone(backbones(view, classifier, mix), places)


def all_features(
    view: View, classifier: str, mix: str, split: str, fold: str, share: str, training: str
) -> list[Features]:
    """Return the same of a mix and of the real images."""
    places = all_placed(view, mix, split, fold, share, training)
    return _by_backbone(backbones(view, classifier, mix), places)


def weights(view: View, classifier: str, mix: str | None = None) -> list[str]:
    """Return the names of the weights that a training may start from."""
    own_weights = {weights_name(s, view.seed) for s in possible(view, classifier, mix)}
    before = starts_from(view, classifier)
    # what that one has not trained is not in its file
    others = [] if before is None else weights(view, before, mix)
    return _named(own_weights.union(others))


def modules(view: View, classifier: str, mix: str | None = None) -> list[str]:
    """Return the modules of the networks that a training may be of."""
    networks = {s["network"] for s in possible(view, classifier, mix)}
    return [module for network in sorted(networks) for module in classifier_modules(network)]


def backbone(view: View, backbone: str) -> Settings:
    """Return the settings that the features of a frozen part depend on."""
    return frozen_settings(_with_backbone(view, backbone))


def backbone_weights(view: View, backbone: str) -> str:
    """Return the name of the weights of a frozen part."""
    return weights_name(_with_backbone(view, backbone), view.seed)


def backbone_modules(view: View, backbone: str) -> tuple[str, ...]:
    """Return the modules of the network of a frozen part."""
    return classifier_modules(_with_backbone(view, backbone)["network"])


def starting(view: View) -> Iterator[tuple[str, Settings]]:
    """Yield the name of every file of weights that trainings may start from, and settings of one.

    Classifiers may share it, which agree in what it depends on: the network and its weights.
    """
    for classifier, mix in _trainings(view):
        found = trained(view, classifier, mix)
        for settings in possible_settings(found, view.settings.classifiers, _STARTING):
            name = weights_name(settings, view.seed)
            if name is not None:
                yield name, settings


@cache
def _with_backbone(view: View, backbone: str) -> Settings:
    """Return the settings of a training with this frozen part: all have the same features."""
    for classifier, mix in _trainings(view):
        for settings in possible(view, classifier, mix):
            if backbone_name(settings, view.seed) == backbone:
                return settings
    raise UserError(f"{view.study} has no classifier with the frozen part {backbone}")


def _trainings(view: View) -> Iterator[tuple[str, str]]:
    """Yield all that is trained, candidates too, each with one mix for each way to train."""
    by_training = {mix.training: name for name, mix in view.mixes.items()}
    names = [name for name, found in view.classifiers_trained.items() if not found.predicts_with]
    return product(names, by_training.values())


def _by_backbone(names: Iterable[str], places: Iterable[Store]) -> list[Features]:
    return [Features(backbone, *place) for backbone, place in product(names, places)]


def _named(names: Iterable[str | None]) -> list[str]:
    return sorted({name for name in names if name is not None})
