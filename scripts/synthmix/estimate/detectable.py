"""How large a difference a run can show, before anything is trained."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan
from pathlib import Path

from synthmix.estimate.jobs import Job
from synthmix.estimate.sizes import NotKnownError, Sizes
from synthmix.evaluate.components import Design
from synthmix.evaluate.power import (
    DEVIATION,
    DISCORDANT,
    assumed_components,
    smallest_difference,
)
from synthmix.store import read_table

OFTEN = 0.8  # how often so large a difference is found


@dataclass(frozen=True)
class Detectable:
    """The smallest difference in accuracy that one data set can show; nan where there is none.

    `patients` are those of a test set, images where `are_images`: then it is not known how many
    of them are of one patient.
    """

    name: str
    patients: float
    are_images: bool
    splits: int
    folds: int
    generators: int
    classifiers: int
    comparisons: int
    difference: float


def detectable(sizes: Sizes) -> list[Detectable]:
    """Return it for each data set of a run that compares mixes and whose images are known."""
    jobs = (job for job in sizes.graph.jobs if job.rule == "compare_mixes")
    return list(filter(None, (_of_job(job, sizes) for job in jobs)))


def _of_job(job: Job, sizes: Sizes) -> Detectable | None:
    largest = Counter(one["family"] for one in job.params["comparisons"]).most_common(1)
    try:
        tested, are_images = _test_patients(job, sizes)
    except NotKnownError:
        return None
    if not largest or tested < 2:
        return None
    (_, size), *_ = largest
    repeats = [of_mix for _, of_mix in job.params["repeats"]]
    splits, generators, classifiers = (
        max(len({repeat[axis] for repeat in of_mix}) for of_mix in repeats) for axis in range(3)
    )
    folds = len(job.params["folds"])
    components = assumed_components(tested / folds, shared_patients=0.0 if folds > 1 else 1.0)
    design = Design(splits * folds, generators, classifiers, tested / folds)
    comparisons = size * len(job.params["classifiers"])
    significance = job.params["evaluation"]["significance"]
    found = smallest_difference(components.error(design), significance, comparisons, OFTEN)
    return Detectable(
        "/".join(map(str, job.dataset)),
        tested,
        are_images,
        splits,
        folds,
        generators,
        classifiers,
        comparisons,
        found,
    )


def _test_patients(job: Job, sizes: Sizes) -> tuple[float, bool]:
    """Return how many patients a split tests, all folds together, or images where it is unknown."""
    split = sizes.graph.of_dataset("split_samples", job)
    several = len(job.params["folds"]) > 1
    if split and split.number in sizes.graph.settled and Path(split.outputs[0]).is_file():
        table = read_table(split.outputs[0])
        tested = table["fold"].notna() if several else table["split"] == "test"
        return float(table.loc[tested, "group"].nunique()), False
    images = sizes.images(job)
    return (images.total if several else images.of("test")), True


def _sentence(one: Detectable) -> str:
    tested = f"{one.patients:,.0f} test {'images' if one.are_images else 'patients'}"
    trained = [
        _counted(one.splits, "split"),
        *([f"{one.folds} folds"] if one.folds > 1 else []),
        _counted(one.generators, "generator training"),
        _counted(one.classifiers, "classifier training"),
    ]
    compared = _counted(one.comparisons, "comparison")
    begin = f"{one.name}: with {tested}, {', '.join(trained)} and {compared}"
    if isnan(one.difference):
        return f"{begin} no difference in accuracy can be seen."
    about = f"a difference in accuracy of about {one.difference:.2g} can be seen"
    once = (one.splits, one.folds, one.generators, one.classifiers) == (1, 1, 1, 1)
    return f"{begin} {about}{', between the networks that are trained alone' if once else ''}."


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def in_words(found: Iterable[Detectable], most: int) -> str:
    """Return a line for each, at most so many, and what they assume; "" without any."""
    told = [_sentence(one) for one in found]
    if not told:
        return ""
    more = [f"and {len(told) - most} more data sets"] if len(told) > most else []
    assumed = (
        f"Seen is what is found in {OFTEN:.0%} of such runs if mix and baseline answer differently "
        f"on {DISCORDANT:.0%} of the patients and the results of trainings vary by {DEVIATION:g}: "
        f"docs/how_sure.md"
    )
    return "\n".join([*told[:most], *more, assumed])
