"""Made-up files of one study, in the shape of the mammography one unless told otherwise."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from published_data import printed, write_published
from synthmix.evaluate.conclusion import SCOPES, Verdict
from synthmix.evaluate.effect import PATIENTS
from synthmix.evaluate.exchange import Exchange, Kind
from synthmix.evaluate.measure import CONSTANT, constant_answer
from synthmix.evaluate.paired import differences
from synthmix.evaluate.score_predictions import OF_REPEATS
from synthmix.evaluate.tabulate_learning_curve import columns as learning_curve_columns
from synthmix.evaluate.verdict import ACCURACY, JUDGED_BY, measure_column
from synthmix.figures.catalogue import FIGURES
from synthmix.figures.predictions import PredictionFile
from synthmix.files import write_table
from synthmix.mix.plan import (
    Mix,
    describe_addition,
    describe_class_shares,
    plan_mixes,
    plan_real_mixes,
    plan_study,
)
from synthmix.published.compare_published import compare_published
from synthmix.published.results import Results
from synthmix.report.render_report import Picture, Search, StudyReport
from synthmix.search.table import table_of
from synthmix.store import read_table, save_array, table_path

OF_ALL_CLASSES = (
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "macro_auc",
    "mcc",
    "expected_calibration_error",
    "auc",
)
OF_POSITIVE_CLASS = (
    "precision",
    "sensitivity",
    "specificity",
    "f1",
    "missed_positives",
    "missed_positive_share",
    "published_way_precision",
    "published_way_recall",
    "published_way_f1",
)
METRICS = OF_ALL_CLASSES + OF_POSITIVE_CLASS
NEVER_UNDEFINED = ("missed_positives", "missed_positive_share")
CANT_TELL = Verdict.CANT_TELL.value
ENDS = {"value": "", "low": "_low", "high": "_high"}
SPLIT_SIZES = {"train": 18, "validation": 6, "test": 6, "held_out": 2}


OF_MIXES = {
    *("plot_real_share", "plot_synthetic_share", "plot_mixes", "plot_comparison"),
    *("plot_validation", "plot_learning_curve"),
    *("plot_generator_history", "plot_snapshots", "plot_scores", "plot_search"),
    "plot_search_curves",
    *("plot_samples", "plot_quiz", "plot_pca", "plot_nearest"),
}
# how far above its baseline the curve of a mix is, and what is said of it
WORTHS = (
    (0.05, Exchange(Kind.MEASURED, 0.35, 0.1, 0.8)),
    (0.4, Exchange(Kind.AT_LEAST, 3.0)),
    (0.0, Exchange(Kind.FLAT, np.nan)),
)


@dataclass(frozen=True)
class StudyFiles:
    """Where the files of a made-up study lie."""

    real: Path
    split: Path
    rejected: Path
    fetched: Path
    duplicates: Path
    positive_class: str | None
    pools: dict[str, dict[str, Path]]
    mixes: Path
    summary: Path
    metrics: Path
    comparison: Path
    learning_curve: Path
    classifier_comparison: Path
    predictions: list[PredictionFile]
    scores: Path
    confusion: Path
    generator_histories: dict[str, Path]
    classifier_histories: list[tuple[str, int, Path]]


def make_study(
    folder: Path,
    classes: Sequence[str] = ("cancer", "normal"),
    generators: Sequence[str] = ("dcgan",),
    classifiers: Sequence[str] = ("vgg16",),
    seeds: Sequence[int] = (1,),
    only_mix: bool = False,
    with_nan: bool = False,
    selections: Sequence[str] = (),
    real_only: bool = False,
    positive_class: bool = True,
    folds: int = 0,
    additions: bool = False,
    judged_by: str = ACCURACY,
) -> StudyFiles:
    """Write every file that figures and report read.

    `only_mix` leaves one mix; `with_nan` a mix without values. With
    `real_only` there are no generators and no mixes, all real images are trained on. With
    `additions` synthetic images are added to all real ones, which are trained on otherwise too.
    Verdicts are about the measure `judged_by`.
    """
    random = np.random.default_rng(0)
    if real_only:
        mixes, generators = plan_real_mixes(selections), ()
    elif additions:
        added = {"fill": [0.5, 1], "ratios": [0.25], "validation": "real"}
        mixes = plan_study(generators, None, added, selections, ["weighted", "augmented"])
    else:
        mixes = _plan(classes, generators, only_mix, selections)
    summary = _summary(random, mixes, classifiers).assign(**measure_column(judged_by))
    if with_nan:
        columns = [c for c in summary if c.startswith(METRICS) and not c.startswith("missed")]
        summary.loc[0, columns] = np.nan
    if not positive_class:
        summary[[c for c in summary if c.startswith(OF_POSITIVE_CLASS)]] = np.nan
    constant = constant_answer(dict.fromkeys(classes, 6))
    summary = summary.assign(**{f"{CONSTANT}{name}": value for name, value in constant.items()})
    files = StudyFiles(
        real=folder / "real.npy",
        split=folder / "split.csv",
        rejected=folder / "rejected.csv",
        fetched=folder / "fetched.json",
        duplicates=folder / "duplicates.csv",
        positive_class=classes[0] if positive_class else None,
        pools=_write_pools(random, folder, classes, generators),
        mixes=folder / "tables" / "mixes.csv",
        summary=folder / "tables" / "summary.csv",
        metrics=folder / "tables" / "metrics.csv",
        classifier_comparison=folder / "tables" / "classifier_comparison.csv",
        predictions=_write_predictions(
            random, folder, mixes, classes, classifiers, seeds, max(folds, 1)
        ),
        comparison=folder / "tables" / "comparison.csv",
        learning_curve=folder / "tables" / "learning_curve.csv",
        scores=folder / "tables" / "scores.csv",
        confusion=folder / "tables" / "confusion.csv",
        generator_histories=_write_generator_histories(random, folder, classes, generators),
        classifier_histories=_write_classifier_histories(
            random, folder, mixes, seeds, max(folds, 1)
        ),
    )
    split = _write_real(random, files.real, classes)
    if folds:
        split["fold"] = split["split"].map({"train": 3, "validation": 2, "test": 1})
    write_table(files.split, split)
    write_table(files.rejected, _rejected(classes))
    write_table(files.duplicates, pd.DataFrame({"label": [], "content": []}))
    files.fetched.write_text(json.dumps({"root": str(folder), "about": None}))
    write_table(files.mixes, _composition(mixes, classes))
    write_table(files.metrics, _metrics(summary, classes, folds))
    write_table(files.classifier_comparison, _pairs(mixes, classifiers, judged_by))
    write_table(files.scores, _scores(generators, classes))
    write_table(files.summary, summary)
    write_table(files.comparison, _comparison(mixes, summary))
    write_table(files.learning_curve, _learning_curve(files.comparison, judged_by))
    write_table(files.confusion, _confusion(random, mixes, classes, classifiers, seeds))
    return files


def _plan(
    classes: Sequence[str], generators: Sequence[str], only_mix: bool, selections: Sequence[str]
) -> list[Mix]:
    first, *others = classes
    shares = [
        {first: share} | {label: (1 - share) / len(others) for label in others}
        for share in ((0.3,) if only_mix else (0.3, 0.5, 0.7))
    ]
    planned = plan_mixes(
        generators=generators,
        class_shares=[{k: round(v, 3) for k, v in share.items()} for share in shares],
        validation_class_shares={label: 1 / len(classes) for label in classes},
        real_shares=[0.0] if only_mix else [0.0, 0.05, 0.1],
        train_images=16800,
        validation_images=7200,
        when_real_runs_short="repeat",
        selections=selections,
    )
    return [mix for mix in planned if mix.generator] if only_mix else planned


def _image_batch(random: np.random.Generator, count: int, brightness: float) -> np.ndarray:
    """Return round grey spots on black, (count, 32, 32, 1)."""
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    size = random.uniform(0.4, 0.8, (count, 1, 1))
    spots = brightness * np.exp(-(x**2 + y**2) / size**2)
    noise = random.uniform(0.8, 1, (count, 32, 32))
    return (255 * spots * noise).astype(np.uint8)[..., None]


def _write_real(random: np.random.Generator, path: Path, classes: Sequence[str]) -> pd.DataFrame:
    rows = [
        (
            f"{label_index}-{i:03}",
            f"{label_index}/{i}.png",
            label,
            f"p{label_index}-{i // 2}",
            split,
        )
        for label_index, label in enumerate(classes)
        for i, split in enumerate(np.repeat(list(SPLIT_SIZES), list(SPLIT_SIZES.values())))
    ]
    table = pd.DataFrame(rows, columns=["sample_id", "path", "label", "group", "split"])
    save_array(path, (32, 32, 1), "uint8", [_image_batch(random, len(table), 0.9)])
    return table


def _scores(generators: Sequence[str], classes: Sequence[str]) -> pd.DataFrame:
    rows = [
        (generator, label, scope, score, 0.5, 0.4, high, 100, "few images")
        for generator in (*generators, "held_out_real")
        for label, scope in [*((name, "class") for name in classes), ("all_classes",) * 2]
        for score, high in (("precision", 0.6), ("frechet_distance_own_features", np.nan))
    ]
    columns = ["generator", "label", "scope", "score", "value", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "images_synthetic", "caution"])


def _rejected(classes: Sequence[str]) -> pd.DataFrame:
    reason = "UnidentifiedImageError: cannot identify image file '7.png'"
    row = ("x-7", "x/7.png", classes[0], "p7", reason)
    return pd.DataFrame([row], columns=["sample_id", "path", "label", "group", "reason"])


def _write_pools(
    random: np.random.Generator, folder: Path, classes: Sequence[str], generators: Sequence[str]
) -> dict[str, dict[str, Path]]:
    pools: dict[str, dict[str, Path]] = {}
    for generator in generators:
        pools[generator] = {}
        for index, label in enumerate(classes):
            path = folder / generator / f"{index}.npy"
            save_array(path, (32, 32, 1), "uint8", [_image_batch(random, 20, 0.6)])
            rows = {"sample_id": [f"{index}-{seed}" for seed in range(20)], "label": label}
            write_table(table_path(path), pd.DataFrame(rows | {"generator": generator}))
            pools[generator][label] = path
    return pools


def _learning_curve(comparison: Path, judged_by: str) -> pd.DataFrame:
    """Return the curves of up to three mixes and their baselines: measured, beyond and flat."""
    compared = read_table(comparison)
    columns = learning_curve_columns(judged_by)
    rows = []
    for classifier, own in compared.groupby("classifier", sort=False):
        worths = zip(WORTHS, own.head(len(WORTHS)).itertuples(), strict=False)
        pairs = [(mix.mix, mix.baseline, *worth) for worth, mix in worths]
        real = dict.fromkeys(baseline for _, baseline, *_ in pairs)
        pairs += [(baseline, "", 0.0, None) for baseline in real]
        rows += [
            {"classifier": classifier, "mix": mix, "baseline": baseline, "share": share}
            | {"patients": 160 * share, "images": 320 * share, "leakage": "none"}
            | {"value": value, "low": value - 0.05, "high": value + 0.05}
            | ({"in_words": found.in_words(), "worth": found.kind.value} if found else {})
            for mix, baseline, more, found in pairs
            for share in (0.25, 0.5, 1.0)
            for value in [0.7 + more + 0.1 * np.log2(2 * share)]
        ]
    return pd.DataFrame(rows, columns=columns).assign(**measure_column(judged_by))


def _composition(mixes: Sequence[Mix], classes: Sequence[str]) -> pd.DataFrame:
    rows = []
    for mix in mixes:
        as_they_are = {
            split: {label: {"real": 18} for label in classes} for split in ("train", "validation")
        }
        real = {
            split: {label: 10 + 8 * i for i, label in enumerate(classes)} for split in as_they_are
        }
        counts = mix.counts(real) if mix.generator else as_they_are
        if mix.class_shares:
            counts = mix.counts()
        for split, of_class in counts.items():
            for label, origins in of_class.items():
                for origin, images in origins.items():
                    if mix.is_baseline:
                        images //= 4
                    repeated = 76 if mix.real_share == 0.1 and origin == "real" else 0
                    row = {"split": split, "label": label, "origin": origin}
                    rows.append(
                        _identity(mix)
                        | row
                        | {"images": images, "repeated": repeated, "same_as": ""}
                    )
    return pd.DataFrame(rows)


def _identity(mix: Mix) -> dict[str, str | float]:
    kinds = {
        "real_only": mix.is_baseline,
        "synthetic_mix": mix.generator,
        "selected_real": mix.selection,
        "trained_otherwise": mix.training,
    }
    return {
        "mix": mix.name,
        "kind": next(kind for kind, is_so in kinds.items() if is_so),
        "generator": mix.generator or "",
        "selection": mix.selection or "",
        "training": mix.training or "",
        "addition": describe_addition(mix),
        "class_shares": describe_class_shares(mix.class_shares),
        "real_share": 0.75 - (mix.fill or 0) / 4 if mix.real_share is None else mix.real_share,
    }


def _summary(
    random: np.random.Generator, mixes: Sequence[Mix], classifiers: Sequence[str]
) -> pd.DataFrame:
    rows = []
    for classifier in classifiers:
        for mix in mixes:
            row = {"classifier": classifier} | _identity(mix)
            real_share = row["real_share"]
            row |= {
                "train_real": round(16800 * real_share),
                "train_synthetic": round(16800 * (1 - real_share)),
            }
            centre = 0.55 + 2 * min(real_share, 0.12)
            for metric in METRICS:
                value = centre + random.normal(0, 0.04)
                scale = 900 if metric == "missed_positives" else 1
                row[metric] = round(scale * value, 4)
                row[f"{metric}_low"] = round(scale * (value - 0.06), 4)
                row[f"{metric}_high"] = round(scale * (value + 0.05), 4)
                row[f"{metric}_deviation"] = np.nan
            rows.append(row | _judged(row, mix))
    return pd.DataFrame(rows)


def _judged(row: dict[str, object], mix: Mix) -> dict[str, object]:
    if mix.is_baseline:
        names = ("verdict", "p_adjusted", "difference", "difference_low", "difference_high")
        return dict.fromkeys((*names, "scope", "needs"))
    difference = round(row["accuracy"] - 0.7, 4)
    verdict = "hurts" if difference < -0.1 else "helps" if difference > 0.05 else CANT_TELL
    return {
        "verdict": verdict,
        "scope": SCOPES[PATIENTS,],
        "needs": "",
        "p_adjusted": 0.0004 if verdict != CANT_TELL else 0.31,
        "difference": difference,
        "difference_low": difference - 0.05,
        "difference_high": difference + 0.045,
    }


def _metrics(summary: pd.DataFrame, classes: Sequence[str], folds: int) -> pd.DataFrame:
    rows = []
    for row in summary.to_dict("records"):
        key = {"classifier": row["classifier"], "mix": row["mix"], "seed": "all", "split": "test"}
        rows += [
            key | {"split": "validation", "metric": metric, "class": "", "fold": "all"} | values
            for metric in ("accuracy", "macro_f1")
            for values in ({"value": row[metric] + 0.02, "low": 0.45, "high": 0.95},)
        ]
        for metric in METRICS:
            values = {name: row[f"{metric}{end}"] for name, end in ENDS.items()}
            undefined = "the images are of one class only" if np.isnan(row[metric]) else ""
            known = key | {"metric": metric, "class": "", "undefined": undefined}
            rows.append(known | {"fold": "all", "deviation": np.nan} | values)
            if folds:
                rows.append(known | {"fold": "mean", "deviation": 0.0321} | values)
        rows += [
            key | {"metric": "auc", "class": label, "fold": "all", "value": 0.8}
            for label in classes
        ]
        rows.append(key | {"metric": "total", "class": "", "fold": "all", "value": 24})
    return pd.DataFrame(rows)


def _pairs(mixes: Sequence[Mix], classifiers: Sequence[str], judged_by: str) -> pd.DataFrame:
    numbers = {
        f"{prefix}{name}": value
        for prefix in differences(judged_by)
        for name, value in (("difference", 0.1), ("low", 0.02), ("high", 0.18))
    }
    numbers |= {"only_first_correct": 31, "only_second_correct": 12}
    numbers |= {"p_value": 0.002, "auc_p_value": 0.004}
    numbers |= {"p_adjusted": 0.0321, "auc_p_adjusted": 0.0432}
    rows = [
        {"mix": mix.name, "first": first, "second": second} | numbers | {"better": first}
        for mix in mixes
        for first, second in combinations(classifiers, 2)
    ]
    table = pd.DataFrame(rows, columns=["mix", "first", "second", *numbers, "better"])
    table = table.assign(scope=SCOPES[PATIENTS,], needs="")
    return table.assign(**measure_column(judged_by))


def _write_predictions(
    random: np.random.Generator,
    folder: Path,
    mixes: Sequence[Mix],
    classes: Sequence[str],
    classifiers: Sequence[str],
    seeds: Sequence[int],
    folds: int,
) -> list[PredictionFile]:
    files = []
    for number, (classifier, mix, seed, fold) in enumerate(
        product(classifiers, mixes, seeds, range(folds))
    ):
        # a fold tests one of the splits of `_write_real`
        name = list(SPLIT_SIZES)[-2 - fold]
        first = sum(list(SPLIT_SIZES.values())[: -2 - fold])
        rows = [
            (f"{position}-{i:03}", f"p{position}-{i // 2}", label)
            for position, label in enumerate(classes)
            for i in range(first, first + SPLIT_SIZES[name])
        ]
        table = pd.DataFrame(rows, columns=["sample_id", "group", "label"])
        scores = random.gamma(1, size=(len(table), len(classes)))
        scores += 2 * (table["label"].to_numpy()[:, None] == np.array(classes))
        scores /= scores.sum(1, keepdims=True)
        table["predicted"] = np.array(classes)[scores.argmax(1)]
        for position, label in enumerate(classes):
            table[f"probability_{label}"] = scores[:, position]
        path = folder / "predictions" / f"{number}.csv"
        write_table(path, table)
        files.append(PredictionFile(classifier, mix.name, str(seed), path))
    return files


def _comparison(mixes: Sequence[Mix], summary: pd.DataFrame) -> pd.DataFrame:
    table = summary[summary["kind"] != "real_only"].rename(
        columns={"difference_low": "low", "difference_high": "high"}
    )
    baseline = {mix.name: mix.baseline for mix in mixes}
    table = table.assign(
        baseline=table["mix"].map(baseline),
        family="mixes",
        only_mix_correct=31,
        only_baseline_correct=45,
        p_value=table["p_adjusted"] / 2,
        narrow_low=table["low"] + 0.01,
        narrow_high=table["high"] - 0.01,
        margin=0.02,
    )
    names = ["classifier", "mix", "baseline", "family", "difference", "low", "high"]
    names += ["narrow_low", "narrow_high", "margin", "scope", "needs"]
    names += ["only_mix_correct", "only_baseline_correct", "p_value", "p_adjusted", "verdict"]
    return table[[*names, *table.columns.intersection([JUDGED_BY])]]


def _confusion(
    random: np.random.Generator,
    mixes: Sequence[Mix],
    classes: Sequence[str],
    classifiers: Sequence[str],
    seeds: Sequence[int],
) -> pd.DataFrame:
    rows = [
        (classifier, mix.name, 1, 1, seed, true, predicted, int(random.integers(20, 900)))
        for classifier in classifiers
        for mix in mixes
        for seed in seeds
        for true in classes
        for predicted in classes
    ]
    names = ["classifier", "mix", *OF_REPEATS, "true", "predicted", "images"]
    return pd.DataFrame(rows, columns=names)


def _write_generator_histories(
    random: np.random.Generator, folder: Path, classes: Sequence[str], generators: Sequence[str]
) -> dict[str, Path]:
    paths = {}
    for generator in generators:
        for index, label in enumerate(classes):
            epochs = np.arange(1, 61)
            history = pd.DataFrame(
                {
                    "epoch": epochs,
                    "discriminator_loss": 0.7 * np.exp(-epochs / 40) + random.normal(0, 0.02, 60),
                    "generator_loss": 1 + epochs / 40 + random.normal(0, 0.1, 60),
                }
            )
            path = folder / generator / f"{index}-history.csv"
            write_table(path, history)
            paths[f"{generator}, {label}"] = path
    return paths


def _write_classifier_histories(
    random: np.random.Generator,
    folder: Path,
    mixes: Sequence[Mix],
    seeds: Sequence[int],
    folds: int,
) -> list[tuple[str, int, Path]]:
    histories = []
    for position, mix in enumerate(mixes):
        for seed, fold in product(seeds, range(folds)):
            epochs = np.arange(1, 15 + position)
            parts = []
            for split, gap in (("train", 0.0), ("validation", 0.15)):
                loss = 0.7 * np.exp(-epochs / 5) + gap * (1 + epochs / 12) + 0.05
                loss += random.normal(0, 0.015, len(epochs))
                names = ("accuracy", "balanced_accuracy", "macro_f1", "precision", "recall")
                values = dict.fromkeys(names, 1 - loss / 1.5)
                values["learning_rate"] = np.where(epochs > 8, 1e-4, 1e-3)
                parts.append(pd.DataFrame({"epoch": epochs, "split": split, "loss": loss} | values))
            history = pd.concat(parts)
            path = folder / "classifiers" / f"{position}-{seed}-{fold}.csv"
            write_table(path, history.assign(kept=history["epoch"] == epochs[loss.argmin()]))
            histories.append((mix.name, seed, path))
    return histories


def _write_search(path: Path) -> Path:
    points = {"c1": {"learning_rate": 1e-5}, "c2": {"learning_rate": 2e-5}}
    points["c3"] = {"learning_rate": 0.5}
    estimates = {"c1": (81.26, 70.1, 90.4), "c2": (0.01234, np.nan, np.nan), "c3": (np.nan,) * 3}
    write_table(path, table_of(points, "frechet_distance", estimates, ["c2", "c1"]))
    return path


def _write_stages(folder: Path) -> dict[str, Path]:
    tried = ({"c1": {"batch_size": 8}, "c2": {"batch_size": 16}}, {"c3": {"epochs": 5}})
    paths = {
        f"classifier vgg16, stage {number}": folder / f"stage{number}.csv" for number in (1, 2)
    }
    for path, points in zip(paths.values(), tried, strict=True):
        estimates = dict.fromkeys(points, (0.75, 0.6, 0.9))
        write_table(path, table_of(points, "macro_f1", estimates, list(points)))
    return paths


def _write_pipeline(path: Path) -> Path:
    rows = [("store", 500, 0.125, 4000.0, 40.0), ("image_folder", 500, 5.0, 100.0, 1.0)]
    names = ["loader", "images", "seconds", "images_per_second", "ratio"]
    write_table(path, pd.DataFrame(rows, columns=names))
    return path


def _write_census(path: Path) -> Path:
    rows = [("collection", f"clinic {number}", 4, 4.0, 2) for number in range(22)]
    rows += [("left_out", "used", 44, 50.0, 44), ("left_out", "<b>too dark</b>", 44, 50.0, 0)]
    write_table(path, pd.DataFrame(rows, columns=["fact", "value", "images", "percent", "used"]))
    return path


def _write_key(path: Path) -> Path:
    rows = [(1, "synthetic"), (2, "real"), (3, "real"), (4, "synthetic"), (5, "real")]
    write_table(path, pd.DataFrame(rows, columns=["number", "origin"]))
    return path


def _write_published(folder: Path, files: StudyFiles) -> Path:
    """Write a comparison with published values: one agrees, one does not, two have none of ours."""
    metrics = read_table(files.metrics)
    tested = metrics[(metrics["metric"] == "accuracy") & (metrics["split"] == "test")]
    first = tested[tested["value"].notna()].iloc[0]
    key = {"classifier": first["classifier"], "mix": first["mix"], "split": "test"}
    rows = [
        printed(
            "6", "metrics", "accuracy", first["value"], **key, note="0.5 in <b>another</b> place."
        ),
        printed("6", "metrics", "published_way_recall", 0.001, **key),
        printed("6", "metrics", "accuracy", 0.7, **key | {"classifier": "cnn_of_theirs"}),
        printed("figure 5.10", "none", note="A picture without numbers."),
    ]
    headings = {"6": ("final <i>test</i>", "The source counts normal as positive.")}
    results = Results(
        classifiers=list(metrics["classifier"].unique()),
        mixes=list(metrics["mix"].unique()),
        generators=[],
        confidence=0.95,
        metrics=files.metrics,
    )
    output = folder / "tables" / "published.csv"
    compare_published(
        write_published(folder / "published.csv", rows, headings),
        "phantoms",
        results,
        output,
        output.with_suffix(".md"),
        scale="demo",
    )
    return output


def _figures(
    folder: Path, generators: Sequence[str], png: Path, svg: Path
) -> dict[str, list[Picture]]:
    """Return a picture of every figure, of those of generators one of each."""
    titles = {"data set": [""], "generator": generators, "classifier": ["vgg16"]}
    stages = [f"classifier vgg16, stage {number}" for number in (1, 2)]
    titles |= {"stage": ["generator dcgan", *stages], "tested stage": stages}
    titles |= {"augmented classifier": ["vgg16"], "stage by a loss": ["generator dcgan"]}
    key = {"key": _write_key(folder / "key.csv")}
    return {
        figure.name: [
            Picture(
                title, png if figure.file.endswith(".png") else svg, key if figure.tables else {}
            )
            for title in titles[figure.per]
        ]
        for figure in FIGURES
    }


def without(report: StudyReport, *figures: str, **changes: Any) -> StudyReport:
    """Return a report that lacks some figures, with other `changes`."""
    kept = {name: found for name, found in report.figures.items() if name not in figures}
    return replace(report, figures=kept, **changes)


def make_study_report(folder: Path, **changes: Any) -> StudyReport:
    """Return what the report needs, with stand-ins for the figures; `changes` go to StudyReport.

    A change `files` holds arguments of `make_study`.
    """
    options = changes.pop("files", {})
    files = make_study(folder, **options)
    svg, png = folder / "figure.svg", folder / "figure.png"
    svg.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="518" height="200"/>')
    Image.new("L", (1152, 400)).save(png)
    pools = [
        Picture(f"{generator}, {label}", png)
        for generator, labels in files.pools.items()
        for label in labels
    ]
    report = StudyReport(
        name="mammography",
        dataset="phantoms",
        title="Synthetic mammograms",
        description="Mixes of real and synthetic mammograms.",
        scale="demo",
        positive_class="cancer",
        seeds=[1],
        evaluation={
            "bootstrap_samples": 2000,
            "confidence": 0.95,
            "significance": 0.05,
            "margin": 0.02,
        },
        settings={
            "mixes": {"real_shares": [0.0, 0.05, 0.1]},
            "test_sample": {"images": 300_000, "class_shares": {}},
        },
        split=files.split,
        rejected=files.rejected,
        fetched=files.fetched,
        duplicates=files.duplicates,
        mixes=files.mixes,
        summary=files.summary,
        comparison=files.comparison,
        learning_curve=files.learning_curve,
        metrics=files.metrics,
        classifier_comparison=files.classifier_comparison,
        figures=_figures(folder, list(files.pools), png, svg),
        folds=options.get("folds", 0),
        census=_write_census(folder / "census.csv"),
        scores=files.scores,
        published=None if options.get("with_nan") else _write_published(folder, files),
        sheets=pools,
        pipeline=_write_pipeline(folder / "pipeline.csv"),
        searches=[
            Search(
                "generators", "dcgan", {"generator dcgan": _write_search(folder / "search.csv")}
            ),
            Search("classifiers", "vgg16", _write_stages(folder)),
        ],
    )
    if options.get("real_only"):
        report = without(report, *OF_MIXES, scores=None, sheets=(), searches=())
        report = replace(report, learning_curve=None)
    if not options.get("positive_class", True):
        report = replace(report, positive_class=None)
    return replace(report, **changes)
