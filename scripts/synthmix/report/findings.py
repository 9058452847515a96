"""What a study found, in a sentence or two."""

from dataclasses import dataclass

import pandas as pd

from synthmix.evaluate.conclusion import SCOPES, Verdict
from synthmix.evaluate.effect import PATIENTS
from synthmix.evaluate.score_predictions import ALL_FOLDS, ALL_SEEDS
from synthmix.evaluate.verdict import ACCURACY, judged_by
from synthmix.evaluate.wording import interval, listed
from synthmix.figures.measures import has_positive_class, main_measure, measure_name
from synthmix.figures.mix_names import mix_names

TEST, VALIDATION = "test", "validation"
HELPS, HURTS, CANT_TELL = Verdict.HELPS, Verdict.HURTS, Verdict.CANT_TELL
NO_DIFFERENCE = Verdict.NO_DIFFERENCE
_PAST = {HELPS: "helped", HURTS: "hurt", NO_DIFFERENCE: "made no difference"}
VERDICTS = (HELPS, NO_DIFFERENCE, CANT_TELL, HURTS)


@dataclass(frozen=True)
class Findings:
    """The verdict on a study: its `headline`, how many mixes it holds for, and what was best.

    `counts` is empty where no mixes were compared; too small to matter counts as no difference.
    `scope` says what the verdicts are about.
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
    scope: str = ""


def find(summary: pd.DataFrame, metrics: pd.DataFrame) -> Findings:
    """Sum up the tables `summary` and `metrics`.

    The best mix is picked on the validation images of all repeats, and its values are of test
    images; where there are no validation images of some mix it is picked on these too.
    """
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
    best, picked_by = _best(summary, metrics)
    headline, *others = sentences or ["No mix was compared with real images alone."]
    return Findings(
        headline=headline,
        selections=" ".join(others),
        counts=_counts(judged) if len(judged) else {},
        helping=[_name(summary, row) for _, row in judged[judged["verdict"] == HELPS].iterrows()],
        best=best,
        picked_by=picked_by,
        scope=_scope(judged),
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
    row, picked_by = _picked(known, metrics, measure)
    values = f"{row['classifier']}, {_values(summary, row)}."
    if count == 1:
        return Findings(values, "", {}, [], better, picked_by)
    by = " of validation images" if picked_by == VALIDATION else ""
    best = f"Best of {count} classifiers in {measure_name(measure)}{by}: {values}"
    return Findings(best, "", {}, [], better, picked_by)


def _picked(summary: pd.DataFrame, metrics: pd.DataFrame, measure: str) -> tuple[pd.Series, str]:
    """Return the best row of `summary`, and by which images it was picked."""
    rows = metrics[
        (metrics["seed"].astype(str) == ALL_SEEDS)
        & (metrics["fold"].astype(str) == ALL_FOLDS)
        & (metrics["split"] == VALIDATION)
        & (metrics["metric"] == measure)
        & metrics["class"].isna()
    ]
    of_validation = rows.set_index(["classifier", "mix"])["value"]
    values = of_validation.reindex(pd.MultiIndex.from_frame(summary[["classifier", "mix"]]))
    if values.isna().any():
        return summary.loc[summary[measure].idxmax()], TEST
    return summary.iloc[int(values.to_numpy().argmax())], VALIDATION


def _better_classifiers(compared: pd.DataFrame) -> str:
    """Say between which classifiers there is evidence of a difference, and in which measure."""
    if compared.empty:
        return ""
    measure = measure_name(judged_by(compared))
    pairs = "pair" if len(compared) == 1 else "pairs"
    proven = compared[compared["better"].isin([*compared["first"], *compared["second"]])]
    if proven.empty:
        better = (
            "more accurate than another"
            if measure == ACCURACY
            else f"better than another in {measure}"
        )
        return f"No classifier is shown to be {better}, in {len(compared)} {pairs} compared."
    worse = proven["first"].where(proven["better"] != proven["first"], proven["second"])
    losers = worse.groupby(proven["better"], sort=False).unique()
    wins = [f"{name} than {listed(others)}" for name, others in losers.items()]
    better = "more accurate" if measure == ACCURACY else "better"
    return (
        f"Evidence of a difference in {measure} in {len(proven)} of {len(compared)} {pairs}: "
        f"{better} are {'; '.join(wins)}."
    )


def _counts(judged: pd.DataFrame) -> dict[str, int]:
    said = judged["verdict"].replace(Verdict.TOO_SMALL.value, NO_DIFFERENCE.value)
    return {verdict.value: int((said == verdict).sum()) for verdict in VERDICTS}


def _scope(judged: pd.DataFrame) -> str:
    """Say what the verdicts are about; with one training of each, what they are not about."""
    scopes = list(judged["scope"].dropna().unique())
    if not scopes:
        return ""
    text = f"These verdicts are about {listed(scopes)}."
    if len(scopes) == 1 and scopes[0] == SCOPES[PATIENTS,]:
        text += " Trained again, they might come out otherwise: repeats would show it."
    return text


def _headline(judged: pd.DataFrame, what_did: str, measure: str, several: bool) -> str:
    """Say how often `what_did` helped and hurt in the mixes `judged`, of which there are some."""
    counts = {verdict: count for verdict, count in _counts(judged).items() if count}
    total = sum(counts.values())
    whats = "pairs of mix and classifier" if several else "mixes"
    which = f"the only {'pair of mix and classifier' if several else 'mix'} compared"
    if set(counts) == {CANT_TELL}:
        of = which if total == 1 else f"any of {total} {whats}"
        return f"Whether {what_did} help or hurt in {measure} can't be told yet from {of}."
    if total == 1:
        return f"In {measure}, {what_did} {_PAST[next(iter(counts))]} in {which}."
    told = {HELPS: 0, HURTS: 0} | counts
    parts = [f"{past} in {told[verdict]}" for verdict, past in _PAST.items() if verdict in told]
    parts[0] += f" of {total} {whats}"
    rest = f"; in {told[CANT_TELL]} it can't be told yet" if CANT_TELL in told else ""
    return f"Compared in {measure} with real images alone, {what_did} {listed(parts)}{rest}."


def _best(summary: pd.DataFrame, metrics: pd.DataFrame) -> tuple[str, str]:
    """Name the mix that is best in what verdicts are about, and its baseline.

    Beside that stands by which images it was picked.
    """
    measure = judged_by(summary)
    mixes = summary[(summary["kind"] != "real_only") & summary[measure].notna()]
    if mixes.empty:
        return "", TEST
    best, picked_by = _picked(mixes, metrics, measure)
    which = "Most accurate mix" if measure == ACCURACY else f"Best mix in {measure_name(measure)}"
    by = " on validation images" if picked_by == VALIDATION else ""
    text = f"{which}{by}: {_name(summary, best)}, {_values(summary, best)} on test images"
    baseline = summary[
        (summary["kind"] == "real_only")
        & (summary["classifier"] == best["classifier"])
        & (summary["class_shares"] == best["class_shares"])
        & summary[measure].notna()
    ]
    if baseline.empty:
        return f"{text}.", picked_by
    alone = _values(summary, baseline.iloc[0])
    return f"{text}; real images alone, same class shares: {alone}.", picked_by


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
