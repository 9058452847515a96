"""The scores of one generator, whichever it is, from the features of its pools."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from synthmix.files import write_table
from synthmix.prepare.parts import as_learned
from synthmix.scopes import ALL_CLASSES, UNLABELLED
from synthmix.score.audit_of_test import audit_of_test
from synthmix.score.compare import Row, compare, compare_distances, write_scores
from synthmix.score.memorisation import near_limit
from synthmix.score.neighbours import nearest
from synthmix.score.reference import SEEN, RealClass, load_reference
from synthmix.score.settings import ScoreSettings
from synthmix.store import load_array, load_class, read_table

LOGGER = logging.getLogger(__name__)
PAIRS = 12
PAIR_COLUMNS = ["label", "row", "real_label", "real_row", "part", "distance", "limit"]
TRAINING, TEST = "training", "test"


def score_generator(
    generator: str,
    pools: Mapping[str, str | Path],
    real_features: str | Path,
    split: str | Path,
    reference: str | Path,
    settings: ScoreSettings,
    seed: int,
    output: str | Path,
    pairs: str | Path,
    seen: Sequence[str] = SEEN,
    looks_at_test: bool = False,
) -> None:
    """Score a generator by the features of its images of each class; write two tables.

    `pools` has the features with those of a class, which may be the same for several.

    `output` has a row for each class (`label`; `scope` is "class") and score, and for all of them
    together, in the class shares of the real training images. A score's value has its 95% interval
    where there is one. `pairs` has the synthetic images nearest to a training image. `reference`
    is what `score_real` wrote of the features `real_features`, whose row i is row i of `split`.
    Training images are those of the splits `seen`. With `looks_at_test`, of ready images, the
    scores say too whether images are suspiciously near to test images, and `pairs` has the nearest
    of these besides. Images of no class, UNLABELLED, are held against all real ones, which their
    generator has learned from.
    """
    samples = as_learned(read_table(split), pools)
    real = load_array(real_features)
    described = load_reference(reference)
    if UNLABELLED in pools:  # it is held against all images, not against those that train
        described = {ALL_CLASSES: described[UNLABELLED]}
    features = {label: load_class(path, label) for label, path in pools.items()}
    trained = np.flatnonzero(samples["split"].isin(seen) & samples["label"].isin(pools))
    near = {label: nearest(pool, real, trained) for label, pool in features.items()}
    distances = {label: found for label, (found, _) in near.items()}

    rows: list[Row] = []
    for label, pool in features.items():
        if label == UNLABELLED:  # the same as all of them together
            continue
        rows += _score(label, described.get(label), real, pool, distances[label], settings, seed)
    available = {label: len(pool) for label, pool in features.items()}
    counts = balanced_counts(samples, available, seen)
    counts = cap(counts, settings.images)
    together = np.concatenate([features[label][:count] for label, count in counts.items()])
    apart = np.concatenate([distances[label][:count] for label, count in counts.items()])
    rows += _score(ALL_CLASSES, described.get(ALL_CLASSES), real, together, apart, settings, seed)
    limits = {
        label: near_limit(found.held_out_distances, settings.near_percentile)
        for label, found in described.items()
    }
    table = _nearest_pairs(near, samples, limits, TRAINING)
    if looks_at_test:
        audit = audit_of_test(features, real, samples, counts, settings)
        rows += audit.rows
        table = pd.concat([table, _nearest_pairs(audit.near, samples, audit.limits, TEST)])
    write_scores(output, generator, rows, settings)
    write_table(pairs, table)
    LOGGER.info("%d scores of %s", len(rows), generator)


def balanced_counts(
    samples: pd.DataFrame, available: Mapping[str, int], splits: Sequence[str] = SEEN
) -> dict[str, int]:
    """Return how many images of each class to take for the class shares of training images.

    As many as the `available` ones allow; none of a class without training images, which are those
    of `splits`.
    """
    seen = samples.loc[samples["split"].isin(splits), "label"].value_counts()
    real = {label: int(seen.get(label, 0)) for label in available}
    ratio = min((available[label] / count for label, count in real.items() if count), default=0.0)
    # rounding must not ask for one more than there are
    return {label: min(available[label], round(ratio * count)) for label, count in real.items()}


def cap(counts: Mapping[str, int], most: int) -> dict[str, int]:
    """Return `counts` made smaller in equal parts until they sum to `most` at the most."""
    total = sum(counts.values())
    return {
        label: count * most // total if total > most else count for label, count in counts.items()
    }


def _score(
    label: str,
    described: RealClass | None,
    real: np.ndarray,
    candidates: np.ndarray,
    distances: np.ndarray,
    settings: ScoreSettings,
    seed: int,
) -> list[Row]:
    rows = compare(described, real, candidates, settings, seed)
    rows += compare_distances(described, distances, settings)
    scope = ALL_CLASSES if label == ALL_CLASSES else "class"
    return [{"label": label, "scope": scope, **row} for row in rows]


def _nearest_pairs(
    near: Mapping[str, tuple[np.ndarray, np.ndarray]],
    samples: pd.DataFrame,
    limits: Mapping[str, float],
    part: str,
) -> pd.DataFrame:
    """Return the `PAIRS` synthetic images that are nearest to a real one of a `part`, and which."""
    labels = samples["label"].to_numpy()
    found = [
        (
            label,
            row,
            labels[real_rows[row]],
            real_rows[row],
            part,
            distances[row],
            limits.get(label),
        )
        for label, (distances, real_rows) in near.items()
        for row in np.argsort(distances, kind="stable")[:PAIRS]
    ]
    table = pd.DataFrame(found, columns=PAIR_COLUMNS)
    return table.sort_values("distance", kind="stable").head(PAIRS)
