"""Splitting by patient, before anything else sees the images; as a source did only if asked to."""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.leakage import AS_PUBLISHED, BY_IMAGE, NONE, PATIENTS_SEEN, SEEN_IN_TRAINING
from synthmix.prepare.deal import deal, tell_missed_shares
from synthmix.prepare.duplicates import (
    EQUAL,
    HELD_OUT,
    HOLD_OUT,
    OFF,
    PICTURE,
    TELL,
    NearDuplicates,
    alike_by_nature,
    closest_pairs,
    hold_out_duplicates,
    list_duplicates,
    pairs_of,
    pictures_of,
    shared_pictures,
    tell_near_duplicates,
    tell_two_classes,
)
from synthmix.prepare.folds import name_folds
from synthmix.prepare.parts import TESTED, deal_from_one_pool, has_leak, rows_of
from synthmix.prepare.settings import (
    CountSplit,
    FoldSplit,
    LongTailSubsample,
    OfficialSplit,
    ShareSplit,
    Split,
    Subsample,
)
from synthmix.prepare.subsample import balanced, draw, long_tail
from synthmix.scopes import UNLABELLED
from synthmix.seeds import derive_seed
from synthmix.shares import largest_sample
from synthmix.store import read_table

LOGGER = logging.getLogger(__name__)
SPLITS = ("train", "validation", "test")
_MOST_TURNS = 50


def split_samples(
    table: str | Path,
    output: str | Path,
    duplicates: str | Path,
    split: Split,
    subsample: Subsample | None,
    test_sample: Mapping[str, Any] | None,
    seed: int,
    leakage: str = NONE,
    near: str | Path | None = None,
    near_duplicates: NearDuplicates = OFF,
    first: str | Path | None = None,
) -> None:
    """Deal the samples of a store out to train, validation and test.

    `table` is the store's; `output` repeats its rows with a column `split`, and `fold` where
    there are folds. What a `subsample` leaves out is `held_out`. So are test images that are the
    same, pixel by pixel, as one of another patient and, where `near_duplicates` is hold_out, nearly
    the same: `near` is what `find_duplicates` wrote of them. Where most patients are alike by
    nature, and nothing would be left to test on, only the `closest_pairs` leave it. `duplicates`
    lists all images that several patients or classes have. A `test_sample` of so many `images` with
    these `class_shares`, or as many as there are, is drawn from the test split; the rest of it is
    `held_out`. Without one, all of it is tested on. Raises UserError when a split would lack a
    class. Samples of no class, labelled UNLABELLED, are held out.

    `first` is the first of several splits where the data set comes in parts: its test images stay,
    and training and validation images are dealt out anew, in the proportion that they have.

    With `leakage` by_image each sample is dealt out as if it had a patient of its own, and no
    duplicate is held out. With as_published all samples but those left out are of the split
    `train`, and the columns of `parts` say which of them validate and are tested on; `split` has to
    be by shares.
    """
    samples = read_table(table).fillna({"part": "", "frame": ""})
    pairs = pairs_of(samples, None if near is None else read_table(near))
    kept = samples["label"] != UNLABELLED
    if subsample is not None and subsample.method == "balanced":
        drawn = balanced(samples.loc[kept, "label"], derive_seed("balanced", seed))
        kept &= drawn.reindex(samples.index, fill_value=False)
    if leakage == AS_PUBLISHED:
        LOGGER.warning("%s; patients are not kept apart", SEEN_IN_TRAINING)
        samples = samples.join(_one_pool(samples["label"], kept, split, seed))
    elif leakage == BY_IMAGE:
        LOGGER.warning("%s; patients are not kept apart", PATIENTS_SEEN)
        alone = samples.assign(group=samples["sample_id"])
        dealt = deal_out(alone[kept], split, derive_seed("split", seed), first is not None)
        samples = samples.join(dealt).fillna({"split": HELD_OUT})
    else:
        if near_duplicates == HOLD_OUT and (pairs["kind"] != EQUAL).any():
            samples[PICTURE] = pictures_of(samples, pairs)
        dealt = _dealt(samples, kept, split, seed, first is not None)
        if not _leaves_tests(dealt) and alike_by_nature(dealt):
            near_duplicates = TELL
            samples[PICTURE] = pictures_of(samples, closest_pairs(pairs))
            dealt = _dealt(samples, kept, split, seed, first is not None)
        samples = dealt
        _tell_missed_shares(samples[kept], split)
    write_table(duplicates, list_duplicates(samples, pairs))
    if leakage == NONE:
        hold_out_duplicates(samples)
    if near_duplicates == TELL or leakage != NONE:
        tell_near_duplicates(samples, pairs, rows_of(samples, "test").index)
    tell_two_classes(samples, pairs)
    needed = {name: set(samples["label"]) - {UNLABELLED} for name in SPLITS}
    if isinstance(subsample, LongTailSubsample):
        tail = long_tail(
            samples, subsample.train, subsample.test_images, derive_seed("long tail", seed)
        )
        samples.loc[~tail, "split"] = HELD_OUT
        needed = {name: set(subsample.train) for name in SPLITS}
    if test_sample is not None:
        _draw_test_sample(samples, **test_sample, seed=derive_seed("test", seed))
        shares = test_sample["class_shares"]
        needed["test"] = {label for label, share in shares.items() if share > 0}
    if first is not None:
        _keep_test(samples, read_table(first))
    if isinstance(split, FoldSplit) and split.cross_validate:
        _require_classes_in_folds(samples)
    _require_classes(samples, needed)
    counts = pd.crosstab(samples["label"], samples["split"])
    LOGGER.info("images:\n%s", counts)
    write_table(output, samples)
    shares = ", ".join(f"{name} {len(rows_of(samples, name)):,}" for name in (*SPLITS, HELD_OUT))
    patients = samples["group"].nunique()
    stays = "" if first is None else "; the official test part stays, the others are dealt anew"
    print(
        f"synthmix: {len(samples):,} images, {patients:,} patients: {shares}{stays}: {output}",
        file=sys.stderr,
    )


