"""Made-up tables of predictions."""

from pathlib import Path

import numpy as np
import pandas as pd

from synthmix.files import write_table

CLASSES = ("cancer", "normal")


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


def write_predictions(path: Path, *args: int, **kwargs: object) -> Path:
    """Write what `predictions` returns to `path`."""
    write_table(path, predictions(*args, **kwargs))
    return path
