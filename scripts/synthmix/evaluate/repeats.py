"""The differences of a mix and its baseline in all repeats, and what each test patient adds.

A repeat is a training set (a split of the patients, or a fold of one), a training of the generator
on it, and a training of the classifier. The baseline has no generator, so that it has one run where
a mix has several. Trainings of the classifier with the same number start from the same seed and are
subtracted from each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Self

import numpy as np
import pandas as pd

from synthmix.evaluate.influence import least_patients, least_variance, measured
from synthmix.evaluate.predictions import Predictions

Run = tuple[int, int, int]  # the split, the training of the generator, that of the classifier


@dataclass(frozen=True)
class Repeats:
    """Differences in a measure; leading axes are of cases that have nothing to do with each other.

    Training sets U, generator trainings G, classifier trainings C, test patients P.
    """

    values: np.ndarray  # (..., U, G, C)
    influence: np.ndarray  # (..., U, G, C, P), 0 of patients that a training set is not tested on
    patients: int  # that the measure rests on: all, or those of the rarest class
    test_set: float  # how many patients a test set has, the mean of all
    least_variance: float  # over patients: see `influence.least_variance`

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many training sets, generator trainings and classifier trainings there are."""
        return self.values.shape[-3:]

    def covariance(self, axes: Sequence[int] = ()) -> np.ndarray:
        """Return the variance over patients of the means over `axes` (0 to 2) of the values.

        Of each such mean one, so that those axes are left out.
        """
        mean = self.influence.mean(tuple(axis - 4 for axis in axes)) if axes else self.influence
        return (mean**2).sum(-1) * self.patients / max(self.patients - 1, 1)

    def less(self, other: Self) -> Self:
        """Return the differences of these and those of `other`, of the same test images.

        A single generator training of one of them stands beside each of the other's. Raises
        ValueError where one has repeats that the other has not.
        """
        several = {count for count in (self.counts[1], other.counts[1]) if count > 1}
        if self.counts[::2] != other.counts[::2] or len(several) > 1:
            raise ValueError(
                "runs that are compared have other splits or trainings: there are no predictions "
                "of some of them"
            )
        return replace(
            self, values=self.values - other.values, influence=self.influence - other.influence
        )

    def training_sets(self) -> Self:
        """Return the repeats of each training set alone; they become the last leading axis."""
        return replace(
            self, values=self.values[..., None, :, :], influence=self.influence[..., None, :, :, :]
        )

    def means(self, axes: Sequence[int]) -> np.ndarray:
        """Return the means of the values over `axes` (0 to 2), which are left out."""
        return self.values.mean(tuple(axis - 3 for axis in axes))


def repeats_of(
    mix: Mapping[Run, pd.DataFrame],
    baseline: Mapping[Run, pd.DataFrame] | None,
    classes: Sequence[str],
    positive_class: str | None,
    measure: str,
) -> Repeats:
    """Return the repeats of a mix, less its baseline's, from their tables of predictions.

    Both have each combination of splits, generator and classifier trainings, numbers in any order;
    of generators one of them may have a single training, as a baseline has, whatever its number.
    Without a baseline the values are those of the mix itself, as learning curves need them. Tables
    are those of `read_predictions`. Where they have a `fold`, each fold is a training set: its
    value is what the measure over all folds would be if all were as this one, so that the mean over
    folds is that measure itself.

    Raises ValueError where runs are missing, or where two that are compared had other test images.
    """
    found = _of_runs(mix, classes, positive_class, measure)
    if baseline is None:
        return found
    if tested_images(mix) != tested_images(baseline):
        raise ValueError("runs that are compared were tested on different images")
    return found.less(_of_runs(baseline, classes, positive_class, measure))


def tested_images(runs: Mapping[Run, pd.DataFrame]) -> dict[int, list[str]]:
    """Return the test images of each split in the order of their names.

    Raises ValueError where runs in one split were tested on different ones, or twice on one.
    """
    found: dict[int, list[str]] = {}
    for (split, *_), table in runs.items():
        images = sorted(table["sample_id"])
        if len(set(images)) < len(images) or images != found.setdefault(split, images):
            raise ValueError("not every repeat tests the same images of its split once")
    return found


