"""The rows of the report's tables, from the tables of a study."""

from typing import Any

import pandas as pd

from synthmix.evaluate.comparisons import OF_PAIRS
from synthmix.evaluate.paired import differences
from synthmix.evaluate.verdict import judged_by
from synthmix.evaluate.wording import (
    NONE,
    count_interval,
    interval,
    number,
    signed_interval,
    significant,
)
from synthmix.figures.measures import has_positive_class, measures
from synthmix.figures.mix_names import MixName, mix_names
from synthmix.prepare.parts import rows_of
from synthmix.search.table import searched_settings

SPLITS = {
    "train": "training",
    "validation": "validation",
    "test": "test",
    "held_out": "held out",
}
ALL, MEAN_OF_FOLDS = "all", "mean"

Row = dict[str, Any]
Groups = list[tuple[str, list[Row]]]


def split_names(folds: int) -> dict[str, str]:
    """Return the splits shown and what they are called; folds are not told apart."""
    return {"test": f"in the {folds} folds", "held_out": "held out"} if folds else SPLITS


def dataset_rows(split: pd.DataFrame, names: dict[str, str] = SPLITS) -> list[Row]:
    """Return for each class, and for all, the images and patients of each split of `names`.

    `split` has the columns label, group and split, and fold where there are folds. Where there is
    a leak, test images are counted among training and validation images too.
    """
    if names is not SPLITS:
        split = split.assign(split=split["fold"].notna().map({True: "test", False: "held_out"}))
    classes = [(label, split[split["label"] == label]) for label in sorted(split["label"].unique())]
    return [
        {
            "label": label,
            "parts": {name: _images(rows_of(rows, name)) for name in names},
            "all": _images(rows),
        }
        for label, rows in [*classes, ("all", split)]
    ]


def census_facts(census: pd.DataFrame, most: int) -> list[Row]:
    """Return the first values of each fact and how many `more` there are: `tables/census.csv`."""
    return [
        {
            "name": str(fact).replace("_", " "),
            "rows": _records(rows.head(most)),
            "more": max(0, len(rows) - most),
        }
        for fact, rows in census.groupby("fact", sort=False)
    ]


def score_rows(scores: pd.DataFrame) -> list[Row]:
    """Return the scores of every generator over all classes together: `tables/scores.csv`."""
    together = scores[scores["scope"] == "all_classes"]
    return [
        {
            "generator": str(row.generator).replace("_", " "),
            "score": str(row.score).replace("_", " "),
            "value": interval(row.value, row.low, row.high),
            "images": row.images_synthetic,
            "caution": "" if pd.isna(row.caution) else row.caution,
        }
        for row in together.itertuples()
    ]


def search_rows(search: pd.DataFrame) -> list[Row]:
    """Return the candidates of a stage of a search, the best first: what `read_search` returns."""
    settings = searched_settings(search)
    ranked = search.sort_values("rank", kind="stable", na_position="last")
    return [
        {
            "settings": [row[name] for name in settings],
            "value": significant(row["value"], row["low"], row["high"]),
            "rank": row["rank"],
            "chosen": row["chosen"],
        }
        for row in _records(ranked)
    ]


def pipeline_rows(pipeline: pd.DataFrame) -> list[Row]:
    """Return the loaders and how fast they are: `tables/pipeline.csv`."""
    return [
        {
            "loader": str(row.loader).replace("_", " "),
            "images": row.images,
            "seconds": f"{row.seconds:.3g}",
            "rate": f"{row.images_per_second:,.1f}",
            "ratio": f"{row.ratio:.2f}",
        }
        for row in pipeline.itertuples()
    ]


def mix_groups(mixes: pd.DataFrame) -> Groups:
    """Return the composition of each mix, grouped by class shares: `tables/mixes.csv`."""
    names = mix_names(mixes)
    counts = mixes.groupby(["mix", "split", "label", "origin"])["images"].sum()
    rows = {}
    for mix, name in names.items():
        own = counts[mix]
        rows[mix] = {
            "name": name.short,
            "train": {
                label: {
                    origin: own.get(("train", label, origin), 0) for origin in ("synthetic", "real")
                }
                for label in mixes["label"].unique()
            },
            "train_total": own.get("train", pd.Series(dtype=int)).sum(),
            "validation_total": own.get("validation", pd.Series(dtype=int)).sum(),
            "repeated": mixes.loc[mixes["mix"] == mix, "repeated"].sum(),
        }
    return _grouped(names, rows)


def result_groups(summary: pd.DataFrame) -> dict[str, Groups]:
    """Return for each classifier the measures of its mixes, grouped by class shares.

    Where there is one mix only, there is one table, "", with a row for each classifier.
    """
    names = mix_names(summary)
    shown = list(measures(summary))
    missed = has_positive_class(summary)
    if len(names) == 1:
        rows = [
            _result(row, shown, missed) | {"name": row["classifier"]} for row in _records(summary)
        ]
        return {"": [("", rows)]}
    return {
        classifier: _grouped(
            names,
            {
                row["mix"]: _result(row, shown, missed) | {"name": names[row["mix"]].short}
                for row in _records(rows)
            },
        )
        for classifier, rows in summary.groupby("classifier", sort=False)
    }


def undefined_measures(metrics: pd.DataFrame, shown: dict[str, str], fold: str = ALL) -> list[str]:
    """Return sentences on why a measure of the test images is undefined: `tables/metrics.csv`.

    `fold` is ALL for the measures of all folds together, MEAN_OF_FOLDS for those of `fold_rows`.
    """
    rows = _overall(metrics, fold)
    rows = rows[rows["metric"].isin(list(shown)) & rows["undefined"].notna()]
    found = dict.fromkeys(zip(rows["metric"], rows["undefined"], strict=True))
    return [f"{shown[metric]}: {reason}" for metric, reason in found]


