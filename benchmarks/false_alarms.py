"""How often arms that are equal but for their seeds are said to help or to hurt.

    PYTHONPATH=scripts .venv/bin/python benchmarks/false_alarms.py ../shared/data alarms

Twenty small studies on parts of brain MRI, chest films and MNIST: in each, six arms learn from the
same images in the same three splits, and differ in the seeds of their classifiers alone. Each of
the 15 pairs of a study is judged as in the tables of the workflow, and once more by the first split
alone, as if there were no other: then the verdict is about two trained networks. Of two classes AUC
is looked at too, on which no verdict is given: there an alarm is a p-value below 0.05 with an
interval that excludes 0. What is trained and judged lies in the folder, and is not done again when
the command is run once more.
"""

import argparse
from collections.abc import Callable, Mapping
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from trained_studies import (
    FEATURES,
    PICTURES,
    Arm,
    Data,
    Study,
    Task,
    kept_for,
    parts,
)

from synthmix.evaluate.conclusion import Verdict, conclude
from synthmix.evaluate.effect import Effect
from synthmix.evaluate.influence import AUC
from synthmix.evaluate.paired import Compared, Files, Judge, holm
from synthmix.evaluate.verdict import ACCURACY
from synthmix.files import write_table
from synthmix.seeds import derive_seed
from synthmix.store import read_table

MEASURES = ("accuracy", "balanced_accuracy", "macro_f1")
ARMS, SPLITS = 6, 3
SIGNIFICANCE = 0.05
BOOTSTRAP_SAMPLES = 2000  # of the patients of one split
RESAMPLES = 10_000  # of the studies
ALL_SPLITS, ONE_SPLIT = "all splits", "one split"
Pair = tuple[str, str]
Row = dict[str, str | float | bool]

_BRAIN, _CHEST = ("glioma", "meningioma", "none", "pituitary"), ("covid", "normal", "pneumonia")
TASKS = (
    Task("brain-50", "brain", dict.fromkeys(_BRAIN, 50), PICTURES),
    Task("brain-75", "brain", dict.fromkeys(_BRAIN, 75), PICTURES),
    Task("brain-150", "brain", dict.fromkeys(_BRAIN, 150), PICTURES, test=0.5),
    Task("brain-75-features", "brain", dict.fromkeys(_BRAIN, 75), FEATURES),
    Task("brain-150-features", "brain", dict.fromkeys(_BRAIN, 150), FEATURES, test=0.5),
    Task("tumours", "brain", {"glioma": 100, "meningioma": 100}, PICTURES),
    Task("tumours-features", "brain", {"glioma": 120, "meningioma": 120}, FEATURES),
    Task("rare-glioma", "brain", {"glioma": 40, "none": 120}, PICTURES),
    Task("rare-pituitary-features", "brain", {"pituitary": 50, "none": 140}, FEATURES),
    Task("rare-of-three", "brain", {"meningioma": 40, "glioma": 100, "pituitary": 100}, PICTURES),
    Task("chest-60", "chest", dict.fromkeys(_CHEST, 60), PICTURES),
    Task("chest-120", "chest", dict.fromkeys(_CHEST, 120), PICTURES, test=0.5),
    Task("chest-120-features", "chest", dict.fromkeys(_CHEST, 120), FEATURES, test=0.5),
    Task("covid", "chest", {"covid": 100, "normal": 100}, PICTURES),
    Task("rare-covid-features", "chest", {"covid": 30, "normal": 120}, FEATURES),
    Task("pneumonia-features", "chest", {"pneumonia": 120, "covid": 120}, FEATURES),
    Task("digits-20", "digits", dict.fromkeys("0123456789", 20), PICTURES),
    Task("digits-358", "digits", dict.fromkeys("358", 60), PICTURES),
    Task("digits-49", "digits", dict.fromkeys("49", 100), PICTURES),
    Task("rare-eight", "digits", {"8": 30, "3": 150}, PICTURES),
)


def arms_of(study: str, count: int) -> list[Arm]:
    """Return arms that differ in the seeds of their classifiers alone, no two with the same."""
    return [Arm(f"arm{n}", derive_seed("arm", study, n)) for n in range(1, count + 1)]