def _keep_test(samples: pd.DataFrame, first: pd.DataFrame) -> None:
    """Have those images of the official test part tested on that are in the split `first`."""
    of_test = samples["part"] == "test"
    samples.loc[of_test, "split"] = first.loc[of_test, "split"]


def _dealt(
    samples: pd.DataFrame, kept: pd.Series, split: Split, seed: int, again: bool
) -> pd.DataFrame:
    """Return `samples` with what `deal_out` finds for those that are `kept`; others are held out.

    They are dealt out anew where all test images of a class would show what other patients have
    too: in a small data set that happens by chance.
    """
    for turn in range(1 if isinstance(split, OfficialSplit) else _MOST_TURNS):
        own_seed = derive_seed("split", turn, seed) if turn else derive_seed("split", seed)
        dealt = deal_out(samples[kept], split, own_seed, again)
        found = samples.join(dealt).fillna({"split": HELD_OUT})
        if not turn:
            first = found
        if _leaves_tests(found):
            return found
    return first


def _leaves_tests(samples: pd.DataFrame) -> bool:
    """Return whether each class that is tested on has an image that no other patient has too."""
    tests = samples[samples["split"] == "test"]
    left = tests.drop(shared_pictures(samples).index, errors="ignore")
    return set(left["label"]) == set(tests["label"])


def _tell_missed_shares(samples: pd.DataFrame, split: Split) -> None:
    """Log where `split` asks for other shares than `samples` have been dealt out by."""
    if isinstance(split, ShareSplit):
        shares = {name: getattr(split, name) for name in SPLITS}
        tell_missed_shares(samples, samples["split"], shares)
    elif isinstance(split, FoldSplit):
        fold = 1 / split.folds
        shares = {"train": 1 - 2 * fold, "validation": fold, "test": fold}
        tell_missed_shares(samples, samples["split"], shares)
    elif isinstance(split, OfficialSplit) and "validation" not in set(samples["part"]):
        learned = samples[samples["split"] != "test"]
        shares = {"train": 1 - split.validation, "validation": split.validation}
        tell_missed_shares(learned, learned["split"], shares)


def _one_pool(labels: pd.Series, kept: pd.Series, split: Split, seed: int) -> pd.DataFrame:
    if not isinstance(split, ShareSplit):
        raise ValueError(f"{AS_PUBLISHED}: not with a split by {split.method}")
    # test images are not set apart: training and validation share them out among themselves
    validation = split.validation / (split.train + split.validation)
    return deal_from_one_pool(labels, kept, validation, split.test, seed)


