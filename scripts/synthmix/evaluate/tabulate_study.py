"""The tables of one study, from the metrics of all its mixes."""

import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from synthmix.evaluate.metrics import METRICS
from synthmix.evaluate.score_predictions import ALL_SEEDS
from synthmix.files import write_table, write_text
from synthmix.mix.plan import Mix, describe_class_shares
from synthmix.store import read_table

LOGGER = logging.getLogger(__name__)
PUBLISHED_METRICS = ("accuracy", "precision", "recall", "f1", "missed_positive_share")
SYNTHETIC_MIX, SELECTED_REAL, REAL_ONLY = "synthetic_mix", "selected_real", "real_only"


def tabulate_study(
    mixes: Sequence[Mix],
    classifiers: Sequence[str],
    mix_tables: Mapping[str, str | Path],
    metrics_tables: Sequence[str | Path],
    confusion_tables: Sequence[str | Path],
    comparison: str | Path,
    published: str | Path | None,
    outputs: Mapping[str, str | Path],
) -> None:
    """Write the tables `mixes`, `metrics`, `confusion`, `summary` and `summary_markdown`.

    `mix_tables` holds the table of each mix by its name. `published` is a CSV with the columns
    class_shares, real_share, metric, value: what the source prints, where it prints anything.
    """
    counts = count_mixes(mixes, {name: read_table(path) for name, path in mix_tables.items()})
    metrics = pd.concat([read_table(path) for path in metrics_tables], ignore_index=True)
    confusion = pd.concat([read_table(path) for path in confusion_tables], ignore_index=True)
    values = None if published is None else read_table(published)
    if values is not None:
        _warn_of_strangers(values, mixes)
    summary = summarise(mixes, classifiers, counts, metrics, read_table(comparison), values)
    write_table(outputs["mixes"], counts)
    write_table(outputs["metrics"], metrics)
    write_table(outputs["confusion"], confusion)
    write_table(outputs["summary"], summary)
    write_text(outputs["summary_markdown"], _markdown(summary))


def count_mixes(mixes: Sequence[Mix], tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the number of images of each mix by split, class and origin."""
    parts = []
    for mix in mixes:
        groups = tables[mix.name].groupby(["split", "label", "origin"])
        part = groups.agg(images=("row", "size"), distinct=("row", "nunique")).reset_index()
        part["repeated"] = part["images"] - part["distinct"]
        parts.append(part.drop(columns="distinct").assign(**_facts(mix)))
    columns = [*_facts(mixes[0]), "split", "label", "origin", "images", "repeated"]
    return pd.concat(parts, ignore_index=True)[columns]


def summarise(
    mixes: Sequence[Mix],
    classifiers: Sequence[str],
    counts: pd.DataFrame,
    metrics: pd.DataFrame,
    comparison: pd.DataFrame,
    published: pd.DataFrame | None,
) -> pd.DataFrame:
    """Return one row for each classifier and mix: what it is, its metrics, its verdict."""
    train = counts[counts["split"] == "train"].groupby(["mix", "origin"])["images"].sum()
    overall = metrics[metrics["seed"].astype(str) == ALL_SEEDS].set_index(
        ["classifier", "mix", "metric"]
    )
    compared = comparison.set_index(["classifier", "mix"])
    rows = []
    for classifier in classifiers:
        for mix in mixes:
            row = {"classifier": classifier, **_facts(mix)}
            row["train_real"] = train.get((mix.name, "real"), 0)
            row["train_synthetic"] = train.get((mix.name, "synthetic"), 0)
            for metric in metrics["metric"].unique():
                row |= _with_interval(metric, overall.loc[(classifier, mix.name, metric)])
            if not mix.is_baseline:
                found = compared.loc[(classifier, mix.name)]
                row |= _with_interval("difference", found, value="difference")
                row |= {"p_adjusted": found["p_adjusted"], "verdict": found["verdict"]}
            row |= _published_values(published if mix.generator else None, mix)
            rows.append(row)
    return pd.DataFrame(rows)


def _facts(mix: Mix) -> dict[str, str | float]:
    return {
        "mix": mix.name,
        "kind": _kind(mix),
        "generator": mix.generator or "",
        "selection": mix.selection or "",
        "class_shares": describe_class_shares(mix.class_shares),
        "real_share": mix.real_share,
    }


def _kind(mix: Mix) -> str:
    if mix.is_baseline:
        return REAL_ONLY
    return SYNTHETIC_MIX if mix.generator else SELECTED_REAL


def _is_of(published: pd.DataFrame, mix: Mix) -> pd.Series:
    """Return which published values are of this mix; classes may stand in any order."""
    shares = set(describe_class_shares(mix.class_shares).split(" / "))
    same_shares = published["class_shares"].map(lambda text: set(text.split(" / ")) == shares)
    return same_shares & np.isclose(published["real_share"], mix.real_share)


def _warn_of_strangers(published: pd.DataFrame, mixes: Sequence[Mix]) -> None:
    known = np.logical_or.reduce([_is_of(published, mix) for mix in mixes if mix.generator])
    for row in published[~known].itertuples():
        LOGGER.warning(
            "published: no mix has class shares %s and a real share of %s",
            row.class_shares,
            row.real_share,
        )


def _published_values(published: pd.DataFrame | None, mix: Mix) -> dict[str, float]:
    """Return what the source prints for this mix, nan where it prints nothing.

    Values hold for class shares and a real share, whichever generator the rest is from.
    """
    nothing = dict.fromkeys((f"published_{metric}" for metric in PUBLISHED_METRICS), float("nan"))
    if published is None:
        return nothing
    found = published[_is_of(published, mix)]
    return nothing | dict(zip("published_" + found["metric"], found["value"], strict=True))


def _with_interval(name: str, found: pd.Series, value: str = "value") -> dict[str, float]:
    return {name: found[value], f"{name}_low": found["low"], f"{name}_high": found["high"]}


def _cell(value: float, low: float, high: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3g} ({low:.3g} to {high:.3g})"


def _markdown(summary: pd.DataFrame) -> str:
    """Return the summary as a Markdown table, a metric with its interval in each cell."""
    shown = [metric for metric in METRICS if metric != "missed_positive_share"]
    lines = [
        ["classifier", "mix", "real images", "synthetic images", *shown, "against real only"],
    ]
    lines.append(["---"] * len(lines[0]))
    for row in summary.to_dict("records"):
        cells = [_cell(row[m], row[f"{m}_low"], row[f"{m}_high"]) for m in shown]
        verdict = row.get("verdict") if isinstance(row.get("verdict"), str) else ""
        names = [row["classifier"], row["mix"], row["train_real"], row["train_synthetic"]]
        lines.append([str(cell) for cell in (*names, *cells, verdict)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"
