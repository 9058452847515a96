"""How much work a job is, by its parameters: what the time it takes is in proportion to.

Of jobs that go through networks it is multiply-adds, which models count from their settings, plus
what each step costs apart from that; of a model that does not count them, the pixels that it sees.
Of the others it is images, pairs of images or resamples, as their functions here say. All of it is
weighed in the seconds that it takes on a machine we think of, one core of a usual CPU: how much
slower or faster another one is, has to be measured there. A job of any other rule has no size: it
takes as long as it took before. No torch here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from synthmix.estimate.jobs import Job
from synthmix.estimate.networks import (
    classifier_cost,
    frozen_cost,
    generator_cost,
    inception_cost,
    own_features_cost,
)
from synthmix.estimate.sizes import NotKnownError, Sizes, epochs_done
from synthmix.network_costs import BOTH
from synthmix.networks.plan import FITTED, backbone_name
from synthmix.prepare.parts import LEARNED_FROM
from synthmix.score.settings import INCEPTION, OWN
from synthmix.search.chosen import lay_over

# those of `synthmix.score.train_score_network`, which needs torch; a test compares them
SCORE_STEPS, SCORE_BATCH = 300, 64
MACS = "multiply-adds"
IMAGES, PAIRS, RESAMPLES = "images", "pairs of images", "resampled images"
SEEN, COMPARED = "pixels seen", "pixels compared"
# seconds of each on the machine we think of; an image is decoded and resized
SECONDS = {MACS: 5e-11, IMAGES: 0.01, PAIRS: 2e-8, RESAMPLES: 5e-7, SEEN: 1e-6, COMPARED: 1e-9}
# what a step of a network takes besides its arithmetic
STEP = 0.002


@dataclass(frozen=True)
class Load:
    """Multiply-adds and steps of networks, or how many of anything else."""

    macs: float = 0
    steps: float = 0
    other: float = 0

    def times(self, factor: float) -> "Load":
        """Return `factor` as much."""
        return Load(self.macs * factor, self.steps * factor, self.other * factor)


@dataclass(frozen=True)
class Work:
    """What a job has to do, at the least and at the most.

    The two differ where a training may stop early. Rates are told apart by the `kind`: the network,
    or how images are read. In equal units those of another kind say something too.
    """

    kind: str = ""
    unit: str = ""
    least: Load = Load()
    most: Load = Load()

    @property
    def is_sized(self) -> bool:
        """Whether jobs of this kind may be smaller or larger."""
        return bool(self.unit)

    @property
    def weights(self) -> tuple[float, float]:
        """Seconds of the least and of the most of it on the machine we think of."""
        return self._weight(self.least), self._weight(self.most)

    def _weight(self, load: Load) -> float:
        amount = SECONDS[self.unit] * (load.macs + load.other) if self.unit else 0.0
        return amount + STEP * load.steps


def work(job: Job, sizes: Sizes, done: bool = False) -> Work:
    """Return how much work a job is, or was where it is `done`.

    Raises NotKnownError where that is not known yet.
    """
    count = _RULES.get(job.rule)
    return count(job, sizes, done) if count else Work()


def _exactly(kind: str, unit: str, load: Load) -> Work:
    return Work(kind, unit, load, load)


def _train_generator(job: Job, sizes: Sizes, done: bool) -> Work:
    settings = training_settings(job)
    shape = made_shape(settings, sizes.shape(job))
    known, classes = sizes.images(job), job.params["classes"]
    images = sum(known.of(split, classes) for split in LEARNED_FROM[settings["learns_from"]])
    batch = max(1, min(settings["batch_size"], images))
    steps = max(1, images // batch)
    cost = generator_cost(settings, shape)
    epoch = Load(other=images * prod(shape)) if cost is None else _epoch(cost, steps, batch)
    unit = SEEN if cost is None else MACS
    if cost is not None and not cost.learning:
        return Work(settings["model"])
    snapshots, (least, most) = settings["snapshots"], epochs_of_generator(settings)
    if done:
        least = most = epochs_done(job) or most
    if snapshots and cost is not None:
        scored = snapshots["images"] / snapshots["every"]
        macs = cost.image + scoring_macs(job.params, shape)
        epoch = replace(epoch, macs=epoch.macs + scored * macs)
    return Work(settings["model"], unit, epoch.times(least), epoch.times(most))


def epochs_of_generator(settings: Mapping[str, Any]) -> tuple[int, int]:
    """Return the epochs at the least, where it may stop early, and at the most."""
    snapshots, most = settings["snapshots"], settings["epochs"]
    if snapshots and snapshots["patience"]:
        return min(most, snapshots["every"] * (snapshots["patience"] + 1)), most
    return most, most


def epochs_of_classifier(settings: Mapping[str, Any]) -> tuple[int, int]:
    """Return the epochs at the least, where it may stop early, and at the most."""
    if settings["head"] in FITTED:
        return 1, 1
    return min(settings["epochs"], settings["patience"] + 1), settings["epochs"]


def predicting_settings(job: Job, sizes: Sizes) -> dict[str, Any]:
    """Return the settings that a job of `predict` goes by."""
    (training,) = sizes.graph.needed(job, "train_classifier")
    return {**training_settings(training), **(job.params.get("predicting") or {})}


def drawn_settings(job: Job, sizes: Sizes) -> dict[str, Any]:
    """Return the settings of the generator that a job of `sample_generator` draws from."""
    trainings = sizes.graph.needed(job, "train_generator")
    # the best candidate of a search is taken as it is: any of them tells
    for adopted in sizes.graph.needed(job, "adopt_generator"):
        trainings += sizes.graph.needed(adopted, "train_generator")
    if not trainings:
        raise NotKnownError(f"the settings of {job.wildcards['generator']}")
    return training_settings(trainings[0])


def made_shape(settings: Mapping[str, Any], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of a generator's images, where prepared ones have `shape`."""
    size = settings.get("image_size")
    return shape if size is None else (size, size, *shape[2:])