def judged(task: Task, runs: Mapping[str, Files]) -> pd.DataFrame:
    """Return what is said of each pair of arms, a row for each measure and method.

    Columns: study, measure, method, first, second, p_value, p_adjusted by Holm over the pairs of
    the study, alarm and alarm_in_family: whether one is said to be better, by either of the two.
    """
    once = {name: dict(list(files.items())[:1]) for name, files in runs.items()}
    rows = []
    for (method, files), measure in product({ALL_SPLITS: runs, ONE_SPLIT: once}.items(), MEASURES):
        judge = judge_of(task, measure)
        read = {name: judge.run(of_arm) for name, of_arm in files.items()}
        pairs = list(combinations(read, 2))
        found = {pair: judge.compare(*(read[name] for name in pair), len(pairs)) for pair in pairs}
        rows += _verdicts(found, judge, method)
        if measure == ACCURACY and task.positive_class:
            rows += _areas(found, method)
    return pd.DataFrame(rows).assign(study=task.name)


def judge_of(task: Task, measure: str) -> Judge:
    """Return the judge of a study, with the settings that there are by default."""
    return Judge(
        task.classes,
        task.positive_class,
        bootstrap_samples=BOOTSTRAP_SAMPLES,
        confidence=0.95,
        significance=SIGNIFICANCE,
        seed=derive_seed("judge", task.name),
        measure=measure,
    )


def _verdicts(found: Mapping[Pair, Compared], judge: Judge, method: str) -> list[Row]:
    return _rows(
        {pair: compared.row["p_value"] for pair, compared in found.items()},
        lambda pair, p_value: is_seen(found[pair].effect, p_value),
        {"measure": judge.measure, "method": method},
    )


def is_seen(effect: Effect, p_value: float) -> bool:
    """Return whether the verdict is that it helps or hurts."""
    conclusion = conclude(effect, p_value, significance=SIGNIFICANCE)
    return conclusion.verdict in (Verdict.HELPS, Verdict.HURTS)


def _areas(found: Mapping[Pair, Compared], method: str) -> list[Row]:
    """Return the same of AUC, by its p-value and interval."""

    def is_alarm(pair: Pair, p_value: float) -> bool:
        row = found[pair].row
        return p_value < SIGNIFICANCE and not row["auc_low"] <= 0 <= row["auc_high"]

    p_values = {pair: compared.row["auc_p_value"] for pair, compared in found.items()}
    return _rows(p_values, is_alarm, {"measure": AUC, "method": method})


def _rows(
    p_values: Mapping[Pair, float], alarm: Callable[[Pair, float], bool], of: Mapping[str, str]
) -> list[Row]:
    adjusted = holm(np.array(list(p_values.values())))
    return [
        {
            **of,
            **{"first": pair[0], "second": pair[1], "p_value": p_value, "p_adjusted": in_family},
            **{"alarm": alarm(pair, p_value), "alarm_in_family": alarm(pair, in_family)},
        }
        for (pair, p_value), in_family in zip(p_values.items(), adjusted, strict=True)
    ]


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return by measure and method how many pairs are alarms, with intervals over studies."""
    rows = []
    for (measure, method), of in table.groupby(["measure", "method"], sort=False):
        row = {"measure": measure, "method": method, "pairs": len(of)}
        for kind in ("alarm", "alarm_in_family"):
            low, high = over_studies(of.groupby("study")[kind].mean().to_numpy())
            row |= {kind: int(of[kind].sum()), f"{kind}_share": of[kind].mean()}
            row |= {f"{kind}_low": low, f"{kind}_high": high}
        rows.append(row)
    return pd.DataFrame(rows)


def over_studies(shares: np.ndarray) -> tuple[float, float]:
    """Return the 95% interval of the mean share (studies,) by bootstrap over studies."""
    random = np.random.default_rng(derive_seed("over studies"))
    drawn = random.integers(len(shares), size=(RESAMPLES, len(shares)))
    return tuple(np.quantile(shares[drawn].mean(1), [0.025, 0.975]).tolist())


def main() -> None:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of brain_mri.zip, chest_xray.zip, mnist")
    parser.add_argument("output", type=Path, help="folder of what is trained and judged")
    parser.add_argument("--arms", type=int, default=ARMS)
    parser.add_argument("--splits", type=int, default=SPLITS)
    parser.add_argument("--tasks", nargs="*", default=[task.name for task in TASKS])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    data = Data(arguments.data, arguments.output / "data")
    chosen = [task for task in TASKS if task.name in arguments.tasks]
    tables = []
    for task in chosen:
        arms = arms_of(task.name, arguments.arms)
        folder = arguments.output / "false_alarms" / task.name
        kept_for(folder, [task], arms=arguments.arms, splits=arguments.splits)
        verdicts = folder / "judged.csv"
        if not verdicts.exists():
            rows = parts(task, 1, data, apart=False, seed=1)[0]
            runs = Study(task, task.name, rows, data, folder).predictions(arms, arguments.splits)
            write_table(verdicts, judged(task, runs))
        tables.append(read_table(verdicts))
        print(task.name, "is judged", flush=True)
    print(summary(pd.concat(tables)).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
