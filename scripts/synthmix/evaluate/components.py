"""Where the uncertainty of a difference is from, and what it would be with other repeats.

The components are estimated by moments, which for balanced repeats are what a mixed model fitted by
restricted maximum likelihood finds where none is negative (Searle, Casella and McCulloch 1992,
Variance Components); what comes out negative is 0. That test sets differ in luck alone is taken
out by the influence of the patients, so that splits vary only as their training sets do.
"""

from dataclasses import dataclass, replace

import numpy as np

from synthmix.evaluate.effect import CLASSIFIERS, GENERATORS, PATIENTS, SPLITS, Error
from synthmix.evaluate.repeats import Repeats

CHANCE = "chance"  # what a generator and a classifier training have together, and no other two


@dataclass(frozen=True)
class Design:
    """How much is repeated: training sets (splits times folds), trainings within, test patients."""

    splits: int
    generators: int
    classifiers: int
    patients: float  # of each test set


@dataclass(frozen=True)
class OfPatients:
    """Covariances over test patients of two runs, of a design with so many patients."""

    same_run: float
    same_generator: float  # another training of the classifier
    same_classifier: float  # another training of the generator
    same_split: float  # another training of both
    other_split: float  # 0 where splits test on different patients

    def of_split(self, generators: int, classifiers: int) -> float:
        """Return the variance of a split's mean over so many trainings."""
        of_pairs = self.same_run + (classifiers - 1) * self.same_generator
        others = self.same_classifier + (classifiers - 1) * self.same_split
        return (of_pairs + (generators - 1) * others) / (generators * classifiers)


@dataclass(frozen=True)
class Components:
    """Variances of single results, and of a `design` those over its test patients.

    Where something was done once, its variance is in that of what it is done within: `generator`
    is nan where each split has one, and then in `split`; of one split `split` is nan.
    """

    design: Design
    rests_on: int  # so many patients: see `Repeats`
    patients: OfPatients
    split: float
    generator: float
    classifier: float
    chance: float

    def error(self, design: Design) -> Error:
        """Return the error to be expected of another design.

        Raises ValueError for several splits where there was one: how they vary is not known.
        """
        if design.splits > 1 and self.design.splits == 1:
            raise ValueError("one split does not show how splits vary")
        scale = self.design.patients / design.patients
        if design.splits > 1:
            return self._over_splits(design, scale)
        return self._within_a_split(design, scale)

    def parts(self) -> dict[str, float]:
        """Return how much of the variance of the estimate each source has.

        Sources that were not repeated on their own have none.
        """
        design, own = self.design, self.patients.of_split(*_trainings(self.design))
        shared = self.patients.other_split if design.splits > 1 else own
        parts = {
            PATIENTS: shared + (own - shared) / design.splits,
            SPLITS: self.split / design.splits,
            GENERATORS: self.generator / (design.splits * design.generators),
            CLASSIFIERS: self.classifier / (design.splits * design.classifiers),
            CHANCE: self.chance / (design.splits * design.generators * design.classifiers),
        }
        return {name: float(value) for name, value in parts.items() if not np.isnan(value)}

    def shares(self) -> dict[str, float]:
        """Return what share of the variance of the estimate each of `parts` has; the sum is 1."""
        parts = self.parts()
        total = sum(parts.values())
        return {name: value / total if total else 0.0 for name, value in parts.items()}

    def _over_splits(self, design: Design, scale: float) -> Error:
        trained = self._trained(design.generators, design.classifiers)
        own = self.patients.of_split(*_trainings(design)) - self.patients.other_split
        between = (_known(self.split) + trained + own * scale) / design.splits
        return Error(
            np.array([between, self.patients.other_split * scale]),
            (design.splits - 1, self._degrees(scale)),
            (SPLITS, GENERATORS, CLASSIFIERS, PATIENTS),
        )

    def _within_a_split(self, design: Design, scale: float) -> Error:
        """Return the error of trainings within one split, as `effect.error_of` has it."""
        of = self.patients
        generators, classifiers = _trainings(design)
        terms, degrees, covered = [], [], []
        if generators > 1:
            own = of.of_split(1, classifiers) - _mean(
                of.same_classifier, of.same_split, classifiers
            )
            varies = _known(self.generator) + _known(self.chance) / classifiers
            terms.append((varies + own * scale) / generators)
            degrees.append(generators - 1)
            covered.append(GENERATORS)
        if classifiers > 1:
            own = of.of_split(generators, 1) - _mean(of.same_generator, of.same_split, generators)
            varies = _known(self.classifier) + _known(self.chance) / generators
            terms.append((varies + own * scale) / classifiers)
            degrees.append(classifiers - 1)
            covered.append(CLASSIFIERS)
        shared = {0: of.same_run, 1: of.same_generator, 2: of.same_classifier, 3: of.same_split}
        terms.append(shared[2 * (generators > 1) + (classifiers > 1)] * scale)
        degrees.append(self._degrees(scale))
        return Error(np.array(terms), tuple(degrees), (*covered, PATIENTS))

    def _degrees(self, scale: float) -> float:
        """Return how well the variance over patients is known, with more or fewer of them."""
        return max(self.rests_on / scale - 1, 1)

    def _trained(self, generators: int, classifiers: int) -> float:
        """Return the variance of a split's mean by what is trained in it."""
        return (
            _known(self.generator) / generators
            + _known(self.classifier) / classifiers
            + _known(self.chance) / (generators * classifiers)
        )


