"""How often intervals hold the truth and verdicts are false, where the truth is known.

    PYTHONPATH=scripts .venv/bin/python benchmarks/verdicts.py --trials 2000

Studies are made up from variance components: an image is right where its margin is positive, and
that is a normal variable whose mean moves with the patient, the training set, the training of the
generator and that of the classifier. So the true accuracy is known, and the AUC too. For each
setting and number of splits the share of 95% intervals that hold the true difference is counted,
that of "helps" and "hurts" where there is no difference, and that of "makes no difference" where
the difference is as large as the margin. What else could be done is counted beside it.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import bdtr, ndtri
from scipy.stats import norm, t

from synthmix.evaluate.effect import error_of
from synthmix.evaluate.influence import least_patients, least_variance, measured
from synthmix.evaluate.repeats import Repeats
from synthmix.seeds import derive_seed

# Margins as large as the true difference, and what false equivalence is called. The larger one is
# several times the error, so that nearly all that keeps verdicts from being false is the interval.
MARGINS = {0.02: "equal", 0.08: "equal, wide margin"}
SPLITS = (2, 3, 5, 10)
RESAMPLES = 100
MOST_RESAMPLED = 100  # studies: resampling takes longer than all else
TRAINING_PER_TEST = 4  # training patients for each test patient, for Nadeau and Bengio's variance
Estimate = tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]
Method = Callable[[Repeats], Estimate]
_CHUNK = 500_000  # margins in memory at a time


@dataclass(frozen=True)
class Setting:
    """What studies are made up from; deviations are those of margins, whose own noise is 1."""

    name: str
    tests: str = "resplit"  # or "same" patients in all splits, or "apart"
    patients: int = 200  # of each test set
    images: int = 1  # of each patient
    positive_share: float = 0.5
    generators: int = 1
    classifiers: int = 1
    measure: str = "accuracy"
    baseline: float = 0.85  # its accuracy
    patient: float = 0.8  # how patients differ, for mix and baseline alike
    patient_and_mix: float = 0.3  # how much more some patients gain by the mix than others
    split: float = 0.05
    generator: float = 0.05
    classifier: float = 0.06
    chance: float = 0.03  # of each pair of a generator and a classifier training

    def spread(self, mix: bool) -> float:
        """Return the standard deviation of the margin over everything."""
        variances = [1, self.patient**2, self.patient_and_mix**2, self.split**2, self.classifier**2]
        if mix:
            variances += [self.generator**2, self.chance**2]
        return float(np.sqrt(sum(variances)))

    def shift(self, difference: float, mix: bool) -> float:
        """Return the mean margin with which accuracy is so much above that of the baseline."""
        return float(ndtri(self.baseline + difference * mix) * self.spread(mix))

    def truth(self, difference: float) -> float | None:
        """Return the true difference in the measure, None where it has no formula."""
        if self.measure in ("accuracy", "balanced_accuracy"):
            return difference
        if self.measure == "auc":  # two images' margins, and twice what a training moves both by
            trained = {mix: self.spread(mix) ** 2 - self._of_images() for mix in (False, True)}
            areas = [
                norm.cdf(
                    2 * self.shift(difference, mix) / np.sqrt(2 * self._of_images() + 4 * moved)
                )
                for mix, moved in trained.items()
            ]
            return float(areas[1] - areas[0])
        return None

    def _of_images(self) -> float:
        return 1 + self.patient**2 + self.patient_and_mix**2


_SEEDS_ALONE = {
    **{"tests": "same", "patients": 341, "classifier": 0.1},
    **dict.fromkeys(("patient_and_mix", "split", "generator", "chance"), 0),
}
SETTINGS = (
    Setting("splits that share patients", generators=2),
    Setting("folds: patients apart", tests="apart"),
    Setting("one test set for all splits", tests="same", generators=2, classifiers=2),
    Setting("no variance of splits", split=0, generators=2),
    Setting("no variance but of patients", split=0, generator=0, classifier=0, chance=0),
    Setting("splits vary most", tests="same", split=0.2, classifier=0.02, chance=0),
    Setting("generators vary most", generators=3, generator=0.2),
    Setting("classifiers vary most", classifiers=3, classifier=0.15),
    # as twelve trainings of one small network on 341 brain images were, that differ in their seed
    Setting("seeds alone, 341 test images", **_SEEDS_ALONE),
    Setting("three images a patient", patients=100, images=3, patient_and_mix=0.6),
    Setting("few test patients", patients=60, baseline=0.9),
    Setting("balanced accuracy, one in five", measure="balanced_accuracy", positive_share=0.2),
    Setting("macro F1, one in five", measure="macro_f1", positive_share=0.2, generators=2),
    Setting("AUC, one in five", measure="auc", positive_share=0.2, tests="same"),
)


@dataclass(frozen=True)
class Studies:
    """Made-up studies B: their repeats, and the answers of one run of each, right or wrong."""

    repeats: Repeats
    mix_right: np.ndarray  # (B, N) of the first split, generator and classifier
    baseline_right: np.ndarray  # (B, N)


def studies(setting: Setting, splits: int, difference: float, trials: int) -> Iterator[Studies]:
    """Yield so many studies in parts, in which the mix is better by `difference` in accuracy."""
    random = np.random.default_rng(derive_seed("verdicts", setting.name, splits, str(difference)))
    tested, positive = _test_sets(setting, splits)
    runs = splits * setting.classifiers * (1 + setting.generators)
    size = max(1, _CHUNK // (runs * setting.patients * setting.images))
    for start in range(0, trials, size):
        yield _draw(setting, tested, positive, difference, min(size, trials - start), random)


def _test_sets(setting: Setting, splits: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the patients (S, n) that each split is tested on, and which of them are positive (n,).

    As many of each split are positive.
    """
    n = setting.patients
    if setting.tests == "same":
        tested = np.tile(np.arange(n), (splits, 1))
    elif setting.tests == "apart":
        tested = np.arange(splits * n).reshape(splits, n)
    else:  # the first of a pool of patients of their own for each place of a test set
        random = np.random.default_rng(derive_seed("test sets", setting.name, splits))
        pool = 1 + TRAINING_PER_TEST
        places = random.integers(pool, size=(splits, n))
        tested = places * n + np.arange(n)
    return tested, np.arange(n) < round(setting.positive_share * n)


