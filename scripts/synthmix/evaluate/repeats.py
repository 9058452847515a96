"""The differences of a mix and its baseline in all repeats, and what each test patient adds.

A repeat is a training set (a split of the patients, or a fold of one), a training of the generator
on it, and a training of the classifier. The baseline has no generator. Trainings of the classifier
with the same number start from the same seed and are subtracted from each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from synthmix.evaluate.influence import least_patients, least_variance, measured
from synthmix.evaluate.predictions import Predictions

Run = tuple[int, int, int]  # the split, the training of the generator, that of the classifier
ONLY = 0  # the generator of a run without one


@dataclass(frozen=True)
class Repeats:
    """Differences in a measure; leading axes are of cases that have nothing to do with each other.

    Training sets U, generator trainings G, classifier trainings C, test patients P.
    """

    values: np.ndarray  # (..., U, G, C)
    influence: np.ndarray  # (..., U, G, C, P), 0 of patients that a training set is not tested on
    patients: int  # that the measure rests on: all, or those of the rarest class
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
    baseline: Mapping[Run, pd.DataFrame],
    classes: Sequence[str],
    positive_class: str | None,
    measure: str,
) -> Repeats:
    """Return the repeats of a mix, less its baseline's, from their tables of predictions.

    `mix` has each combination of splits, generator and classifier trainings, numbers in any order;
    `baseline` that of the splits and classifier trainings, with the generator `ONLY`. Tables are
    those of `read_predictions`. Where they have a `fold`, each fold is a training set: its
    value is what the measure over all folds would be if all were as this one, so that the mean over
    folds is that measure itself.

    Raises ValueError where runs are missing, or where two that are compared had other test images.
    """
    splits, generators, classifiers = (sorted({run[axis] for run in mix}) for axis in range(3))
    people = _people([*mix.values(), *baseline.values()])
    parts = []
    for split in splits:
        runs = [[(split, g, c) for c in classifiers] for g in generators]
        references = [(split, ONLY, c) for c in classifiers]
        missing = [run for row in runs for run in row if run not in mix]
        missing += [run for run in references if run not in baseline]
        if missing:
            raise ValueError(f"there are no predictions of the repeat {missing[0]}")
        tables = [mix[run] for row in runs for run in row] + [baseline[run] for run in references]
        values, influence, table = _runs(tables, classes, positive_class, measure)
        shape = (len(generators), len(classifiers))
        less = (values[-shape[1] :], influence[-shape[1] :])
        values = values[: -shape[1]].reshape(shape) - less[0]
        influence = influence[: -shape[1]].reshape(*shape, -1) - less[1]
        parts += _training_sets(values, influence, table, people)
    counts = _patients_by_class(list(baseline.values()))
    return Repeats(
        values=np.stack([part[0] for part in parts]),
        influence=np.stack([part[1] for part in parts]),
        patients=least_patients(measure, counts),
        least_variance=least_variance(measure, counts),
    )


def _runs(
    tables: Sequence[pd.DataFrame], classes: Sequence[str], positive_class: str | None, measure: str
) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    """Return the measure of runs (R,), the influence on it (R, N), and a table of their images."""
    tables = [table.sort_values("sample_id", ignore_index=True) for table in tables]
    first = tables[0]
    if not all(first["sample_id"].equals(table["sample_id"]) for table in tables):
        raise ValueError("runs that are compared were tested on different images")
    runs = [Predictions.from_table(table, classes) for table in tables]
    values, influence = measured(
        measure,
        runs[0].actual,
        np.stack([run.predicted for run in runs]),
        np.stack([run.probabilities for run in runs]),
        None if positive_class is None else list(classes).index(positive_class),
    )
    return values, influence, first


def _training_sets(
    values: np.ndarray, influence: np.ndarray, table: pd.DataFrame, people: Sequence[str]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the values (G, C) and the influence of patients (G, C, P) of each fold of a split."""
    place = np.searchsorted(people, table["group"].to_numpy(str))
    if "fold" not in table:
        return [(values, _by_patient(influence, place, len(people)))]
    folds = table["fold"].to_numpy()
    names = np.unique(folds)
    found = []
    for name in names:
        own = influence[..., folds == name] * len(names)
        total = own.sum(-1)
        by_patient = _by_patient(own, place[folds == name], len(people))
        tested = np.bincount(place[folds == name], minlength=len(people)) > 0
        by_patient[..., tested] -= total[..., None] / tested.sum()
        found.append((values + total, by_patient))
    return found


def _by_patient(influence: np.ndarray, place: np.ndarray, people: int) -> np.ndarray:
    """Return the sums (..., P) of the influence (..., N) of images, by the patient's place."""
    found = np.zeros((*influence.shape[:-1], people))
    np.add.at(found, (..., place), influence)
    return found


def _people(tables: Sequence[pd.DataFrame]) -> np.ndarray:
    return np.unique(np.concatenate([table["group"].to_numpy(str) for table in tables]))


def _patients_by_class(tables: Sequence[pd.DataFrame]) -> np.ndarray:
    """Return of how many patients there are images of each class."""
    seen = pd.concat([table[["group", "label"]] for table in tables]).drop_duplicates()
    return seen["label"].value_counts().to_numpy()