def deal_out(samples: pd.DataFrame, split: Split, seed: int, again: bool = False) -> pd.DataFrame:
    """Return a column `split`, and for folds a column `fold`, for each of `samples`.

    All samples of one group are in the same split. `samples` has the columns `label`, `group` and
    `part`. `again`, an official validation part is dealt out with the training part by `seed`.
    Raises UserError when the split can't be made of them.
    """
    match split:
        case ShareSplit():
            shares = {name: getattr(split, name) for name in SPLITS}
            return assign_splits(samples, shares, seed).to_frame("split")
        case CountSplit():
            targets = {name: getattr(split, name) for name in SPLITS}
            return assign_counts(samples, targets, seed).to_frame("split")
        case FoldSplit():
            fold = assign_folds(samples, split.folds, seed)
            splits = name_folds(fold, split.folds, split.test_fold)
            # what is left out has no fold, and 3.0 would be no number of one
            return pd.DataFrame({"split": splits, "fold": fold.astype("Int64")})
        case OfficialSplit():
            return assign_official(samples, split.validation, seed, again).to_frame("split")


def assign_splits(samples: pd.DataFrame, shares: Mapping[str, float], seed: int) -> pd.Series:
    """Return the split of each sample by the `shares` that splits have of every class.

    Groups are dealt out in random order within their class, each to the split that is furthest
    below its share of the images; large ones go first. A group with several classes counts for the
    rarest of them. Raises UserError when a class has fewer groups than there are splits.
    """
    return _by_group(
        samples, list(shares), seed, lambda _, sizes, random: deal(sizes, shares, random)
    )


def assign_counts(
    samples: pd.DataFrame, targets: Mapping[str, Mapping[str, int]], seed: int
) -> pd.Series:
    """Return the split of each sample by the number of images that splits have of every class.

    `targets` is {split: {class: images}}. Large groups are dealt first, each to the split that
    lacks the largest part of its images, and to none that it would overfill as long as another
    has room. The difference to `targets` is logged. What no split has room for is held out.
    """

    def deal(label: str, sizes: pd.Series, random: np.random.Generator) -> dict[str, str]:
        wanted = {split: counts.get(label, 0) for split, counts in targets.items()}
        return _fill(sizes, wanted, random)

    splits = _by_group(samples, [], seed, deal)
    got = pd.crosstab(samples["label"], splits)
    for split, counts in targets.items():
        for label, count in counts.items():
            images = got.get(split, pd.Series(dtype=int)).get(label, 0)
            if images != count:
                LOGGER.warning("%s has %d images of %s, not %d", split, images, label, count)
    return splits


def assign_folds(samples: pd.DataFrame, folds: int, seed: int) -> pd.Series:
    """Return the fold of each sample, from 1: of equal class shares, groups kept whole."""
    from sklearn.model_selection import StratifiedGroupKFold

    _require_groups(samples, folds, f"{folds} folds")
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed % 2**32)
    fold = pd.Series(0, index=samples.index)
    parts = splitter.split(samples, samples["label"], samples["group"])
    for number, (_, rows) in enumerate(parts, start=1):
        fold.iloc[rows] = number
    return fold


def assign_official(
    samples: pd.DataFrame, validation: float, seed: int, again: bool = False
) -> pd.Series:
    """Return the part that each sample comes in; `validation` is split off train if there is none.

    `again`, training and validation part are dealt out anew, to as many images as these have.
    Raises UserError when the data set has no such parts or one of its groups is in several.
    """
    parts = samples["part"]
    absent = {"train", "test"} - set(parts)
    if absent:
        raise UserError(
            f"split.method: official takes the parts that the data set comes in, and it has no "
            f"part {' and no part '.join(sorted(absent))}; use method: shares"
        )
    if (parts == "").any():
        raise UserError(
            f"split.method: official: {(parts == '').sum()} images have no part, such as "
            f"{samples['path'][parts == ''].iloc[0]}"
        )
    torn = parts.groupby(samples["group"]).nunique()
    torn = torn.index[torn > 1]
    if len(torn):
        raise UserError(
            f"split.method: official: {len(torn)} patients have images in several parts, such as "
            f"{', '.join(torn[:3])}: results would be too good. Use method: shares"
        )
    if "validation" in set(parts):
        if not again:
            return parts
        validation = (parts == "validation").sum() / (parts != "test").sum()
    if validation == 0:
        return parts
    learned = samples[parts != "test"]
    shares = {"train": 1 - validation, "validation": validation}
    return assign_splits(learned, shares, seed).reindex(samples.index, fill_value="test")