def components_of(repeats: Repeats) -> Components:
    """Return the components of one case: `repeats` without leading axes."""
    splits, generators, classifiers = repeats.counts
    of = _of_patients(repeats)
    chance = _chance(repeats, of)
    rows, columns = repeats.means([2]), repeats.means([1])  # (U, G) and (U, C)
    generator = classifier = np.nan
    if generators > 1:
        own = of.of_split(1, classifiers) - _mean(of.same_classifier, of.same_split, classifiers)
        seen = rows.var(-1, ddof=1).mean() - _known(chance) / classifiers
        generator = max(seen - own, 0.0)
    if classifiers > 1:
        own = of.of_split(generators, 1) - _mean(of.same_generator, of.same_split, generators)
        seen = columns.var(-1, ddof=1).mean() - _known(chance) / generators
        classifier = max(seen - own, 0.0)
    design = Design(splits, generators, classifiers, repeats.test_set)
    found = Components(design, repeats.patients, of, np.nan, generator, classifier, chance)
    if splits == 1:
        return found
    own = of.of_split(generators, classifiers) - of.other_split
    within = found._trained(generators, classifiers) + own
    split = max(repeats.means([1, 2]).var(ddof=1) - within, 0.0)
    return replace(found, split=split)


def _of_patients(repeats: Repeats) -> OfPatients:
    """Return the covariances; what there are no two runs for is that of the next nearer ones."""
    splits, generators, classifiers = repeats.counts
    sums = {axes: float(repeats.covariance(axes).mean()) for axes in ((), (1,), (2,), (1, 2))}
    same_run = sums[()]
    same_generator = _apart(sums[2,], same_run, classifiers, same_run)
    same_classifier = _apart(sums[1,], same_run, generators, same_run)
    same_split = min(same_generator, same_classifier)
    if generators > 1 and classifiers > 1:
        runs, pairs = generators * classifiers, (generators - 1) * (classifiers - 1)
        nearer = (classifiers - 1) * same_generator + (generators - 1) * same_classifier
        same_split = min(max((runs * sums[1, 2] - same_run - nearer) / pairs, 0.0), same_split)
    whole = float(repeats.covariance((0, 1, 2)))
    other_split = _apart(whole, sums[1, 2], splits, same_split)
    return OfPatients(same_run, same_generator, same_classifier, same_split, other_split)


def _apart(of_mean: float, single: float, count: int, largest: float) -> float:
    """Return the covariance of two of so many, by the variance of their mean and of single ones."""
    if count == 1:
        return largest
    return min(max((count * of_mean - single) / (count - 1), 0.0), largest)


def _chance(repeats: Repeats, of: OfPatients) -> float:
    _, generators, classifiers = repeats.counts
    if generators == 1 or classifiers == 1:
        return np.nan
    values = repeats.values
    left = values - values.mean(-1, keepdims=True) - values.mean(-2, keepdims=True)
    left = left + values.mean((-1, -2), keepdims=True)
    seen = (left**2).sum((-1, -2)).mean() / ((generators - 1) * (classifiers - 1))
    own = of.same_run - of.same_generator - of.same_classifier + of.same_split
    return max(float(seen) - own, 0.0)


def _mean(same: float, other: float, count: int) -> float:
    """Return the covariance of two means over so many, of which each has one that is the same."""
    return (same + (count - 1) * other) / count


def _known(value: float) -> float:
    return 0.0 if np.isnan(value) else value


def _trainings(design: Design) -> tuple[int, int]:
    return design.generators, design.classifiers
