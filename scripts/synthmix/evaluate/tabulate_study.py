"""The tables of one study, from the metrics of all its mixes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from synthmix.evaluate.comparisons import OF_PAIRS
from synthmix.evaluate.measure import CONSTANT, constant_answer
from synthmix.evaluate.metrics import OF_POSITIVE, OVERALL, PUBLISHED_WAY
from synthmix.evaluate.paired import TOLD
from synthmix.evaluate.score_predictions import ALL_FOLDS, ALL_SEEDS
from synthmix.evaluate.study_markdown import study_markdown
from synthmix.evaluate.verdict import ACCURACY, measure_column
from synthmix.files import write_table, write_text
from synthmix.leakage import NONE, each_leakage
from synthmix.mix.plan import Mix, describe_addition, describe_class_shares
from synthmix.store import read_table

METRICS = (*OVERALL, *OF_POSITIVE, *PUBLISHED_WAY)
SYNTHETIC_MIX, SELECTED_REAL, REAL_ONLY = "synthetic_mix", "selected_real", "real_only"
TRAINED_OTHERWISE = "trained_otherwise"
NO_READY: Mapping[str, str] = {}


def tabulate_study(
    mixes: Sequence[Mix],
    classifiers: Sequence[str],
    mix_tables: Mapping[str, str | Path],
    metrics_tables: Sequence[str | Path],
    confusion_tables: Sequence[str | Path],
    comparison: str | Path,
    classifier_comparison: str | Path,
    outputs: Mapping[str, str | Path],
    leakage: str = NONE,
    measure: str = ACCURACY,
    of_ready: Mapping[str, str] = NO_READY,
) -> None:
    """Write the tables `mixes`, `metrics`, `confusion`, `summary` and `summary_markdown`.

    `mix_tables` holds the table of each mix by its name; `comparison` and `classifier_comparison`
    are those of `compare_mixes` and `compare_classifiers`. `leakage` says how the images were
    split: all of the tables do too, but for mixes with ready images, of which they say what
    `of_ready` has (see `each_leakage`). `summary` has in columns that begin with constant_ what
    a classifier reaches that always says the most frequent class. `measure` is that of the
    verdicts: where it is not accuracy, `summary` has it in the column judged_by.
    """
    counts = count_mixes(mixes, {name: read_table(path) for name, path in mix_tables.items()})
    metrics = pd.concat([read_table(path) for path in metrics_tables], ignore_index=True)
    confusion = pd.concat([read_table(path) for path in confusion_tables], ignore_index=True)
    summary = summarise(mixes, classifiers, counts, metrics, read_table(comparison))
    summary, counts = (
        table.assign(leakage=each_leakage(table["mix"], leakage, of_ready))
        for table in (summary.assign(**_constant(confusion)), counts)
    )
    summary = summary.assign(**measure_column(measure))
    write_table(outputs["mixes"], counts)
    write_table(outputs["metrics"], metrics)
    write_table(outputs["confusion"], confusion)
    write_table(outputs["summary"], summary)
    compared = read_table(comparison)
    pairs = compared[compared["family"].isin(OF_PAIRS)]
    classifiers_compared = read_table(classifier_comparison)
    markdown = study_markdown(summary, metrics, classifiers_compared, pairs, leakage, of_ready)
    write_text(outputs["summary_markdown"], markdown)


def count_mixes(mixes: Sequence[Mix], tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the number of images of each mix by split, class and origin.

    `same_as` names the baseline of a mix that has the same images, and so its results.
    """
    parts = []
    for mix in mixes:
        groups = tables[mix.name].groupby(["split", "label", "origin"])
        part = groups.agg(images=("row", "size"), distinct=("row", "nunique")).reset_index()
        part["repeated"] = part["images"] - part["distinct"]
        facts = _facts(mix, _real_share(mix, part))
        same = _same_as(mix, tables)
        parts.append(part.drop(columns="distinct").assign(**facts, same_as=same))
    columns = [*_facts(mixes[0], 1.0), "split", "label", "origin", "images", "repeated", "same_as"]
    return pd.concat(parts, ignore_index=True)[columns]


