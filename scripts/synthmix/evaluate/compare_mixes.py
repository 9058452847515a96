"""Each mix against its real-only baseline: does adding or removing images help?"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from synthmix.evaluate.bootstrap import percentile_interval, resample_groups
from synthmix.files import write_table
from synthmix.mix.plan import Mix
from synthmix.store import read_table

HELPS, HURTS, NO_EVIDENCE = "helps", "hurts", "no evidence"


def compare_mixes(
    predictions: Mapping[tuple[str, str], Sequence[str | Path]],
    mixes: Sequence[Mix],
    classifiers: Sequence[str],
    output: str | Path,
    bootstrap_samples: int,
    confidence: float,
    significance: float,
    seed: int,
) -> None:
    """Write a row for each classifier and mix but the baselines themselves.

    `predictions` holds, by (classifier, mix), the tables of predictions, one a training seed.
    Columns: classifier, mix, baseline, difference in accuracy with its bootstrap interval over
    patients (low, high), only_mix_correct, only_baseline_correct, p_value of McNemar's exact
    test, p_adjusted by Holm over the table, verdict. With several seeds the difference is the
    mean over them; the test needs one answer an image, that of the mean probabilities.
    """
    rows = []
    for classifier in classifiers:
        for mix in mixes:
            if mix.is_baseline:
                continue
            compared = (mix.name, mix.baseline)
            tables = [[read_table(file) for file in predictions[classifier, m]] for m in compared]
            identity = {"classifier": classifier, "mix": mix.name, "baseline": mix.baseline}
            rows.append(identity | _compare(*tables, bootstrap_samples, confidence, seed))
    result = pd.DataFrame(rows)
    result["p_adjusted"] = holm(result["p_value"].to_numpy())
    result["verdict"] = [_verdict(row, significance) for row in result.itertuples()]
    write_table(output, result)


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's exact test (McNemar 1947).

    The arguments count the images that only the first or only the second classifier gets right.
    """
    if only_first + only_second == 0:
        return 1.0
    return float(binomtest(only_first, only_first + only_second).pvalue)


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p-values adjusted for their number by Holm's step-down procedure (Holm 1979)."""
    order = np.argsort(p_values, kind="stable")
    steps = (len(p_values) - np.arange(len(p_values))) * p_values[order]
    adjusted = np.empty_like(steps)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def _correct(tables: list[pd.DataFrame]) -> np.ndarray:
    """Return for each image the share of the tables, (N,), whose prediction is right."""
    return np.mean([table["label"] == table["predicted"] for table in tables], axis=0)


def _mean_correct(tables: list[pd.DataFrame]) -> np.ndarray:
    """Return whether the mean probabilities of the tables are right, (N,) bool."""
    columns = [name for name in tables[0] if name.startswith("probability_")]
    mean = sum(table[columns] for table in tables) / len(tables)
    predicted = mean.idxmax(axis=1).str.removeprefix("probability_")
    return (tables[0]["label"] == predicted).to_numpy()


def _compare(
    mix: list[pd.DataFrame],
    baseline: list[pd.DataFrame],
    bootstrap_samples: int,
    confidence: float,
    seed: int,
) -> dict[str, float | int]:
    images = mix[0]["sample_id"]
    if not all(images.equals(table["sample_id"]) for table in (*mix, *baseline)):
        raise ValueError("a mix and its baseline were judged on different images")
    gain = _correct(mix) - _correct(baseline)
    mix_correct, baseline_correct = _mean_correct(mix), _mean_correct(baseline)
    weights = resample_groups(mix[0]["group"], bootstrap_samples, seed)
    low, high = percentile_interval(weights @ gain / weights.sum(1), confidence)
    only_mix = int((mix_correct & ~baseline_correct).sum())
    only_baseline = int((baseline_correct & ~mix_correct).sum())
    return {
        "difference": gain.mean(),
        "low": low,
        "high": high,
        "only_mix_correct": only_mix,
        "only_baseline_correct": only_baseline,
        "p_value": mcnemar_exact(only_mix, only_baseline),
    }


def _verdict(row: tuple, significance: float) -> str:
    """Return the plain verdict: evidence takes both the test and the interval.

    McNemar's test takes images for independent, which those of one patient are not; the interval
    over patients does not.
    """
    if row.p_adjusted >= significance or row.low <= 0 <= row.high:
        return NO_EVIDENCE
    return HELPS if row.difference > 0 else HURTS
