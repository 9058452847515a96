"""Whether differences that are planted in real trainings are seen as often as is foretold.

    PYTHONPATH=scripts .venv/bin/python benchmarks/planted_effects.py ../shared/data planted

Each study has its own part of MNIST, no digit in two of them. The baseline learns from one half of
the training images. One mix learns from all of them, twice as many; another from that half with a
share of wrong labels. Pilot studies say how large the difference is and, by `components_of`, where
its variance is from; `power` foretells in what share of studies with three splits it will be seen;
other studies with three splits count that. What is trained lies in the folder, and is not trained
again when the same command is run once more.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from false_alarms import MEASURES, SIGNIFICANCE, SPLITS, is_seen, judge_of
from scipy.stats import binomtest
from trained_studies import PICTURES, Arm, Data, Study, Task, kept_for, parts

from synthmix.evaluate.components import Components, Design, OfPatients, components_of
from synthmix.evaluate.effect import effect_of
from synthmix.evaluate.influence import BALANCED_ACCURACY
from synthmix.evaluate.power import power
from synthmix.evaluate.repeats import Repeats
from synthmix.seeds import derive_seed

PARTS = 75  # that MNIST is cut into: pilots are the first of them, then come the studies
PILOTS, STUDIES = 20, 40
PILOT_SPLITS = 6
BASELINE = "half"

_SMALL = {**PICTURES, "cnn": {"levels": 2, "filters": 8}, "epochs": 15, "learning_rate": 3e-3}


@dataclass(frozen=True)
class Plant:
    """A task and the share of the training labels that are made wrong."""

    task: Task
    wrong: float

    def arms(self, study: str) -> list[Arm]:
        """Return the baseline and the two mixes, trained by the same seeds."""
        seed = derive_seed("planted", study)
        wrong = partial(mislabelled, share=self.wrong)
        return [Arm(BASELINE, seed, half), Arm("twice", seed), Arm("wrong", seed, wrong)]


PLANTS = (
    Plant(Task("three-digits", "digits", dict.fromkeys("358", 80), _SMALL, test=0.4), 0.15),
    Plant(Task("ten-digits", "digits", dict.fromkeys("0123456789", 24), _SMALL, test=0.4), 0.2),
)


def half(rows: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return a mix without the second half of the training images of each class."""
    classes = rows.groupby(["split", "label"])["label"]
    late = classes.cumcount() >= classes.transform("size") // 2
    return rows[~(late & (rows["split"] == "train"))]


def mislabelled(rows: pd.DataFrame, random: np.random.Generator, share: float) -> pd.DataFrame:
    """Return one half of a mix, in which this share of the training images has another label."""
    rows = half(rows, random).reset_index(drop=True)
    classes = np.unique(rows["label"])
    training = rows.index[rows["split"] == "train"]
    wrong = random.choice(training, round(share * len(training)), replace=False)
    places = np.searchsorted(classes, rows.loc[wrong, "label"])
    moved = places + random.integers(1, len(classes), len(wrong))
    rows.loc[wrong, "label"] = classes[moved % len(classes)]
    return rows


def studies(
    plant: Plant, numbers: Sequence[int], splits: int, data: Data, folder: Path
) -> dict[tuple[str, str], list[Repeats]]:
    """Return the repeats of each mix and measure in the studies on the parts with these numbers."""
    task = plant.task
    found: dict[tuple[str, str], list[Repeats]] = {}
    rows = parts(task, PARTS, data, apart=True, seed=1)
    for number in numbers:
        name = f"{task.name}-{number}"
        runs = Study(task, name, rows[number], data, folder / name).predictions(
            plant.arms(name), splits
        )
        print(name, "is trained", flush=True)
        judge = judge_of(task, BALANCED_ACCURACY)  # its runs have all the measures
        read = {arm: judge.run(files) for arm, files in runs.items()}
        baseline = read.pop(BASELINE)
        for (arm, run), measure in product(read.items(), MEASURES):
            repeats = run.repeats[measure].less(baseline.repeats[measure])
            found.setdefault((arm, measure), []).append(repeats)
    return found


