"""What the jobs of a run tell about its data sets, and what earlier runs have left of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.estimate.images import Images, counted, expected, rehearsed
from synthmix.estimate.jobs import Graph, Job
from synthmix.mix.plan import Mix, pool_size
from synthmix.registry import load_dataset
from synthmix.repeats import share_of_patients
from synthmix.shares import largest_sample
from synthmix.store import read_table


class NotKnownError(Exception):
    """What has to be known for an estimate and is not; the message names it."""


@dataclass(frozen=True)
class Sizes:
    """How many images the jobs of a graph work on, and how large these are, as far as is known.

    `published` are the images of each class that the source of a data set counts, by
    "study/data set"; `counts` what a rehearsal has counted, files by study and data set.
    """

    graph: Graph
    published: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    counts: Mapping[tuple[str | None, str | None], str] = field(default_factory=dict)

    def shape(self, job: Job) -> tuple[int, ...]:
        """Return the shape of a prepared image, (H, W, C), or volume, (X, Y, Z)."""
        prepare = self._params("prepare_images", job)["settings"]
        if prepare["volume_shape"]:
            return tuple(prepare["volume_shape"])
        return prepare["image_size"], prepare["image_size"], prepare["channels"]

    def image_bytes(self, job: Job) -> int:
        """Return the bytes of a prepared image or volume in a store."""
        volumes = self._params("prepare_images", job)["settings"]["volume_shape"]
        return prod(self.shape(job)) * (2 if volumes else 1)

    def images(self, job: Job) -> Images:
        """Return the images of the data set of a job; raises NotKnownError where they are not.

        Of a job that has a share of the training patients that share of the training images.
        """
        if job.dataset not in self._images:
            self._images[job.dataset] = self._find_images(job)
        found = self._images[job.dataset]
        if found is None:
            raise NotKnownError(f"how many images {'/'.join(map(str, job.dataset))} has")
        return found.with_share(share_of_patients(job.wildcards.get("share", "")))

    def of_store(self, job: Job, store: str) -> float:
        """Return the images of a store: real ones, or those that a model of a generator made."""
        if store == "real":
            return self.images(job).total
        for pool in self.graph.needed(job, "sample_generator"):
            of = pool.wildcards
            if f"{of['generator']}{of.get('training', '')}/{of['scope']}" == store:
                return self.pool(pool)
        raise NotKnownError(f"how many images are in {store}")

    def pool(self, job: Job) -> float:
        """Return how many images a job of `sample_generator` draws."""
        fill_to, least = job.params["fill_to"], job.params["images"]
        additions = [Mix.from_dict(mix) for mix in job.params["additions"]]
        if not fill_to and not additions:
            return sum(least.values())
        real = self._real_counts(job)
        return sum(
            max(
                images,
                (fill_to or 0) - real["train"].get(label, 0),
                pool_size(additions, job.wildcards["generator"], label, real),
            )
            for label, images in least.items()
        )

    def _real_counts(self, job: Job) -> dict[str, dict[str, int]]:
        """Return the real images by part and class."""
        images = self.images(job)
        return {part: images.by_class(part) for part in ("train", "validation")}

    def mix(self, job: Job, done: bool) -> tuple[float, float]:
        """Return the training and the validation images of the mix that a job trains on.

        Where it is `done` they are counted.
        """
        (composed,) = (each for each in self._composed(job) if _is_of(each, job))
        return self._of_table(composed, done)

    def epoch(self, job: Job, done: bool) -> float:
        """Return the images of an epoch of a training: of the mix, or as many as its baseline."""
        others = [each for each in self._composed(job) if not _is_of(each, job)]
        if others and job.params["equal_steps"]:
            return self._of_table(others[0], done)[0]
        return self.mix(job, done)[0]

    def takes_over(self, job: Job, done: bool) -> bool:
        """Return whether a training has, or as far as is known will have, its baseline's results.

        So it is where the mix has the same images.
        """
        if not any(
            other.wildcards["classifier"] == job.wildcards["classifier"] and not _is_of(other, job)
            for other in self.graph.needed(job, "train_classifier")
        ):
            return False
        composed = self._composed(job)
        tables = [Path(each.outputs[0]) for each in composed]
        if done and all(table.is_file() for table in tables):
            first, second = map(read_table, tables)
            return first.equals(second)
        (mix,) = (Mix.from_dict(each.params["mix"]) for each in composed if _is_of(each, job))
        if not mix.is_addition or mix.selection:
            return False
        counts = mix.counts(self._real_counts(job)).values()
        return not any(n["synthetic"] for classes in counts for n in classes.values())

    def _composed(self, job: Job) -> list[Job]:
        """Return the jobs that compose the mix of a training and its baseline."""
        return self.graph.needed(job, "compose_mix")

    def _of_table(self, job: Job, done: bool) -> tuple[float, float]:
        """Return the training and the validation images of the mix that a job composes."""
        table = Path(job.outputs[0])
        if done and table.is_file():
            splits = read_table(table)["split"].value_counts()
            return int(splits["train"]), int(splits["validation"])
        mix = Mix.from_dict(job.params["mix"])
        if mix.generator is not None:
            on_real = mix.is_addition or mix.validation_images is None
            counts = mix.counts(self._real_counts(job) if on_real else None)
            train, validation = (
                sum(sum(origins.values()) for origins in counts[part].values())
                for part in ("train", "validation")
            )
            return train, validation
        train, validation = (
            self._real(job, part, shares)
            for part, shares in (
                ("train", mix.class_shares),
                ("validation", mix.validation_class_shares),
            )
        )
        return train, validation

    def _real(self, job: Job, part: str, shares: Mapping[str, float] | None) -> float:
        images = self.images(job)
        if shares is None:
            return images.of(part)
        return sum(largest_sample(images.by_class(part), shares).values())

    def _find_images(self, job: Job) -> Images | None:
        split = self.graph.of_dataset("split_samples", job)
        if split is None:
            return None
        # edited code has it made again, which changes little in its numbers
        if split.number in self.graph.settled and Path(split.outputs[0]).is_file():
            return counted(split.outputs[0])
        if job.dataset in self.counts:
            return rehearsed(self.counts[job.dataset])
        index = self._params("index_dataset", job)["settings"]
        classes = load_dataset(index["source"]).model_validate(index).class_names()
        published = self.published.get("/".join(map(str, job.dataset)), {})
        return expected(index, split.params, classes, published)

    def _params(self, rule: str, job: Job) -> Mapping[str, Any]:
        found = self.graph.of_dataset(rule, job)
        if found is None:
            raise NotKnownError(f"how {'/'.join(map(str, job.dataset))} is prepared")
        return found.params

    @cached_property
    def _images(self) -> dict[Any, Images | None]:
        return {}


def _is_of(composed: Job, job: Job) -> bool:
    """Return whether a job composes the mix of another one, not the baseline of that."""
    return composed.wildcards["mix"] == job.wildcards["mix"]


def epochs_done(job: Job) -> int | None:
    """Return the epochs that a training took, as its history has them; None without one."""
    file = next((Path(name) for name in job.outputs if name.endswith("history.csv")), None)
    if file is None or not file.is_file():
        return None
    try:
        return int(read_table(file)["epoch"].max())
    except (pd.errors.EmptyDataError, KeyError, ValueError):
        return None
