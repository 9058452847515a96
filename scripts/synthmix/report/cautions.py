"""What a reader must know before trusting the numbers, found in the tables themselves."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from synthmix.evaluate.wording import listed
from synthmix.figures.measures import has_positive_class
from synthmix.figures.mix_names import mix_names
from synthmix.generate.origin import remarks, unknown_origin
from synthmix.generate.tabulate_ready_images import UNKNOWN, worst
from synthmix.leakage import BY_IMAGE, NONE, caution
from synthmix.prepare.parts import LEARNED_FROM, has_leak, rows_of
from synthmix.scopes import ALL_CLASSES
from synthmix.score.names import NEAR_TEST


def find_cautions(
    settings: Mapping[str, Any],
    dataset: str,
    split: pd.DataFrame,
    mixes: pd.DataFrame,
    summary: pd.DataFrame,
    ready: pd.DataFrame | None = None,
    scores: pd.DataFrame | None = None,
) -> list[str]:
    """Return sentences about leaks, patients, short samples and failed classifiers.

    `settings` are the study's, of which `dataset` is one; the tables are those of `StudyReport`.
    """
    found = [
        _leak(settings.get("leakage", NONE)),
        _seen_by_generators(settings.get("generators", {})),
        _learned_validation(settings.get("generators", {})),
        *_of_ready(ready, scores),
        _unknown_patients(settings.get("datasets", {}).get(dataset, {})),
        _test_sample(settings.get("test_sample"), split),
        _repeated(mixes),
        _same_as(mixes),
        *_one_answer(summary),
    ]
    return [sentence for sentence in found if sentence]


def _leak(leakage: str) -> str:
    warning = caution(leakage)
    if not warning:
        return ""
    if leakage == BY_IMAGE:
        return (
            f"{warning}. Images were dealt out without regard to patients. All numbers are too "
            f"good: they can be held against those of works that split in this way, and say little "
            f"of new patients."
        )
    return (
        f"{warning}. Generators have learned from every real image, and the real images of "
        f"training, validation and test were drawn from one pool without regard to patients. All "
        f"numbers are too good: they can be held against those of works that split in this way, "
        f"and say little of new patients."
    )


def _seen_by_generators(generators: Mapping[str, Any]) -> str:
    all_seeing = [n for n, found in generators.items() if found.get("learns_from") == "all"]
    if not all_seeing:
        return ""
    return (
        f"{listed(all_seeing)} learned from all images, test images among them. No classifier "
        f"learns from what they make, and no real image is left to tell by whether they copy."
    )


def _learned_validation(generators: Mapping[str, Any]) -> str:
    """Name the generators that have learned from what classifiers are validated on."""
    learned = [
        name
        for name, settings in generators.items()
        if "validation" in LEARNED_FROM[settings.get("learns_from", "training")]
    ]
    if not learned:
        return ""
    return (
        f"The validation images were not held out of {listed(learned)}, which learned from them "
        f"too (learns_from: training_and_validation): beside their images validation is too good, "
        f"and so is what was stopped or chosen by it. Test images were held out."
    )


def _of_ready(ready: pd.DataFrame | None, scores: pd.DataFrame | None) -> list[str]:
    """Say what ready images leave open, and what was found in them; not what is a leak."""
    if ready is None:
        return []
    rows = worst(ready)
    unknown = ready.loc[ready["learned_from"] == UNKNOWN, "generator"].unique()
    near = [] if scores is None else [_near_test(scores, row["generator"]) for row in rows]
    return [unknown_origin(list(unknown)), *near, *(text for row in rows for text in remarks(row))]


def _near_test(scores: pd.DataFrame, generator: str) -> str:
    """Say that ready images are nearer to test images than chance allows, if they are."""
    own = scores[(scores["generator"] == generator) & (scores["scope"] == ALL_CLASSES)]
    found = own.set_index("score").to_dict("index")
    near, chance = found.get(NEAR_TEST), found.get(f"{NEAR_TEST}_by_chance")
    if near is None or not near["value"] > chance["high"]:
        return ""
    return (
        f"Images of {generator} are suspiciously near to test images: {near['value']:.1%} of "
        f"{near['images_synthetic']:,}, where chance allows up to {chance['high']:.1%} "
        f"({NEAR_TEST} in the table of scores). They may have been made from these."
    )


def _unknown_patients(settings: Mapping[str, Any]) -> str:
    if settings.get("patients") != "image":
        return ""
    return (
        "No patients were named, so that each image counts as a patient of its own. If some have "
        "several images, test images resemble training images and all numbers are too good."
    )


def _test_sample(wanted: Mapping[str, Any] | None, split: pd.DataFrame) -> str:
    images = len(rows_of(split, "test"))
    if wanted is None or images >= wanted["images"]:
        return ""
    there_are = "there are no more" if has_leak(split) else "the test patients have no more"
    return (
        f"The test sample has {images:,} images, not the {wanted['images']:,} asked for: "
        f"{there_are} with the class shares asked for."
    )


def _repeated(mixes: pd.DataFrame) -> str:
    repeated = mixes.groupby("mix", sort=False)["repeated"].sum()
    repeated = repeated[repeated > 0]
    if repeated.empty:
        return ""
    names = mix_names(mixes)
    which = listed([f"{names[mix].full} ({count:,})" for mix, count in repeated.items()])
    return f"Real images ran short, so some were used more than once: {which}."


def _same_as(mixes: pd.DataFrame) -> str:
    """Name the mixes that have the images of their baselines and no others."""
    same = mixes[mixes["same_as"].notna() & (mixes["same_as"] != "")]
    if same.empty:
        return ""
    names = mix_names(mixes)
    found = dict.fromkeys(zip(same["mix"], same["same_as"], strict=True))
    which = listed([f"{names[mix].full} (as {names[other].full})" for mix, other in found])
    return (
        f"These mixes add no image to the real ones and remove none; they were not trained, and "
        f"have the results of their baselines: {which}."
    )


def _one_answer(summary: pd.DataFrame) -> list[str]:
    """Name the classifiers that say the same of every image: they have learned nothing."""
    if has_positive_class(summary):
        total = summary["sensitivity"] + summary["specificity"]
        constant = summary[summary["sensitivity"].isin([0, 1]) & (total == 1)]
    else:
        # MCC has no denominator where all is said to be of one class, or is of one; of several
        # trainings it does not tell which
        once = summary["accuracy_deviation"].isna()
        constant = summary[once & summary["mcc"].isna() & summary["macro_auc"].notna()]
    names = mix_names(summary)
    return [
        f"{row.classifier} trained on {names[row.mix].full} says the same of every test image. "
        f"It has learned nothing"
        + (
            ", so that being better than this baseline means nothing."
            if row.kind == "real_only" and len(names) > 1
            else "."
        )
        for row in constant.itertuples()
    ]
