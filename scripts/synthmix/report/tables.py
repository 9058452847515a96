"""The rows of the report's tables, from the tables of a study."""

from typing import Any

import pandas as pd

from synthmix.figures.mix_names import MixName, mix_names
from synthmix.report.wording import count_interval, interval, signed_interval, significant
from synthmix.search.table import searched_settings

SPLITS = {
    "train": "training",
    "validation": "validation",
    "test": "test",
    "held_out": "held out",
}
MEASURES = ("accuracy", "sensitivity", "specificity", "precision", "f1", "auc")

# what a source prints, in the order shown: its column, ours, and how the report calls it
PUBLISHED = (
    ("accuracy", "accuracy", "accuracy"),
    ("precision", "published_way_precision", "precision"),
    ("recall", "published_way_recall", "recall"),
    ("f1", "published_way_f1", "F1"),
    ("missed_positive_share", "missed_positive_share", "missed share of all test images"),
)

Row = dict[str, Any]
Groups = list[tuple[str, list[Row]]]


def dataset_rows(split: pd.DataFrame) -> list[Row]:
    """Return for each class, and for all, the images and patients of each split.

    `split` has the columns label, group and split.
    """
    classes = [(label, split[split["label"] == label]) for label in sorted(split["label"].unique())]
    return [
        {
            "label": label,
            "parts": {name: _images(rows[rows["split"] == name]) for name in SPLITS},
            "all": _images(rows),
        }
        for label, rows in [*classes, ("all", split)]
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
    """Return the candidates of a search, the best first: what `read_search` returns."""
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
    """Return for each classifier the measures of its mixes, grouped by class shares."""
    names = mix_names(summary)
    return {
        classifier: _grouped(names, {row["mix"]: _result(row, names) for row in _records(rows)})
        for classifier, rows in summary.groupby("classifier", sort=False)
    }


def comparison_groups(comparison: pd.DataFrame, names: dict[str, MixName]) -> dict[str, Groups]:
    """Return for each classifier the comparisons of its mixes: `tables/comparison.csv`."""
    return {
        classifier: _grouped(
            names,
            {
                row["mix"]: row
                | {
                    "name": names[row["mix"]].short,
                    "shown": signed_interval(row["difference"], row["low"], row["high"]),
                }
                for row in _records(rows)
            },
        )
        for classifier, rows in comparison.groupby("classifier", sort=False)
    }


def published_rows(summary: pd.DataFrame) -> list[Row]:
    """Return each published value beside ours, a row for each."""
    names = mix_names(summary)
    several = summary["classifier"].nunique() > 1
    rows = []
    for mix in _records(summary):
        name = names[mix["mix"]].full
        for source, ours, measure in PUBLISHED:
            value = mix.get(f"published_{source}")
            if value is not None:
                rows.append(
                    {
                        "mix": f"{name} ({mix['classifier']})" if several else name,
                        "measure": measure,
                        "published": value,
                        "here": mix.get(ours),
                        "shown": _interval(mix, ours),
                    }
                )
    return rows


def _images(rows: pd.DataFrame) -> Row:
    return {"images": len(rows), "patients": rows["group"].nunique()}


def _result(row: Row, names: dict[str, MixName]) -> Row:
    missed = [row.get(f"missed_positives{part}") for part in ("", "_low", "_high")]
    return {
        "name": names[row["mix"]].short,
        "is_baseline": row["kind"] == "real_only",
        "measures": {measure: _interval(row, measure) for measure in MEASURES},
        "published_accuracy": row.get("published_accuracy"),
        "missed": count_interval(*missed),
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
