"""How much disk the files of a job take; tables, figures and logs are small and not counted."""

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthmix.estimate.jobs import Job
from synthmix.estimate.networks import (
    ClassifierCost,
    classifier_cost,
    generator_cost,
    pretrained_parameters,
)
from synthmix.estimate.public_data import PUBLIC_DATA
from synthmix.estimate.sizes import NotKnownError, Sizes
from synthmix.estimate.work import made_shape, training_settings
from synthmix.network_costs import GeneratorCost
from synthmix.registry import load_classifier_facts
from synthmix.score.settings import INCEPTION, OWN

FLOAT = 4
# a training keeps its weights and Adam's two moments of each until it is done
STATE = 3
# features of an image by the networks that only score; a test compares them
SCORE_FEATURES = {INCEPTION: 2048, OWN: 64}
# of the network whose features make FID, as its file has them; a test compares them
INCEPTION_WEIGHTS = 23_885_486


@dataclass(frozen=True)
class Disk:
    """Bytes of the files that a job leaves, and of those that it removes when it is done."""

    kept: float = 0
    passing: float = 0


def disk(job: Job, sizes: Sizes) -> Disk:
    """Return the bytes that a job takes; raises NotKnownError where that is not known."""
    count = _RULES.get(job.rule)
    return count(job, sizes) if count else Disk()


def _fetch_dataset(job: Job, sizes: Sizes) -> Disk:
    raw = job.params["settings"] or {}
    if "embedded" in raw:
        return Disk()
    if "path" in raw:
        return Disk(_unpacked(Path(raw["path"])))
    known = PUBLIC_DATA.get(job.params["source"])
    if known is None or known.gigabytes is None:
        raise NotKnownError(f"how large {job.params['source']} is")
    return Disk(known.gigabytes * 1e9)


def _unpacked(path: Path) -> float:
    """Return what an archive takes unpacked; a folder is used where it is."""
    if not path.is_file():
        return 0.0
    if not zipfile.is_zipfile(path):
        raise NotKnownError(f"how large {path.name} is unpacked")
    with zipfile.ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def _fetch_weights(job: Job, sizes: Sizes) -> Disk:
    parameters = pretrained_parameters(job.params["network"])
    if parameters is None:
        raise NotKnownError(f"how large the layers of {job.params['network']} are")
    return Disk(FLOAT * parameters)


def _fetch_score_weights(job: Job, sizes: Sizes) -> Disk:
    return Disk(FLOAT * INCEPTION_WEIGHTS)


def _prepare_images(job: Job, sizes: Sizes) -> Disk:
    return Disk(sizes.images(job).total * sizes.image_bytes(job))


def _generator(job: Job, sizes: Sizes) -> GeneratorCost:
    settings = training_settings(job)
    cost = generator_cost(settings, made_shape(settings, sizes.shape(job)))
    if cost is None:
        raise NotKnownError(f"how large the networks of {settings['model']} are")
    return cost


def _train_generator(job: Job, sizes: Sizes) -> Disk:
    cost = _generator(job, sizes)
    # the weights that are used, and the last ones
    return Disk(2 * FLOAT * cost.sampling_parameters, STATE * FLOAT * cost.parameters)


def _adopt_generator(job: Job, sizes: Sizes) -> Disk:
    trainings = sizes.graph.needed(job, "train_generator")
    return Disk(_train_generator(trainings[0], sizes).kept if trainings else 0)


def _sample_generator(job: Job, sizes: Sizes) -> Disk:
    return Disk(sizes.pool(job) * sizes.image_bytes(job))


def _classifier(settings: Mapping[str, Any], job: Job, sizes: Sizes) -> ClassifierCost:
    cost = classifier_cost(settings, sizes.shape(job))
    if cost is None:
        raise NotKnownError(f"how large the layers of {settings['network']} are")
    return cost


def _extract_features(job: Job, sizes: Sizes) -> Disk:
    features = _classifier(job.params["settings"], job, sizes).features
    return Disk(FLOAT * features * sizes.of_store(job, job.wildcards["store"]))


def _extract_score_features(job: Job, sizes: Sizes) -> Disk:
    images = sizes.of_store(job, job.wildcards["store"])
    images = min(images, job.params["most"] or images)
    network = job.params["network"]
    features = SCORE_FEATURES.get(network) or load_classifier_facts(network).channels
    return Disk(FLOAT * features * images)


def _train_classifier(job: Job, sizes: Sizes) -> Disk:
    trained = _classifier(training_settings(job), job, sizes).trained
    # the checkpoint has the best weights besides
    return Disk(FLOAT * trained.parameters, (STATE + 1) * FLOAT * trained.parameters)


_RULES: dict[str, Callable[[Job, Sizes], Disk]] = {
    "fetch_dataset": _fetch_dataset,
    "fetch_weights": _fetch_weights,
    "fetch_score_weights": _fetch_score_weights,
    "prepare_images": _prepare_images,
    "train_generator": _train_generator,
    "adopt_generator": _adopt_generator,
    "sample_generator": _sample_generator,
    "extract_features": _extract_features,
    "extract_score_features": _extract_score_features,
    "train_classifier": _train_classifier,
}