def _epoch(cost: Any, steps: float, batch: float) -> Load:
    # a last batch that is not full is left out; each step takes two turns, one a network
    return Load(steps * batch * cost.learning, 2 * steps)


def _sample_generator(job: Job, sizes: Sizes, done: bool) -> Work:
    images = sizes.pool(job)
    settings = drawn_settings(job, sizes)
    cost = generator_cost(settings, made_shape(settings, sizes.shape(job)))
    if cost is None:
        return _exactly(job.params["model"], IMAGES, Load(other=images))
    if not cost.image:
        return Work(job.params["model"])
    return _exactly(job.params["model"], MACS, Load(images * cost.image, images / 64))


def _extract_features(job: Job, sizes: Sizes, done: bool) -> Work:
    settings = job.params["settings"]
    images = sizes.of_store(job, job.wildcards["store"])
    shape = sizes.shape(job)
    cost = classifier_cost(settings, shape)
    if cost is None:
        return _exactly(settings["network"], SEEN, Load(other=images * prod(shape)))
    return _exactly(settings["network"], MACS, Load(images * cost.frozen.macs, images / 32))


def training_settings(job: Job) -> dict[str, Any]:
    """Return what something is trained with; what a search before it will choose is left out."""
    return lay_over(job.params["base"], job.params["own"])


def _train_classifier(job: Job, sizes: Sizes, done: bool) -> Work:
    settings, shape = training_settings(job), sizes.shape(job)
    cost = classifier_cost(settings, shape)
    train, validation = sizes.epoch(job, done), sizes.mix(job, done)[1]
    cached = backbone_name(settings, 0) is not None
    if cost is None:
        epoch = Load(other=(train + validation) * prod(shape))
    else:
        macs = cost.trained.macs * (BOTH * train + validation)
        macs += 0 if cached else cost.frozen.macs * (train + validation)
        steps = train / settings["batch_size"]
        epoch = Load(macs, steps + validation / min(64, settings["batch_size"]))
    least, most = epochs_of_classifier(settings)
    if done:
        least = most = epochs_done(job) or most
    if sizes.takes_over(job, done):
        least = most = 0  # what the baseline has learned is taken over
    kind = f"{settings['network']}, by features" if cached else settings["network"]
    return Work(kind, SEEN if cost is None else MACS, epoch.times(least), epoch.times(most))


def _predict(job: Job, sizes: Sizes, done: bool) -> Work:
    settings = predicting_settings(job, sizes)
    shape = sizes.shape(job)
    cost = classifier_cost(settings, shape)
    images = sizes.images(job).of("test") + sizes.mix(job, done)[1]
    passes = settings["monte_carlo_passes"] or 1
    cached = backbone_name(settings, 0) is not None
    kind = f"{settings['network']}, by features" if cached else settings["network"]
    if cost is None:
        return _exactly(kind, SEEN, Load(other=images * passes * prod(shape)))
    macs = passes * cost.trained.macs
    macs += 0 if cached else cost.frozen.macs
    return _exactly(kind, MACS, Load(images * macs, images / 32))