def mean_components(pilots: Sequence[Components]) -> Components:
    """Return the means of the components of studies that are planned alike."""

    def mean(parts: Sequence[object], name: str) -> float:
        return float(np.mean([getattr(part, name) for part in parts]))

    numbers = ("split", "generator", "classifier", "chance", "rests_on")
    patients = [pilot.patients for pilot in pilots]
    return replace(
        pilots[0],
        **{name: mean(pilots, name) for name in numbers},
        patients=OfPatients(
            **{field.name: mean(patients, field.name) for field in fields(OfPatients)}
        ),
    )


def foretold(pilots: Sequence[Repeats], splits: int) -> dict[str, float]:
    """Return the difference that pilots show, and the power of a study with so many `splits`.

    Columns: difference, its standard error, error (a study's standard deviation, as foretold),
    power, and the quartiles of what single pilots would foretell of the same difference.
    """
    differences = np.array([float(pilot.means((0, 1, 2))) for pilot in pilots])
    components = [components_of(pilot) for pilot in pilots]
    errors = [of.error(Design(splits, 1, 1, of.design.patients)) for of in components]
    known = mean_components(components)
    error = known.error(Design(splits, 1, 1, known.design.patients))
    alone = [power(differences.mean(), error, SIGNIFICANCE) for error in errors]
    return {
        "difference": differences.mean(),
        "difference_error": differences.std(ddof=1) / np.sqrt(len(differences)),
        "error": float(np.sqrt(error.variances.sum())),
        "power": power(differences.mean(), error, SIGNIFICANCE),
        "power_low": float(np.quantile(alone, 0.25)),
        "power_high": float(np.quantile(alone, 0.75)),
    }


def observed(repeats: Sequence[Repeats]) -> dict[str, float]:
    """Return in how many studies a difference was seen, with the 95% interval of the share."""
    effects = [effect_of(one, significance=SIGNIFICANCE) for one in repeats]
    differences = np.array([effect.difference for effect in effects])
    seen = sum(is_seen(effect, effect.p_value) for effect in effects)
    interval = binomtest(seen, len(effects)).proportion_ci(0.95, method="exact")
    return {
        "studies": len(effects),
        "mean_seen": differences.mean(),
        "deviation_seen": differences.std(ddof=1),
        "seen": seen / len(effects),
        "seen_low": interval.low,
        "seen_high": interval.high,
    }


def main() -> None:
    """Train, foretell, count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder that has MNIST in mnist/")
    parser.add_argument("output", type=Path, help="folder of what is trained")
    parser.add_argument("--pilots", type=int, default=PILOTS)
    parser.add_argument("--studies", type=int, default=STUDIES, help=f"{PARTS} with the pilots")
    parser.add_argument("--tasks", nargs="*", default=[plant.task.name for plant in PLANTS])
    arguments = parser.parse_args()
    if arguments.pilots + arguments.studies > PARTS:
        parser.error(f"there are {PARTS} parts: ask for fewer pilots or studies")
    torch.set_num_threads(1)
    data = Data(arguments.data, arguments.output / "data")
    rows = []
    for plant in (plant for plant in PLANTS if plant.task.name in arguments.tasks):
        folder = arguments.output / "planted" / plant.task.name
        kept_for(folder, [plant.task], wrong=plant.wrong)
        numbers = range(arguments.pilots + arguments.studies)
        first, others = numbers[: arguments.pilots], numbers[arguments.pilots :]
        pilots = studies(plant, first, PILOT_SPLITS, data, folder)
        counted = studies(plant, others, SPLITS, data, folder)
        rows += [
            {"task": plant.task.name, "mix": mix, "measure": measure}
            | foretold(pilots[mix, measure], SPLITS)
            | observed(counted[mix, measure])
            for mix, measure in pilots
        ]
    print(pd.DataFrame(rows).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
