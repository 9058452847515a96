"""How many steps of each kind a job takes, of those that a rehearsal measures; no torch here.

The kinds are those of `synthmix.runtime.pace`. A job of any other rule has none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from synthmix.estimate.jobs import Job
from synthmix.estimate.networks import classifier_cost, generator_cost
from synthmix.estimate.sizes import Sizes
from synthmix.estimate.work import (
    drawn_settings,
    epochs_of_classifier,
    epochs_of_generator,
    made_shape,
    predicting_settings,
    scoring_macs,
    training_settings,
)
from synthmix.network_costs import BOTH
from synthmix.networks.plan import backbone_name
from synthmix.prepare.parts import LEARNED_FROM
from synthmix.registry import load_generator_settings
from synthmix.runtime.pace import (
    AUTOENCODING,
    DISTANCE,
    DRAWING,
    FEATURES,
    JUDGING,
    PREDICTING,
    STEP,
)

# those of modules that need torch; a test compares them
LARGEST_JUDGED, FEATURE_BATCH, SCORE_BATCH = 64, 32, 32
PREDICTED, PREDICTED_IMAGES = 64, 8
SHEET_IMAGES = 8
# of pictures that are drawn at a time, where nothing was measured
DRAWN = 16


@dataclass(frozen=True)
class Steps:
    """How many steps there are, the images of one, and the multiply-adds of an image.

    These are 0 where they are not known.
    """

    count: float
    images: float
    macs: float = 0.0


Kinds = dict[str, Steps]


def steps(job: Job, sizes: Sizes, drawn: int = DRAWN, fewest: bool = False) -> Kinds:
    """Return the steps of a job by their kind, where `drawn` images are made at a time.

    Of a training that may stop early those of all its epochs, or the `fewest`. Raises
    NotKnownError where they are not known yet.
    """
    count = _RULES.get(job.rule)
    return count(job, sizes, drawn, fewest) if count else {}


def _train_generator(job: Job, sizes: Sizes, drawn: int, fewest: bool) -> Kinds:
    settings = training_settings(job)
    shape = made_shape(settings, sizes.shape(job))
    known, classes = sizes.images(job), job.params["classes"]
    images = sum(known.of(split, classes) for split in LEARNED_FROM[settings["learns_from"]])
    epochs = epochs_of_generator(settings)[0 if fewest else 1]
    own = load_generator_settings(settings["model"]).model_validate({**settings, "epochs": epochs})
    cost = generator_cost(settings, shape)
    learning, image = (cost.learning, cost.image) if cost else (0.0, 0.0)
    if most := job.params.get("most_steps"):  # of an epoch, in a rehearsal
        images = min(images, own.most_images(most, len(classes)) or images)
    counted = own.steps(max(1, round(images)))
    first = settings.get("autoencoder_batch_size") or settings["batch_size"]
    batches = {AUTOENCODING: first, STEP: settings["batch_size"]}
    found = {
        kind: Steps(count, min(batches.get(kind, images), images), learning)
        for kind, count in counted.items()
    }
    rows = len(classes) * ceil(max(1, SHEET_IMAGES // len(classes)) / drawn)
    sheets = len({epoch for epoch in settings["sheet_epochs"] if epoch < epochs}) + 1
    count = sheets * rows
    if snapshots := settings["snapshots"]:
        taken = sum(
            epoch % snapshots["every"] == 0 or epoch == settings["epochs"]
            for epoch in range(own.first_scored_epoch, epochs + 1)
        )
        scored = snapshots["images"]
        count += taken * max(len(classes), ceil(scored / drawn))
        macs = scoring_macs(job.params, shape)
        found[FEATURES] = Steps(taken * ceil(scored / SCORE_BATCH), SCORE_BATCH, macs)
        found[DISTANCE] = Steps(taken, 1)
    return found | {DRAWING: Steps(count, drawn, image)}


def _sample_generator(job: Job, sizes: Sizes, drawn: int, fewest: bool) -> Kinds:
    settings = drawn_settings(job, sizes)
    cost = generator_cost(settings, made_shape(settings, sizes.shape(job)))
    labels = max(1, len(job.params["images"]))
    each = sizes.pool(job) / labels
    return {DRAWING: Steps(labels * ceil(each / drawn), drawn, cost.image if cost else 0.0)}


def _macs(settings: Mapping[str, Any], job: Job, sizes: Sizes) -> tuple[float, float]:
    """Return the multiply-adds of the frozen and of the trained part of a classifier."""
    cost = classifier_cost(settings, sizes.shape(job))
    if cost is None:
        return 0.0, 0.0
    cached = backbone_name(settings, 0) is not None
    return 0.0 if cached else cost.frozen.macs, cost.trained.macs


def _train_classifier(job: Job, sizes: Sizes, drawn: int, fewest: bool) -> Kinds:
    settings = training_settings(job)
    if sizes.takes_over(job, done=False):
        return {}
    train, validation = sizes.epoch(job, done=False), sizes.mix(job, done=False)[1]
    epochs = epochs_of_classifier(settings)[0 if fewest else 1]
    frozen, trained = _macs(settings, job, sizes)
    if most := job.params.get("most_steps"):  # of an epoch, in a rehearsal
        train = min(train, most * settings["batch_size"])
    batch = min(settings["batch_size"], train)
    part = max(1, settings["batch_size"] // settings["accumulation_steps"])
    judged = min(part, LARGEST_JUDGED, validation)
    return {
        STEP: Steps(epochs * ceil(train / batch), batch, BOTH * trained + frozen),
        JUDGING: Steps(epochs * ceil(validation / judged), judged, trained + frozen),
    }


def _predict(job: Job, sizes: Sizes, drawn: int, fewest: bool) -> Kinds:
    settings = predicting_settings(job, sizes)
    batch = PREDICTED if backbone_name(settings, 0) is not None else PREDICTED_IMAGES
    parts = sizes.images(job).of("test"), sizes.mix(job, done=False)[1]
    passes = settings["monte_carlo_passes"] or 1
    count = passes * sum(ceil(images / batch) for images in parts)
    return {PREDICTING: Steps(count, min(batch, max(parts)), sum(_macs(settings, job, sizes)))}


def _extract_features(job: Job, sizes: Sizes, drawn: int, fewest: bool) -> Kinds:
    cost = classifier_cost(job.params["settings"], sizes.shape(job))
    images = sizes.of_store(job, job.wildcards["store"])
    macs = cost.frozen.macs if cost else 0.0
    return {FEATURES: Steps(ceil(images / FEATURE_BATCH), min(FEATURE_BATCH, images), macs)}


def _extract_score_features(job: Job, sizes: Sizes, drawn: int, fewest: bool) -> Kinds:
    images = sizes.of_store(job, job.wildcards["store"])
    images = min(images, job.params["most"] or images)
    macs = scoring_macs(job.params, sizes.shape(job))
    return {FEATURES: Steps(ceil(images / SCORE_BATCH), min(SCORE_BATCH, images), macs)}


_RULES: dict[str, Callable[[Job, Sizes, int, bool], Kinds]] = {
    "train_generator": _train_generator,
    "sample_generator": _sample_generator,
    "train_classifier": _train_classifier,
    "predict": _predict,
    "extract_features": _extract_features,
    "extract_score_features": _extract_score_features,
}
