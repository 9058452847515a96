"""Checks of the settings that something is trained with, and where a study says each of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from synthmix.classify.loss_settings import OF_A_BATCH, cost_matrix_classes
from synthmix.classify.settings import Classifier
from synthmix.config.models import Study
from synthmix.config.parse import KeyPath
from synthmix.config.paths import no_path_for_snakemake
from synthmix.errors import did_you_mean, one_of, shown
from synthmix.files import is_file
from synthmix.networks.facts import NetworkFacts
from synthmix.networks.plan import (
    DENSE,
    DOWNLOADED,
    FITTED,
    IMAGENET,
    ORIGINAL,
    PRETRAINED,
    facts_of,
    input_size_of,
    layers_of,
    minimum_size_of,
    unfrozen_of,
)
from synthmix.search.chosen import lay_over
from synthmix.search.resolve import (
    Trained,
    all_trained,
    before_of,
    given,
    settings_with,
    trained_otherwise,
)
from synthmix.search.settings import Point, is_value

Finding = tuple[KeyPath, str]

# of what a head that is fitted at once has no use
_LEFT_AS_THEY_ARE = {
    "augmentation": None,
    "volume_augmentation": None,
    "mixup": None,
    "sampler": "shuffled",
    "devices": 1,
    "monte_carlo_passes": None,
}
_KNOWN_WEIGHTS = (*DOWNLOADED, "none")


@dataclass(frozen=True)
class TrainingCheck:
    """A training with the settings that it may turn out to have.

    `name` is that of a classifier or of a candidate of one, `points` are what the stages that it
    waits for choose, `baseline` is the other way to train it that the study calls so, if any.
    """

    study: Study
    name: str
    trained: Trained
    points: tuple[Point, ...]
    baseline: str | None = None

    @cached_property
    def settings(self) -> dict[str, Any]:
        """All its settings."""
        return settings_with(self.trained, self.points)

    @property
    def network(self) -> str:
        return self.settings["network"]

    @property
    def facts(self) -> NetworkFacts:
        return facts_of(self.settings)

    @property
    def datasets(self) -> list[str]:
        """The data sets that it is trained on."""
        return [
            name
            for name in self.study.datasets
            if has_volumes(self.study, name) == self.facts.volumes
        ]

    def place(self, setting: str) -> KeyPath:
        """Return where the study says what a setting is."""
        name, classifiers = self.name, self.study.classifiers
        if self.baseline and setting in self.study.baselines[self.baseline].model_fields_set:
            return "baselines", self.baseline, setting
        if name not in classifiers and setting in self.trained.own:
            return self._in_stage(self.trained.stage, self.trained.own, setting)
        while name in classifiers and before_of(classifiers[name]) is not None:
            if setting in given(classifiers[name]):
                return "classifiers", name, setting
            name = before_of(classifiers[name])
        for stage in reversed(range(1, len(self.points) + 1)):
            if setting in self.points[stage - 1]:
                return self._in_stage(stage, self.points[stage - 1], setting)
        return "classifiers", self.trained.origin, setting

    def _in_stage(self, stage: int, point: Point, setting: str) -> KeyPath:
        """Return where a stage, or what goes with one of its values, says what a setting is."""
        origin = self.trained.origin
        search = self.study.classifiers[origin].search
        if setting in search.settings_tried(stage):
            return "classifiers", origin, "search", *search.place_of(stage, setting)
        for tried, value in point.items():
            for key, settings in search.by_value(tried).items():
                if setting in settings and is_value(key, value):
                    return "classifiers", origin, "search", "per_value", tried, key, setting
        return "classifiers", origin, setting

    def _place_of_all(self, stage: int | None) -> KeyPath:
        """Return where the study says all that is laid over other settings together.

        That is in a `stage` of a search, or where a classifier or another way to train it stands.
        """
        if self.baseline:
            return "baselines", self.baseline
        if stage is None:
            return "classifiers", self.name
        origin = self.trained.origin
        search = self.study.classifiers[origin].search
        return "classifiers", origin, "search", *search.place(stage)

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong with the settings."""
        together = list(self._check_together())
        if together:
            yield from together
            return
        yield from self._check_network()
        yield from self._check_weights()
        yield from self._check_head()
        yield from self._check_layers()
        yield from self._check_start()
        yield from self._check_size()
        yield from self._check_class_names()
        yield from self._check_augmentation()
        yield from self._check_dropout()
        yield from self._check_parts()

    def _check_together(self) -> Iterator[Finding]:
        """Check what each value can't be checked for where it stands: that they go together."""
        settings = dict(self.trained.base)
        for stage, point in enumerate((*self.points, self.trained.own), start=1):
            settings = lay_over(settings, point)
            try:
                Classifier.model_validate(settings)
            except ValidationError as error:
                if stage > len(self.points):
                    stage = self.trained.stage
                for found in error.errors(include_url=False):
                    reason = found.get("ctx", {}).get("error", found["msg"])
                    yield self._place_of_all(stage), f"has values that don't go together: {reason}"
                return

    def _check_network(self) -> Iterator[Finding]:
        first = self.trained.base["network"]
        if facts_of(self.trained.base).volumes != self.facts.volumes:
            text = f"{self.network} takes {kind(self.facts.volumes)}, {first} does not"
            yield self.place("network"), f"{text}: make two classifiers of them"

    def _check_weights(self) -> Iterator[Finding]:
        weights = self.settings["weights"]
        if not self.facts.pretrained:
            if weights != "none":
                text = f"must be none: there are no others of {self.network}"
                yield self.place("weights"), text
        elif self.facts.hub_weights and weights in (IMAGENET, ORIGINAL):
            yield self.place("weights"), f"take {PRETRAINED}: {self.network} comes with others"
        elif weights == PRETRAINED and not self.facts.hub_weights:
            yield self.place("weights"), f"those of {self.network} are {IMAGENET}"
        elif weights == ORIGINAL and not self.facts.original_weights:
            yield self.place("weights"), f"there are none of {self.network}: take imagenet"
        elif weights not in _KNOWN_WEIGHTS and not is_file(weights):
            text = f"{shown(weights)} is neither imagenet nor none, and there is no such file"
            yield self.place("weights"), text + did_you_mean(weights, _KNOWN_WEIGHTS)
        elif problem := no_path_for_snakemake(weights):
            yield self.place("weights"), problem

    def _check_layers(self) -> Iterator[Finding]:
        layers, unfrozen = layers_of(self.settings), self.settings["unfrozen_layers"]
        try:
            trained = unfrozen_of(self.settings)
        except ValueError as error:
            yield self.place("unfrozen_layers"), str(error)
            return
        unsaid = unfrozen is None and self.settings["unfrozen_share"] is None
        if unsaid and self.facts.pretrained:
            text = f"is missing: say how many of the {layers} layers of {self.network} are trained"
            yield self.place("unfrozen_layers"), f"{text}, or all"
        if trained < layers and not self.facts.pretrained:
            text = f"{self.network} starts from random weights, and all of it is trained: remove it"
            yield self._place_of_unfrozen(), text

    def _check_start(self) -> Iterator[Finding]:
        """Check that all is trained that the classifier which this goes on from has trained."""
        name = self.trained.starts_from
        if name is None:
            return
        before = all_trained(self.study.classifiers)[name]
        if self.baseline:
            before = trained_otherwise(before, self.study.baselines[self.baseline].given())
        ours, theirs = _unfrozen(self.settings), _unfrozen(settings_with(before, self.points))
        if ours is not None and theirs is not None and ours < theirs:
            text = f"{name} trains {theirs} layers, and this but {ours}: unfreeze as many at least"
            yield self._place_of_unfrozen(), text

    def _place_of_unfrozen(self) -> KeyPath:
        layers, share = "unfrozen_layers", "unfrozen_share"
        return self.place(layers if self.settings[share] is None else share)

    def _check_size(self) -> Iterator[Finding]:
        least, size = minimum_size_of(self.settings), input_size_of(self.settings)
        if self.facts.volumes and size is not None:
            yield self.place("input_size"), "is for pictures; volumes stay as they were prepared"
            return
        if size is not None:
            if size < least:
                text = f"{size} is less than the {least} pixels that {self.network} needs"
                yield self.place("input_size"), text
            return
        for dataset in self.datasets:
            prepare = self.study.prepare_of(dataset)
            side = min(prepare.volume_shape or (prepare.image_size,))
            if side < least:
                text = f"{self.network} needs images of {least} pixels a side or more"
                place = self.place(self.facts.section or "network")
                yield place, f"{text}, and those of data set {dataset} have {side}"

    def _check_class_names(self) -> Iterator[Finding]:
        weights, costs = self.settings["class_weights"], cost_matrix_classes(self.settings["loss"])
        for dataset in self.datasets:
            classes = self.study.datasets[dataset].class_names()
            if isinstance(weights, dict) and set(weights) != set(classes):
                text = f"must name the classes of data set {dataset}: {', '.join(classes)}"
                yield self.place("class_weights"), text
            for unknown in sorted((costs or set()) - set(classes)):
                text = one_of(unknown, classes, f"classes of data set {dataset}")
                yield self.place("loss"), f"cost_matrix: {text}"

    def _check_augmentation(self) -> Iterator[Finding]:
        kinds = {False: "augmentation", True: "volume_augmentation"}
        used, unused = (kinds[volumes] for volumes in (self.facts.volumes, not self.facts.volumes))
        if self.settings[unused]:
            text = f"is not for {kind(self.facts.volumes)}: give {used}, or remove it"
            yield self.place(unused), text
        changes = self.settings["augmentation"] or {}
        colours = [name for name in ("saturation", "hue") if changes.get(name)]
        for dataset in self.datasets:
            if colours and self.study.prepare_of(dataset).channels == 1:
                text = f"{' and '.join(colours)} would change nothing of data set {dataset}"
                yield self.place("augmentation"), f"{text}, which is grey: remove what is of colour"

    def _check_dropout(self) -> Iterator[Finding]:
        if self.settings["monte_carlo_passes"] is None:
            return
        between = self.facts.has_dropout(self.settings)
        if not between and not (self.settings["dense_layers"] and self.settings["dropout"]):
            text = "there is no dropout to be averaged over: it follows each of dense_layers"
            yield self.place("monte_carlo_passes"), text

    def _check_head(self) -> Iterator[Finding]:
        head = self.settings["head"]
        if head != DENSE and self.settings["dense_layers"]:
            yield self.place("dense_layers"), f"go with head: {DENSE}, not with {head}: remove them"
        if head not in FITTED:
            return
        if _unfrozen(self.settings):
            text = f"{head} is fitted to features of layers that stay as they are: set it to 0"
            yield self._place_of_unfrozen(), text
        for name, value in _LEFT_AS_THEY_ARE.items():
            if self.settings[name] != value:
                yield self.place(name), f"goes with what is trained by steps, not with {head}"
        if self.settings["loss"]["name"] != "cross_entropy":
            yield self.place("loss"), f"{head} has one of its own: remove it"
        if self.trained.starts_from:
            yield self.place("head"), f"{head} starts from nothing: give a network of its own"

    def _check_parts(self) -> Iterator[Finding]:
        loss = self.settings["loss"]["name"]
        parted = [name for name in ("accumulation_steps", "devices") if self.settings[name] > 1]
        if parted and loss in OF_A_BATCH:
            text = f"loss {loss} is of a batch as a whole, which can't be gone through in parts"
            yield self.place(parted[0]), text
        devices, batch = self.settings["devices"], self.settings["batch_size"]
        if batch < 2 * devices > 2:
            text = f"{devices} leaves fewer than two images of a batch of {batch} for each"
            yield self.place("devices"), f"{text}: lower it, or raise batch_size"


def has_volumes(study: Study, dataset: str) -> bool:
    """Return whether the images of a data set are prepared as volumes."""
    return study.prepare_of(dataset).volume_shape is not None


def kind(volumes: bool) -> str:
    """Return what images are, in words."""
    return "volumes" if volumes else "pictures"


def _unfrozen(settings: dict[str, Any]) -> int | None:
    """Return how many layers are trained; None where there are not so many."""
    try:
        return unfrozen_of(settings)
    except ValueError:
        return None