def _of_runs(
    runs: Mapping[Run, pd.DataFrame],
    classes: Sequence[str],
    positive_class: str | None,
    measure: str,
) -> Repeats:
    splits, generators, classifiers = (sorted({run[axis] for run in runs}) for axis in range(3))
    tested_images(runs)
    people = np.unique(np.concatenate([table["group"].to_numpy(str) for table in runs.values()]))
    parts = []
    for split in splits:
        chosen = [_table(runs, (split, *pair)) for pair in product(generators, classifiers)]
        values, influence, table = _measured(chosen, classes, positive_class, measure)
        trainings = (len(generators), len(classifiers))
        values = values.reshape(trainings)
        influence = influence.reshape(*trainings, len(table))
        parts += _training_sets(values, influence, table, people)
    counts = _patients_by_class(list(runs.values()))
    return Repeats(
        values=np.stack([part.values for part in parts]),
        influence=np.stack([part.influence for part in parts]),
        patients=least_patients(measure, counts),
        test_set=float(np.mean([part.test_set for part in parts])),
        least_variance=least_variance(measure, counts),
    )


def _table(tables: Mapping[Run, pd.DataFrame], run: Run) -> pd.DataFrame:
    if run not in tables:
        split, generator, classifier = run
        raise ValueError(
            f"there are no predictions of split {split}, generator training {generator}, "
            f"classifier training {classifier}"
        )
    return tables[run]


@dataclass(frozen=True)
class _TrainingSet:
    values: np.ndarray  # (G, C)
    influence: np.ndarray  # (G, C, P)
    test_set: int


def _measured(
    tables: Sequence[pd.DataFrame], classes: Sequence[str], positive_class: str | None, measure: str
) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Return the measure of runs (R,), the influence on it (R, N), and a table of their images."""
    tables = [table.sort_values("sample_id", ignore_index=True) for table in tables]
    runs = [Predictions.from_table(table, classes) for table in tables]
    values, influence = measured(
        measure,
        runs[0].actual,
        np.stack([run.predicted for run in runs]),
        np.stack([run.probabilities for run in runs]),
        None if positive_class is None else list(classes).index(positive_class),
    )
    return values, influence, tables[0]


def _training_sets(
    values: np.ndarray, influence: np.ndarray, table: pd.DataFrame, people: np.ndarray
) -> list[_TrainingSet]:
    """Return each fold of a split, or the split itself, by the influence (G, C, N) of images."""
    place = np.searchsorted(people, table["group"].to_numpy(str))
    if "fold" not in table:
        by_patient = _by_patient(influence, place, len(people))
        return [_TrainingSet(values, by_patient, len(np.unique(place)))]
    found = []
    folds = table["fold"].to_numpy()
    names = np.unique(folds)
    for name in names:
        of_fold = folds == name
        own = influence[..., of_fold] * len(names)
        moved = own.sum(-1)
        by_patient = _by_patient(own, place[of_fold], len(people))
        tested = np.unique(place[of_fold])
        by_patient[..., tested] -= moved[..., None] / len(tested)
        found.append(_TrainingSet(values + moved, by_patient, len(tested)))
    return found


def _by_patient(influence: np.ndarray, place: np.ndarray, people: int) -> np.ndarray:
    """Return the sums (..., P) of the influence (..., N) of images, by the patient's place."""
    found = np.zeros((*influence.shape[:-1], people))
    np.add.at(found, (..., place), influence)
    return found


def _patients_by_class(tables: Sequence[pd.DataFrame]) -> np.ndarray:
    """Return of how many patients there are images of each class."""
    seen = pd.concat([table[["group", "label"]] for table in tables]).drop_duplicates()
    return seen["label"].value_counts().to_numpy()