def _draw(
    setting: Setting,
    tested: np.ndarray,
    positive: np.ndarray,
    difference: float,
    size: int,
    random: np.random.Generator,
) -> Studies:
    splits, people = len(tested), tested.max() + 1

    def normal(deviation: float, *shape: int) -> np.ndarray:
        if deviation == 0:
            return np.zeros(1, np.float32)
        return np.float32(deviation) * random.standard_normal((size, *shape), np.float32)

    def of_patients(values: np.ndarray) -> np.ndarray:
        return values[:, tested][:, :, None, None, :, None] if values.ndim > 1 else values

    patient = normal(setting.patient, people)
    arrays = []
    for mix in (True, False):
        generators = setting.generators if mix else 1
        runs = (splits, generators, setting.classifiers)
        margins = normal(1, *runs, setting.patients, setting.images)
        margins += np.float32(setting.shift(difference, mix))
        margins += of_patients(patient) + of_patients(normal(setting.patient_and_mix, people))
        margins += _wide(normal(setting.split, splits, 1, 1))
        margins += _wide(normal(setting.classifier, splits, 1, setting.classifiers))
        if mix:
            margins += _wide(normal(setting.generator, splits, generators, 1))
            margins += _wide(normal(setting.chance, *runs))
        arrays.append(_measure(setting, margins, positive))
    values = arrays[0][0] - arrays[1][0]
    influence = arrays[0][1] - arrays[1][1]
    repeats = Repeats(values, _scatter(influence, tested), **_basis(setting, tested, positive))
    return Studies(repeats, *(array[2][:, 0, 0, 0] for array in arrays))


def _wide(values: np.ndarray) -> np.ndarray:
    return values[..., None, None] if values.ndim > 1 else values