def scoring_macs(params: Mapping[str, Any], shape: tuple[int, ...]) -> float:
    """Return the multiply-adds of the network that images are scored by."""
    network, size = params["network"], params.get("input_size")
    if network == OWN:
        return own_features_cost(shape).macs
    return (inception_cost() if network == INCEPTION else frozen_cost(network, size)).macs


def _extract_score_features(job: Job, sizes: Sizes, done: bool) -> Work:
    images = sizes.of_store(job, job.wildcards["store"])
    images = min(images, job.params["most"] or images)
    macs = scoring_macs(job.params, sizes.shape(job))
    return _exactly(job.params["network"], MACS, Load(images * macs, images / 64))


def _train_score_network(job: Job, sizes: Sizes, done: bool) -> Work:
    macs = BOTH * own_features_cost(sizes.shape(job)).macs
    return _exactly(OWN, MACS, Load(SCORE_STEPS * SCORE_BATCH * macs, SCORE_STEPS))


def _prepare_images(job: Job, sizes: Sizes, done: bool) -> Work:
    return _exactly(_origin(job, sizes), IMAGES, Load(other=sizes.images(job).total))


def _fetch_dataset(job: Job, sizes: Sizes, done: bool) -> Work:
    if "embedded" in (job.params["settings"] or {}):
        return Work(f"{job.params['source']}, drawn")
    return Work(job.params["source"])


def _origin(job: Job, sizes: Sizes) -> str:
    """Return what kind of raw images a data set has: these take very different times to read."""
    index = sizes.graph.of_dataset("index_dataset", job)
    settings = index.params["settings"] if index else {}
    return f"{settings.get('source')}{', drawn' if settings.get('embedded') else ''}"


def _score_real(job: Job, sizes: Sizes, done: bool) -> Work:
    settings = job.params["settings"]
    real = min(sizes.images(job).total, settings["images"])
    return _exactly("", PAIRS, Load(other=real**2 + _kernel_pairs(settings, real)))


def _score_generator(job: Job, sizes: Sizes, done: bool) -> Work:
    settings = job.params["settings"]
    seen = sizes.images(job).of("train")
    made = sum(sizes.pool(pool) for pool in _pools(job, sizes))
    made = min(made, settings["images"])
    pairs = made * (made + seen) + _kernel_pairs(settings, made)
    return _exactly("", PAIRS, Load(other=2 * pairs))


def _pools(job: Job, sizes: Sizes) -> list[Job]:
    return [
        pool
        for features in sizes.graph.needed(job, "extract_score_features")
        for pool in sizes.graph.needed(features, "sample_generator")
    ]


def _kernel_pairs(settings: Any, images: float) -> float:
    return settings["kid_subsets"] * min(settings["kid_subset_size"], images / 2) ** 2


def _select_samples(job: Job, sizes: Sizes, done: bool) -> Work:
    seen = sizes.images(job).of("train")
    method = job.params["settings"]["method"]
    return _exactly(method, COMPARED, Load(other=seen**2 * prod(sizes.shape(job))))


def _score_predictions(job: Job, sizes: Sizes, done: bool) -> Work:
    params = job.params
    tests = sizes.images(job).of("test") * len(params["repeats"])
    return _exactly("", RESAMPLES, Load(other=tests * params["evaluation"]["bootstrap_samples"]))


def _compare(job: Job, sizes: Sizes, done: bool) -> Work:
    params = job.params
    trained = len(params["classifiers"]) * sum(len(repeats) for _, repeats in params["repeats"])
    tests = sizes.images(job).of("test") * trained
    return _exactly("", RESAMPLES, Load(other=tests * params["evaluation"]["bootstrap_samples"]))


_RULES: dict[str, Callable[[Job, Sizes, bool], Work]] = {
    "fetch_dataset": _fetch_dataset,
    "prepare_images": _prepare_images,
    "train_generator": _train_generator,
    "sample_generator": _sample_generator,
    "train_score_network": _train_score_network,
    "extract_score_features": _extract_score_features,
    "score_real": _score_real,
    "score_generator": _score_generator,
    "select_samples": _select_samples,
    "extract_features": _extract_features,
    "train_classifier": _train_classifier,
    "predict": _predict,
    "score_predictions": _score_predictions,
    "compare_mixes": _compare,
    "compare_classifiers": _compare,
}