def summarise(
    mixes: Sequence[Mix],
    classifiers: Sequence[str],
    counts: pd.DataFrame,
    metrics: pd.DataFrame,
    comparison: pd.DataFrame,
) -> pd.DataFrame:
    """Return one row for each classifier and mix: what it is, its metrics, its verdict.

    Each of `METRICS`, of the test images of all folds and seeds, has the columns of its name and
    with _low, _high and _deviation (over the seeds); all are nan where it is undefined, or where
    it is of the positive class and there is none.
    """
    train = counts[counts["split"] == "train"].groupby(["mix", "origin"])["images"].sum()
    overall = _of_all_seeds(metrics).set_index(["classifier", "mix", "metric"]).sort_index()
    compared = comparison[~comparison["family"].isin(OF_PAIRS)].set_index(["classifier", "mix"])
    rows = []
    real_shares = counts.groupby("mix")["real_share"].first()
    for classifier in classifiers:
        for mix in mixes:
            row = {"classifier": classifier, **_facts(mix, real_shares[mix.name])}
            row["train_real"] = train.get((mix.name, "real"), 0)
            row["train_synthetic"] = train.get((mix.name, "synthetic"), 0)
            row |= _metric_columns(overall.loc[(classifier, mix.name)])
            row |= _comparison_columns(
                compared.loc[(classifier, mix.name)]
                if (classifier, mix.name) in compared.index
                else None
            )
            rows.append(row)
    return pd.DataFrame(rows)


def _constant(confusion: pd.DataFrame) -> dict[str, float]:
    """Return the columns of what an answer that is always the same reaches on the test images."""
    images = confusion.groupby("true")["images"].sum()
    return {f"{CONSTANT}{name}": value for name, value in constant_answer(dict(images)).items()}


def _of_all_seeds(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the rows about the test images of all seeds, of no single fold or class."""
    return metrics[
        (metrics["seed"].astype(str) == ALL_SEEDS)
        & (metrics["fold"].astype(str) == ALL_FOLDS)
        & (metrics["split"] == "test")
        & metrics["class"].isna()
    ]


def _metric_columns(found: pd.DataFrame) -> dict[str, float]:
    """Return the columns of all `METRICS`; `found` has those that there are, by their names."""
    found = found.reindex(METRICS)
    return {
        f"{metric}{suffix}": found.loc[metric, column]
        for metric in METRICS
        for suffix, column in (
            ("", "value"),
            ("_low", "low"),
            ("_high", "high"),
            ("_deviation", "deviation"),
        )
    }


def _comparison_columns(found: pd.Series | None) -> dict[str, float | str | None]:
    """Return how a mix compares with its baseline; nothing for a baseline, or without one."""
    names = ("difference", "difference_low", "difference_high", "p_adjusted", "verdict", *TOLD)
    columns = ("difference", "low", "high", "p_adjusted", "verdict", *TOLD)
    if found is None:
        return dict.fromkeys(names)
    return {name: found[column] for name, column in zip(names, columns, strict=True)}


def _same_as(mix: Mix, tables: Mapping[str, pd.DataFrame]) -> str:
    baseline = tables.get(mix.baseline) if mix.has_other_images else None
    same = baseline is not None and tables[mix.name].equals(baseline)
    return mix.baseline if same else ""


def _real_share(mix: Mix, counts: pd.DataFrame) -> float:
    """Return the share of real training images; `counts` are the rows of the mix."""
    if mix.real_share is not None:
        return mix.real_share
    train = counts[counts["split"] == "train"].groupby("origin")["images"].sum()
    return float(train.get("real", 0) / train.sum())


def _facts(mix: Mix, real_share: float) -> dict[str, str | float]:
    return {
        "mix": mix.name,
        "kind": _kind(mix),
        "generator": mix.generator or "",
        "selection": mix.selection or "",
        "training": mix.training or "",
        "addition": describe_addition(mix),
        "class_shares": describe_class_shares(mix.class_shares),
        "real_share": real_share,
    }


def _kind(mix: Mix) -> str:
    if mix.is_baseline:
        return REAL_ONLY
    if mix.generator:
        return SYNTHETIC_MIX
    return TRAINED_OTHERWISE if mix.training else SELECTED_REAL
