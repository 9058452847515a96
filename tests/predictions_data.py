"""Made-up tables of predictions."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from synthmix.files import write_table
from synthmix.repeats import Repeat

Files = Sequence[str | Path]
CLASSES = ("cancer", "normal")


def by_seed(files: Mapping[int, Files]) -> dict[Repeat, Files]:
    """Return the tables of trainings that differ in their seed alone, by their repeat."""
    return {Repeat(1, 1, seed): tables for seed, tables in files.items()}


def once(*tables: str | Path) -> dict[Repeat, list[str | Path]]:
    """Return the tables of one training, a fold each where there are several."""
    return by_seed({1: list(tables)})


def predictions(
    patients: int = 50,
    accuracy: float = 0.7,
    seed: int = 0,
    classes: tuple[str, ...] = CLASSES,
    fold: int | None = None,
    truth: int = 0,
) -> pd.DataFrame:
    """Return predictions of two images a patient, right with about the probability `accuracy`.

    Probabilities have two decimals, so that some are the same. `truth` seeds the true classes,
    `seed` what is said of them.
    """
    count = 2 * patients
    labels = np.repeat(np.random.default_rng(truth).integers(len(classes), size=patients), 2)
    random = np.random.default_rng([1, seed])
    wrong = (labels + random.integers(1, len(classes), count)) % len(classes)
    said = np.where(random.random(count) < accuracy, labels, wrong)
    odds = random.random((count, len(classes))).round(1) + 1.5 * np.eye(len(classes))[said]
    probabilities = (odds / odds.sum(1, keepdims=True)).round(2)
    # what rounding leaves goes to the largest
    probabilities[np.arange(count), probabilities.argmax(1)] += 1 - probabilities.sum(1)
    first = 0 if fold is None else count * fold
    table = pd.DataFrame(
        {
            "sample_id": [f"s{first + i:05}" for i in range(count)],
            "group": [f"p{(first + i) // 2}" for i in range(count)],
            "label": np.array(classes)[labels],
            "predicted": np.array(classes)[probabilities.argmax(1)],
        }
    )
    if fold is not None:
        table["fold"] = fold
    return table.assign(**{f"probability_{c}": probabilities[:, i] for i, c in enumerate(classes)})


def long_tailed_predictions(gains: int, losses: int) -> pd.DataFrame:
    """Return predictions of 240 images of class a, 120 of b and 16 of c, one a patient.

    All of a and b are right but `losses` of a, all of c are wrong but `gains`.
    """
    labels = np.repeat(["a", "b", "c"], [240, 120, 16])
    said = np.where(labels == "c", "a", labels)
    said[:losses] = "b"
    said[len(said) - gains :] = "c"
    names = [f"s{i:03}" for i in range(len(labels))]
    table = pd.DataFrame({"sample_id": names, "group": names, "label": labels, "predicted": said})
    return table.assign(**{f"probability_{c}": 0.1 + 0.7 * (said == c) for c in "abc"})


def write_predictions(path: Path, *args: int, **kwargs: object) -> Path:
    """Write what `predictions` returns to `path`."""
    write_table(path, predictions(*args, **kwargs))
    return path