def fold_rows(metrics: pd.DataFrame, shown: dict[str, str], names: dict[str, MixName]) -> list[Row]:
    """Return for each classifier and mix the mean over the folds of each measure, and its spread.

    Empty where there are no folds.
    """
    rows = _overall(metrics, MEAN_OF_FOLDS)
    return [
        {
            "classifier": classifier,
            "mix": names[mix].full,
            "measures": {measure: _with_deviation(found, measure) for measure in shown},
        }
        for (classifier, mix), found in rows.groupby(["classifier", "mix"], sort=False)
    ]


def tested_images(metrics: pd.DataFrame) -> float | None:
    """Return how many images a classifier was tested on."""
    rows = _overall(metrics, ALL)
    totals = rows.loc[rows["metric"] == "total", "value"]
    return None if totals.empty else totals.iloc[0]


def pair_rows(compared: pd.DataFrame, names: dict[str, MixName]) -> list[Row]:
    """Return the pairs of classifiers: `tables/classifier_comparison.csv`."""
    told = differences(judged_by(compared))
    return [
        row
        | {
            "mix": names[row["mix"]].full,
            "differences": {
                measure: signed_interval(
                    *(row[f"{prefix}{part}"] for part in ("difference", "low", "high"))
                )
                for prefix, measure in told.items()
            },
        }
        for row in _records(compared)
    ]


def comparison_groups(comparison: pd.DataFrame, names: dict[str, MixName]) -> dict[str, Groups]:
    """Return for each classifier the comparisons of its mixes with their baselines.

    Of `tables/comparison.csv`.
    """
    return {
        classifier: _grouped(
            names,
            {
                row["mix"]: row | {"name": names[row["mix"]].short, "shown": _difference(row)}
                for row in _records(rows)
            },
        )
        for classifier, rows in comparison[~comparison["family"].isin(OF_PAIRS)].groupby(
            "classifier", sort=False
        )
    }


def mix_pair_rows(comparison: pd.DataFrame, names: dict[str, MixName]) -> list[Row]:
    """Return the comparisons of two mixes: those of `tables/comparison.csv`."""
    return [
        row
        | {
            "name": f"{names[row['mix']].full} \u2212 {names[row['baseline']].full}",
            "shown": _difference(row),
        }
        for row in _records(comparison[comparison["family"].isin(OF_PAIRS)])
    ]


def worth_rows(curve: pd.DataFrame, names: dict[str, MixName]) -> list[Row]:
    """Return what each mix is worth, with its points: `tables/learning_curve.csv`."""
    points = {
        key: {row["share"]: row for row in _records(rows)}
        for key, rows in curve.groupby(["classifier", "mix"], sort=False)
    }
    worth = []
    for (classifier, mix), own in points.items():
        first = next(iter(own.values()))
        if first["baseline"] is None:
            continue
        real = points[classifier, first["baseline"]]
        worth.append(
            {
                "classifier": classifier,
                "name": names[mix].full,
                "in_words": first["in_words"],
                "points": [
                    {
                        "share": f"{share:.4g}",
                        "patients": row["patients"],
                        "images": row["images"],
                        "real": _interval_of(real[share]),
                        "mix": _interval_of(row),
                    }
                    for share, row in own.items()
                ],
            }
        )
    return worth


def families(comparison: pd.DataFrame) -> dict[str, int]:
    """Return of how many comparisons each family is, where there are several besides pairs."""
    sizes = comparison["family"].value_counts(sort=False).drop([*OF_PAIRS], errors="ignore")
    return {} if len(sizes) < 2 else sizes.to_dict()


def _difference(row: Row) -> tuple[str, str]:
    return signed_interval(row["difference"], row["low"], row["high"])


def _interval_of(row: Row) -> tuple[str, str]:
    return interval(row["value"], row["low"], row["high"])


def _images(rows: pd.DataFrame) -> Row:
    return {"images": len(rows), "patients": rows["group"].nunique()}


def _overall(metrics: pd.DataFrame, fold: str) -> pd.DataFrame:
    """Return the rows about test images, of all seeds, of no single class."""
    return metrics[
        (metrics["seed"].astype(str) == ALL)
        & (metrics["fold"].astype(str) == fold)
        & (metrics["split"] == "test")
        & metrics["class"].isna()
    ]


def _with_deviation(rows: pd.DataFrame, measure: str) -> tuple[str, str]:
    found = rows[rows["metric"] == measure]
    if found.empty or pd.isna(found["value"].iloc[0]):
        return NONE, ""
    return number(found["value"].iloc[0]), f"\u00b1 {number(found['deviation'].iloc[0])}"


def _result(row: Row, shown: list[str], with_missed: bool) -> Row:
    missed = [row.get(f"missed_positives{part}") for part in ("", "_low", "_high")]
    return {
        "is_baseline": row["kind"] == "real_only",
        "measures": {measure: _interval(row, measure) for measure in shown},
        "missed": count_interval(*missed) if with_missed else None,
        "verdict": row["verdict"],
    }


def _interval(row: Row, measure: str) -> tuple[str, str]:
    return interval(*(row.get(f"{measure}{part}") for part in ("", "_low", "_high")))


def _grouped(names: dict[str, MixName], rows: dict[str, Row]) -> Groups:
    groups: dict[str, list[Row]] = {}
    for mix, name in names.items():
        if mix in rows:
            groups.setdefault(name.group, []).append(rows[mix])
    return list(groups.items())


def _records(table: pd.DataFrame) -> list[Row]:
    """Return the rows as dicts, with None for what is missing."""
    return table.astype(object).where(table.notna(), None).to_dict("records")