def _require_classes(samples: pd.DataFrame, needed: Mapping[str, set[str]]) -> None:
    """Raise UserError unless each split has an image of each class that it needs."""
    for split, classes in needed.items():
        lacking = classes - set(rows_of(samples, split)["label"])
        if lacking:
            raise UserError(
                f"the {split} split has no image of class {', '.join(sorted(lacking))}: give it a "
                f"larger share, or add images of other patients. Images that several patients "
                f"have do not count for the test (duplicates.csv lists them; with near_duplicates: "
                f"tell those that are nearly the same do)"
            )


def _require_classes_in_folds(samples: pd.DataFrame) -> None:
    """Raise UserError unless each fold, which will be tested on, has an image of each class."""
    counts = pd.crosstab(samples["fold"], samples["label"])
    for label in counts:
        if (lacking := counts.index[counts[label] == 0]).size:
            raise UserError(
                f"fold {', '.join(map(str, lacking))} has no image of class {label}: all images "
                f"of it are of {samples.loc[samples['label'] == label, 'group'].nunique()} "
                f"patients; make fewer than {len(counts)} folds (split.folds), or add images of "
                f"other patients"
            )


def _by_group(
    samples: pd.DataFrame,
    splits: Sequence[str],
    seed: int,
    deal: Callable[[str, pd.Series, np.random.Generator], Mapping[str, str]],
) -> pd.Series:
    """Return the split of each sample that `deal` gives its group.

    `deal` is given a class and the number of images of each of its groups.
    """
    rarity = samples["label"].value_counts()
    samples = samples.assign(rarity=samples["label"].map(rarity))
    groups = samples.sort_values(["rarity", "label"]).groupby("group", sort=True)
    strata = pd.DataFrame({"label": groups["label"].first(), "images": groups.size()})
    if splits:
        _require_groups(samples, len(splits), f"{', '.join(splits[:-1])} and {splits[-1]}")
        _join_small(strata, len(splits))
    random = np.random.default_rng(seed)
    split_of: dict[str, str] = {}
    for label, stratum in strata.groupby("label"):
        split_of |= deal(label, stratum["images"], random)
    return samples["group"].map(split_of)


def _join_small(strata: pd.DataFrame, least: int) -> None:
    """Give groups of a stratum with fewer than `least` to the largest stratum.

    Most patients of such a class have images of a rarer one too, and are dealt out with that.
    """
    sizes = strata["label"].value_counts()
    small = strata["label"].isin(sizes.index[sizes < least])
    strata.loc[small, "label"] = sizes.index[0]


def _require_groups(samples: pd.DataFrame, least: int, what: str) -> None:
    for label, groups in samples.groupby("label")["group"].nunique().items():
        if groups < least:
            raise UserError(
                f"class {label} has images of {groups} patient(s), but {what} need at least one "
                f"each: add images of other patients"
            )


def _fill(
    images: pd.Series, wanted: Mapping[str, int], random: np.random.Generator
) -> dict[str, str]:
    """Deal the groups of one class out until each split has as many images as `wanted`."""
    shuffled = images.iloc[random.permutation(len(images))]
    lacking = dict(wanted)
    result = {}
    for group, size in shuffled.sort_values(ascending=False, kind="stable").items():
        fitting = [split for split in lacking if lacking[split] >= size]
        open_splits = fitting or [split for split in lacking if lacking[split] > 0]
        if not open_splits:
            result[group] = HELD_OUT
            continue
        target = max(open_splits, key=lambda split: lacking[split] / wanted[split])
        lacking[target] -= size
        result[group] = target
    return result


def _draw_test_sample(
    samples: pd.DataFrame, images: int, class_shares: dict[str, float], seed: int
) -> None:
    test = samples[samples["split"] == ("train" if has_leak(samples) else "test")]
    available = test["label"].value_counts().to_dict()
    counts = largest_sample(available, class_shares, images)
    total = sum(counts.values())
    if total == 0:
        raise UserError(
            f"test_sample.class_shares asks for {class_shares}, but the test patients' images "
            f"are {available}: no sample has these shares; raise split.test"
        )
    if total < images:
        LOGGER.warning(
            "the test sample has %d images, not the %d asked for: no more test images have the "
            "class shares %s",
            total,
            images,
            class_shares,
        )
    drawn = draw(test["label"], counts, seed)
    if has_leak(samples):
        samples[TESTED] = samples.index.isin(drawn)
    else:
        samples.loc[test.index.difference(drawn), "split"] = HELD_OUT
