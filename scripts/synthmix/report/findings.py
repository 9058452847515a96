"""What a study found, in a sentence or two."""

from dataclasses import dataclass

import pandas as pd

from synthmix.evaluate.compare_mixes import HELPS, HURTS
from synthmix.evaluate.paired import NO_EVIDENCE
from synthmix.evaluate.score_predictions import ALL_FOLDS, ALL_SEEDS
from synthmix.evaluate.verdict import ACCURACY, judged_by
from synthmix.evaluate.wording import interval, listed
from synthmix.figures.measures import has_positive_class, main_measure, measure_name
from synthmix.figures.mix_names import mix_names

TEST, VALIDATION = "test", "validation"
VERDICTS = (HELPS, NO_EVIDENCE, HURTS)


@dataclass(frozen=True)
class Findings:
    """The verdict on a study: its `headline`, how many mixes it holds for, and what was best.

    `counts` is empty where no mixes were compared.
    `selections` says of mixes of selected real images, and of other ways to train on real ones,
    what `headline` says of those with synthetic ones; it is empty where there are none, and
    `headline` says the first of it where there are no synthetic ones. `counts` and `helping` are
    of all. `picked_by` is test or validation: the images by which the best was picked.
    """

    headline: str
    selections: str
    counts: dict[str, int]
    helping: list[str]
    best: str
    picked_by: str = TEST


def find(summary: pd.DataFrame) -> Findings:
    """Sum up the table `summary`: columns as in `tables/summary.csv`."""
    judged = summary[summary["verdict"].notna()]
    synthetic, selected, otherwise = (
        judged[judged["kind"] == kind]
        for kind in ("synthetic_mix", "selected_real", "trained_otherwise")
    )
    several = summary["classifier"].nunique() > 1
    measure = measure_name(judged_by(summary))
    sentences = [
        _headline(rows, what_did, measure, several)
        for rows, what_did in (
            (synthetic, "synthetic images"),
            (selected, "selections of real images"),
            (otherwise, "other ways to train on real images"),
        )
        if len(rows)
    ]
    headline, *others = sentences or ["No mix was compared with real images alone."]
    return Findings(
        headline=headline,
        selections=" ".join(others),
        counts=_counts(judged) if len(judged) else {},
        helping=[_name(summary, row) for _, row in judged[judged["verdict"] == HELPS].iterrows()],
        best=_best(summary),
    )


def find_classifiers(
    summary: pd.DataFrame, compared: pd.DataFrame, metrics: pd.DataFrame
) -> Findings:
    """Sum up a study that only compares classifiers.

    `summary`, `compared` and `metrics` are the tables of these names, `compared` that of pairs of
    classifiers. The best is picked on the validation images of all seeds, and its values are of
    test images; where there are no validation images it is picked on these too.
    """
    measure = main_measure(summary)
    known = summary[summary[measure].notna()]
    better = _better_classifiers(compared)
    if known.empty:
        return Findings("No classifier could be judged.", "", {}, [], better)
    count = summary["classifier"].nunique()
    of_validation = known["classifier"].map(_on_validation(metrics, measure)).astype(float)
    picked_by = VALIDATION if of_validation.notna().all() else TEST
    row = known.loc[(known[measure] if picked_by == TEST else of_validation).idxmax()]
    values = f"{row['classifier']}, {_values(summary, row)}."
    if count == 1:
        return Findings(values, "", {}, [], better, picked_by)
    by = " of validation images" if picked_by == VALIDATION else ""
    best = f"Best of {count} classifiers in {measure_name(measure)}{by}: {values}"
    return Findings(best, "", {}, [], better, picked_by)


def _on_validation(metrics: pd.DataFrame, measure: str) -> pd.Series:
    """Return a measure of the validation images by classifier, the mean over all seeds."""
    rows = metrics[
        (metrics["seed"].astype(str) == ALL_SEEDS)
        & (metrics["fold"].astype(str) == ALL_FOLDS)
        & (metrics["split"] == "validation")
        & (metrics["metric"] == measure)
        & metrics["class"].isna()
    ]
    return rows.groupby("classifier")["value"].first()


