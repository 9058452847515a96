"""What a study found, in a sentence or two."""

from dataclasses import dataclass

import pandas as pd

from synthmix.figures.measures import has_positive_class, main_measure, measure_name
from synthmix.figures.mix_names import mix_names
from synthmix.report.wording import interval, listed

VERDICTS = ("helps", "no evidence", "hurts")


@dataclass(frozen=True)
class Findings:
    """The verdict on a study: its `headline`, how many mixes it holds for, and what was best.

    `counts` is empty where no mixes were compared.
    `selections` says of mixes of selected real images what `headline` says of those with synthetic
    ones; it is empty where there are none. `counts` and `helping` are of both.
    """

    headline: str
    selections: str
    counts: dict[str, int]
    helping: list[str]
    best: str


def find(summary: pd.DataFrame) -> Findings:
    """Sum up the table `summary`: columns as in `tables/summary.csv`."""
    judged = summary[summary["verdict"].notna()]
    is_selected = judged["kind"] == "selected_real"
    synthetic, selected = judged[~is_selected], judged[is_selected]
    several = summary["classifier"].nunique() > 1
    return Findings(
        headline=_headline(synthetic, "synthetic images", several),
        selections=(
            "" if selected.empty else _headline(selected, "selections of real images", several)
        ),
        counts=_counts(judged),
        helping=[_name(summary, row) for _, row in judged[judged["verdict"] == "helps"].iterrows()],
        best=_best(summary),
    )


def find_classifiers(summary: pd.DataFrame, compared: pd.DataFrame) -> Findings:
    """Sum up a study that only compares classifiers: `summary`, `classifier_comparison`."""
    measure = main_measure(summary)
    known = summary[summary[measure].notna()]
    count = summary["classifier"].nunique()
    if known.empty:
        best = "No classifier could be judged."
    else:
        row = known.loc[known[measure].idxmax()]
        which = f"Best of {count} classifiers in {measure_name(measure)}: " if count > 1 else ""
        best = f"{which}{row['classifier']}, {_values(summary, row)}."
    return Findings(best, "", {}, [], _better_classifiers(compared))


def _better_classifiers(compared: pd.DataFrame) -> str:
    """Say between which classifiers there is evidence of a difference in accuracy."""
    if compared.empty:
        return ""
    pairs = "pair" if len(compared) == 1 else "pairs"
    proven = compared[compared["better"] != "no evidence"]
    if proven.empty:
        return (
            f"No evidence that one classifier is more accurate than another, in {len(compared)} "
            f"{pairs} compared."
        )
    worse = proven["first"].where(proven["better"] != proven["first"], proven["second"])
    losers = worse.groupby(proven["better"], sort=False).unique()
    wins = [f"{name} than {listed(others)}" for name, others in losers.items()]
    return (
        f"Evidence of a difference in accuracy in {len(proven)} of {len(compared)} {pairs}: more "
        f"accurate are {'; '.join(wins)}."
    )


def _counts(judged: pd.DataFrame) -> dict[str, int]:
    return {verdict: int((judged["verdict"] == verdict).sum()) for verdict in VERDICTS}


def _headline(judged: pd.DataFrame, what_did: str, several: bool) -> str:
    """Say how often `what_did` helped and hurt in the mixes `judged`."""
    counts = _counts(judged)
    total = sum(counts.values())
    if total == 0:
        return "No mix was compared with real images alone."
    what = "pair of mix and classifier" if several else "mix"
    if total == 1:
        only = next(verdict for verdict, count in counts.items() if count)
        return {
            "helps": f"{what_did.capitalize()} helped in the only {what} compared.",
            "hurts": f"{what_did.capitalize()} hurt in the only {what} compared.",
            "no evidence": f"No evidence that {what_did} helped or hurt in the only {what}.",
        }[only]
    whats = "pairs of mix and classifier" if several else "mixes"
    if counts["no evidence"] == total:
        return f"No evidence that {what_did} helped or hurt in any of {total} {whats}."
    rest = f", with no evidence either way in {counts['no evidence']}"
    return (
        f"Compared with real images alone, {what_did} helped in {counts['helps']} of {total} "
        f"{whats} and hurt in {counts['hurts']}{rest if counts['no evidence'] else ''}."
    )


def _best(summary: pd.DataFrame) -> str:
    """Name the most accurate mix, and the baseline it is to be compared with."""
    mixes = summary[(summary["kind"] != "real_only") & summary["accuracy"].notna()]
    if mixes.empty:
        return ""
    best = mixes.loc[mixes["accuracy"].idxmax()]
    text = f"Most accurate mix: {_name(summary, best)}, {_values(summary, best)}"
    baseline = summary[
        (summary["kind"] == "real_only")
        & (summary["classifier"] == best["classifier"])
        & (summary["class_shares"] == best["class_shares"])
        & summary["accuracy"].notna()
    ]
    if baseline.empty:
        return f"{text}."
    alone = _values(summary, baseline.iloc[0])
    return f"{text}; real images alone, same class shares: {alone}."


def _name(summary: pd.DataFrame, row: pd.Series) -> str:
    name = mix_names(summary)[row["mix"]].full
    return f"{name} ({row['classifier']})" if summary["classifier"].nunique() > 1 else name


def _values(summary: pd.DataFrame, row: pd.Series) -> str:
    """Show accuracy and what depends less than it on the balance of the classes."""
    shown = {
        measure: " ".join(interval(row[measure], row[f"{measure}_low"], row[f"{measure}_high"]))
        for measure in ("accuracy", "auc" if has_positive_class(summary) else "macro_f1")
    }
    return ", ".join(f"{measure_name(name)} {value.strip()}" for name, value in shown.items())
