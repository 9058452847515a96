"""Whether ready images are suspiciously near to test images, from which nobody held them off.

As `memorisation` holds images against training images, so here against test images: real ones of
other patients, of training and validation, say how near is usual.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from synthmix.prepare.parts import rows_of
from synthmix.scopes import ALL_CLASSES
from synthmix.score.compare import Row, row
from synthmix.score.memorisation import memorisation, near_limit
from synthmix.score.names import NEAR, NEAR_TEST
from synthmix.score.neighbours import nearest
from synthmix.score.settings import ScoreSettings

# the scores of memorisation that are told of test images, by their names here
_TOLD = {
    NEAR: NEAR_TEST,
    f"{NEAR}_by_chance": f"{NEAR_TEST}_by_chance",
    "nearer_than_held_out": "nearer_test_than_other_real",
    "nearest_training_distance": "nearest_test_distance",
    "nearest_training_distance_held_out": "nearest_test_distance_other_real",
}
NO_DISTANCES = np.empty(0)
NOTHING = "no test images, or no other real ones, to compare with"


@dataclass(frozen=True)
class AuditOfTest:
    """Scores, and by class the distance of each image to its nearest test image, and its row.

    `limits` are the distances up to which images of a class are suspiciously near.
    """

    rows: list[Row]
    near: dict[str, tuple[np.ndarray, np.ndarray]]
    limits: dict[str, float]


def audit_of_test(
    features: Mapping[str, np.ndarray],
    real: np.ndarray,
    samples: pd.DataFrame,
    counts: Mapping[str, int],
    settings: ScoreSettings,
) -> AuditOfTest:
    """Hold the `features` (M, D) of each class against those of the `real` test images (N, D).

    Row i of `samples` is of row i of `real`. All classes together are `counts` images of each.
    """
    tested = rows_of(samples, "test").index
    tests = np.asarray(tested)[samples.loc[tested, "label"].isin(features)]
    apart = pd.concat([rows_of(samples, part) for part in ("train", "validation")])
    others = apart[apart["label"].isin(features) & ~apart.index.isin(tested)]
    if not len(tests) or others.empty:
        rows = [each for label in (*features, ALL_CLASSES) for each in _rows(label, settings)]
        return AuditOfTest(rows, {}, {})
    near = {label: nearest(pool, real, tests) for label, pool in features.items()}
    usual, _ = nearest(real[others.index.to_numpy()], real, tests)
    by_class = {label: usual[(others["label"] == label).to_numpy()] for label in features}
    rows: list[Row] = []
    for label, (distances, _) in near.items():
        rows += _rows(label, settings, distances, by_class[label])
    together = np.concatenate([near[label][0][:count] for label, count in counts.items()])
    rows += _rows(ALL_CLASSES, settings, together, usual)
    limits = {label: near_limit(of, settings.near_percentile) for label, of in by_class.items()}
    return AuditOfTest(rows, near, limits)


def _rows(
    label: str,
    settings: ScoreSettings,
    distances: np.ndarray = NO_DISTANCES,
    usual: np.ndarray = NO_DISTANCES,
) -> list[Row]:
    """Return the scores of the `distances` (M,) to test images, beside the `usual` ones (N,)."""
    scope = ALL_CLASSES if label == ALL_CLASSES else "class"
    caution = "" if len(distances) and len(usual) else NOTHING
    found = memorisation(distances, usual, settings.near_percentile)
    return [
        {
            "label": label,
            "scope": scope,
            **row(name, found[score], len(usual), len(distances), caution),
        }
        for score, name in _TOLD.items()
    ]