def _better_classifiers(compared: pd.DataFrame) -> str:
    """Say between which classifiers there is evidence of a difference, and in which measure."""
    if compared.empty:
        return ""
    measure = measure_name(judged_by(compared))
    pairs = "pair" if len(compared) == 1 else "pairs"
    proven = compared[compared["better"] != NO_EVIDENCE]
    if proven.empty:
        better = (
            "more accurate than another"
            if measure == ACCURACY
            else f"better than another in {measure}"
        )
        return f"No evidence that one classifier is {better}, in {len(compared)} {pairs} compared."
    worse = proven["first"].where(proven["better"] != proven["first"], proven["second"])
    losers = worse.groupby(proven["better"], sort=False).unique()
    wins = [f"{name} than {listed(others)}" for name, others in losers.items()]
    better = "more accurate" if measure == ACCURACY else "better"
    return (
        f"Evidence of a difference in {measure} in {len(proven)} of {len(compared)} {pairs}: "
        f"{better} are {'; '.join(wins)}."
    )


def _counts(judged: pd.DataFrame) -> dict[str, int]:
    return {verdict: int((judged["verdict"] == verdict).sum()) for verdict in VERDICTS}


def _headline(judged: pd.DataFrame, what_did: str, measure: str, several: bool) -> str:
    """Say how often `what_did` helped and hurt in the mixes `judged`, of which there are some."""
    counts = _counts(judged)
    total = sum(counts.values())
    what = "pair of mix and classifier" if several else "mix"
    if total == 1:
        only = next(verdict for verdict, count in counts.items() if count)
        return {
            HELPS: f"In {measure}, {what_did} helped in the only {what} compared.",
            HURTS: f"In {measure}, {what_did} hurt in the only {what} compared.",
            NO_EVIDENCE: (
                f"No evidence that {what_did} helped or hurt in {measure} in the only {what}."
            ),
        }[only]
    whats = "pairs of mix and classifier" if several else "mixes"
    if counts[NO_EVIDENCE] == total:
        return f"No evidence that {what_did} helped or hurt in {measure} in any of {total} {whats}."
    rest = f", with no evidence either way in {counts[NO_EVIDENCE]}"
    return (
        f"Compared in {measure} with real images alone, {what_did} helped in {counts[HELPS]} of "
        f"{total} {whats} and hurt in {counts[HURTS]}{rest if counts[NO_EVIDENCE] else ''}."
    )


def _best(summary: pd.DataFrame) -> str:
    """Name the mix that is best in what verdicts are about, and its baseline."""
    measure = judged_by(summary)
    mixes = summary[(summary["kind"] != "real_only") & summary[measure].notna()]
    if mixes.empty:
        return ""
    best = mixes.loc[mixes[measure].idxmax()]
    which = "Most accurate mix" if measure == ACCURACY else f"Best mix in {measure_name(measure)}"
    text = f"{which}: {_name(summary, best)}, {_values(summary, best)}"
    baseline = summary[
        (summary["kind"] == "real_only")
        & (summary["classifier"] == best["classifier"])
        & (summary["class_shares"] == best["class_shares"])
        & summary[measure].notna()
    ]
    if baseline.empty:
        return f"{text}."
    alone = _values(summary, baseline.iloc[0])
    return f"{text}; real images alone, same class shares: {alone}."


def _name(summary: pd.DataFrame, row: pd.Series) -> str:
    name = mix_names(summary)[row["mix"]].full
    return f"{name} ({row['classifier']})" if summary["classifier"].nunique() > 1 else name


def _values(summary: pd.DataFrame, row: pd.Series) -> str:
    """Show what verdicts are about, accuracy, and what depends less on the balance of classes."""
    told = (judged_by(summary), ACCURACY, "auc" if has_positive_class(summary) else "macro_f1")
    shown = {
        measure: " ".join(interval(row[measure], row[f"{measure}_low"], row[f"{measure}_high"]))
        for measure in dict.fromkeys(told)
    }
    return ", ".join(f"{measure_name(name)} {value.strip()}" for name, value in shown.items())
