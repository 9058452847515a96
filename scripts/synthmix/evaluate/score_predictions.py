"""The metrics of one mix, each with its interval, and its confusion matrices."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from synthmix.evaluate.bootstrap import percentile_interval, resample_groups
from synthmix.evaluate.metrics import METRICS, against_rest, weighted_metrics
from synthmix.files import write_table
from synthmix.store import read_table

ALL_SEEDS = "all"
PUBLISHED_WAY = ("precision", "sensitivity", "f1")


def score_predictions(
    predictions: Mapping[int, str | Path],
    metrics: str | Path,
    confusion: str | Path,
    identity: dict[str, str],
    classes: list[str],
    positive_class: str,
    bootstrap_samples: int,
    confidence: float,
    seed: int,
) -> None:
    """Score the predictions of one classifier on one mix, a table for each training seed.

    Writes the long tables `metrics` (seed, split, metric, value, low, high; seed "all" is the
    mean over the seeds) and `confusion` (seed, true, predicted, images), each row headed by the
    columns of `identity`. With two classes the metrics are given the other way round too, with
    the other class as the positive one, under names that begin with `published_way_`.
    """
    tables = {str(key): read_table(path) for key, path in predictions.items()}
    groups = next(iter(tables.values()))["group"]
    weights = resample_groups(groups, bootstrap_samples, seed)
    # the first weighting is the sample itself
    weights = np.concatenate([np.ones((1, len(groups))), weights])
    rows = []
    for name, values in _metrics_by_name(tables, weights, classes, positive_class).items():
        per_seed = dict(zip(tables, values, strict=True))
        for key, value in {**per_seed, ALL_SEEDS: np.mean(values, axis=0)}.items():
            low, high = percentile_interval(value[1:], confidence)
            if np.isnan(value[0]):
                low = high = np.nan
            rows.append({"seed": key, "metric": name, "value": value[0], "low": low, "high": high})
    table = pd.DataFrame(rows).assign(split="test", **identity)
    columns = [*identity, "seed", "split", "metric", "value", "low", "high"]
    write_table(metrics, table[columns])
    write_table(confusion, _confusion(tables, identity, classes))


def _metrics_by_name(
    tables: dict[str, pd.DataFrame], weights: np.ndarray, classes: list[str], positive_class: str
) -> dict[str, list[np.ndarray]]:
    """Return each metric's values (B,) for each table of predictions."""
    scored = [weighted_metrics(against_rest(t, positive_class), weights) for t in tables.values()]
    result = {name: [values[name] for values in scored] for name in METRICS}
    if len(classes) == 2:
        (other,) = set(classes) - {positive_class}
        scored = [weighted_metrics(against_rest(t, other), weights) for t in tables.values()]
        for name in PUBLISHED_WAY:
            shown = "recall" if name == "sensitivity" else name
            result[f"published_way_{shown}"] = [values[name] for values in scored]
    return result


def _confusion(
    tables: dict[str, pd.DataFrame], identity: dict[str, str], classes: list[str]
) -> pd.DataFrame:
    rows = []
    for key, table in tables.items():
        counts = table.groupby(["label", "predicted"]).size()
        rows += [
            {**identity, "seed": key, "true": t, "predicted": p, "images": counts.get((t, p), 0)}
            for t in classes
            for p in classes
        ]
    return pd.DataFrame(rows)