def _measure(
    setting: Setting, margins: np.ndarray, positive: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the measure (B, S, G, C), the influence of patients (.., n), and what is right."""
    actual = np.repeat(positive, setting.images)
    flat = margins.reshape(*margins.shape[:-2], -1)
    right = flat > 0
    scores = np.where(actual, flat, -flat)
    predicted = np.where(right, actual, ~actual).astype(int)
    scores = np.stack([-scores, scores], axis=-1) if setting.measure == "auc" else flat[..., None]
    values, influence = measured(setting.measure, actual.astype(int), predicted, scores, 1)
    return values, influence.reshape(margins.shape).sum(-1), right


def _scatter(influence: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """Return the influence (B, S, G, C, P) of all patients by that of each split's (.., n)."""
    if (tested == tested[0]).all():
        return influence
    names, places = np.unique(tested, return_inverse=True)
    found = np.zeros((*influence.shape[:-1], len(names)), np.float32)
    for split, place in enumerate(places.reshape(tested.shape)):
        found[:, split][..., place] = influence[:, split]
    return found


def _basis(setting: Setting, tested: np.ndarray, positive: np.ndarray) -> dict[str, float]:
    """Return what `Repeats` has of the patients, without the differences."""
    counts = np.array([len(np.unique(tested[:, kind])) for kind in (positive, ~positive)])
    return {
        "patients": least_patients(setting.measure, counts),
        "test_set": float(setting.patients),
        "least_variance": least_variance(setting.measure, counts),
    }


def ours(repeats: Repeats) -> Estimate:
    """Return the differences (B,), and how probable an error of some size is."""
    error = error_of(repeats)
    return repeats.means((0, 1, 2)), error.p_value


def satterthwaite(repeats: Repeats) -> Estimate:
    """The same components, in one t with the degrees of freedom of Hillis 2007."""
    error = error_of(repeats)
    return repeats.means((0, 1, 2)), _student(error.variances.sum(0), error.effective_degrees)


def plain_t(repeats: Repeats) -> Estimate:
    """Student's t of the means of the splits, as if they had nothing in common."""
    means = repeats.means((1, 2))
    splits = means.shape[-1]
    return means.mean(-1), _student(means.var(-1, ddof=1) / splits, splits - 1)


def nadeau_bengio(repeats: Repeats) -> Estimate:
    """The corrected resampled t-test of Nadeau and Bengio 2003."""
    means = repeats.means((1, 2))
    splits = means.shape[-1]
    scale = 1 / splits + 1 / TRAINING_PER_TEST
    return means.mean(-1), _student(means.var(-1, ddof=1) * scale, splits - 1)


def bootstrap(repeats: Repeats) -> Estimate:
    """Crossed resampling of patients, splits, and trainings within them, as a normal error."""
    random = np.random.default_rng(1)
    drawn = [_times(random, count, RESAMPLES) / count for count in repeats.counts]
    weights = np.einsum("ru,rg,rc->ugcr", *drawn)
    people = repeats.influence.shape[-1]
    counts = np.float32(_times(random, people, RESAMPLES).T)
    resampled = repeats.values[..., None] + repeats.influence.astype(np.float32) @ counts
    deviation = np.einsum("bugcr,ugcr->br", resampled, weights).std(-1)
    return repeats.means((0, 1, 2)), _student(deviation**2, np.inf)


def _times(random: np.random.Generator, count: int, samples: int) -> np.ndarray:
    """Return how often each of `count` things is in each of so many resamples."""
    return random.multinomial(count, np.full(count, 1 / count), size=samples)


def _student(
    variance: np.ndarray, degrees: np.ndarray | float
) -> Callable[[np.ndarray], np.ndarray]:
    def p_value(distance: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.abs(distance) / np.sqrt(variance)
        return 2 * t.sf(np.nan_to_num(ratio, nan=0.0), degrees)

    return p_value


METHODS = {
    "ours": ours,
    "one t, Satterthwaite": satterthwaite,
    "t over splits": plain_t,
    "Nadeau and Bengio": nadeau_bengio,
    "crossed bootstrap": bootstrap,
}
SLOWEST = "crossed bootstrap"
TODAY = "McNemar, one training"


def mcnemar(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the p-values (B,) of McNemar's exact test of answers (B, N), right or wrong."""
    only_first = (first & ~second).sum(-1)
    only_second = (second & ~first).sum(-1)
    fewer = np.minimum(only_first, only_second)
    return np.minimum(1, 2 * bdtr(fewer, only_first + only_second, 0.5))


def count(
    setting: Setting, splits: int, trials: int, methods: Sequence[str] = tuple(METHODS)
) -> list[dict[str, float | str | int]]:
    """Return for each method how often it was right and wrong in so many studies.

    Columns: setting, splits, method; covered, the share of 95% intervals that hold the truth,
    without a difference and with those of `MARGINS` together; alarm, of those without one in which
    there seems to be one; for each margin, of those with one as large, in which there is said to be
    none.
    """
    kinds = ("covered", "alarm", *MARGINS.values())
    found = {method: {kind: [] for kind in kinds} for method in (*methods, TODAY)}
    for difference in (0.0, *MARGINS):
        drawn = list(studies(setting, splits, difference, trials))
        truth = setting.truth(difference)
        if truth is None:
            truth = np.mean(np.concatenate([one.repeats.means((0, 1, 2)) for one in drawn]))
        for method in methods:
            most = MOST_RESAMPLED if method == SLOWEST else trials
            for one in _first(drawn, most):
                for kind, hits in _hits(METHODS[method], one.repeats, truth, difference).items():
                    found[method][kind] += hits.tolist()
        if not difference:
            tests = [mcnemar(one.mix_right, one.baseline_right) for one in drawn]
            found[TODAY]["alarm"] = (np.concatenate(tests) < 0.05).tolist()
    return [
        {"setting": setting.name, "splits": splits, "method": method}
        | {name: float(np.mean(hits)) if hits else np.nan for name, hits in hits_of.items()}
        for method, hits_of in found.items()
    ]


def _first(drawn: Sequence[Studies], most: int) -> Iterator[Studies]:
    """Yield parts until there are so many studies."""
    counted = 0
    for one in drawn:
        if counted >= most:
            return
        counted += len(one.repeats.values)
        yield one


def _hits(
    method: Method, repeats: Repeats, truth: float, difference: float
) -> dict[str, np.ndarray]:
    """Return by column of `count` in which studies (B,) it came out so."""
    estimate, p_value = method(repeats)
    found = {"covered": p_value(estimate - truth) >= 0.05}
    if not difference:
        return found | {"alarm": p_value(estimate) < 0.05}
    room = np.maximum(abs(truth) - np.abs(estimate), 0)
    return found | {MARGINS[difference]: p_value(room) <= 0.1}  # the interval of 90% ends before


def summary(rows: Sequence[Mapping[str, float | str | int]]) -> pd.DataFrame:
    """Return by method and number of splits the worst of all settings."""
    table = pd.DataFrame(rows).groupby(["method", "splits"], sort=False)
    return pd.DataFrame(
        {
            "least covered": table["covered"].min(),
            "most covered": table["covered"].max(),
            "most false alarms": table["alarm"].max(),
            **{f"most {name}": table[name].max() for name in MARGINS.values()},
        }
    ).reset_index()


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=2000, help="studies of each kind")
    parser.add_argument("--settings", nargs="*", help="words in the names of settings")
    parser.add_argument("--output", help="a CSV file to write")
    arguments = parser.parse_args()
    words = arguments.settings or [""]
    chosen = [one for one in SETTINGS if any(word in one.name for word in words)]
    rows = []
    for splits in SPLITS:
        for setting in chosen:
            found = count(setting, splits, arguments.trials)
            print(pd.DataFrame(found).round(3).to_string(index=False, header=not rows), flush=True)
            rows += found
    print(summary(rows).round(3).to_string(index=False))
    if arguments.output:
        pd.DataFrame(rows).to_csv(arguments.output, index=False)


if __name__ == "__main__":
    main()
