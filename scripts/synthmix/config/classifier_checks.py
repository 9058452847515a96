"""Checks of what a study says of its classifiers."""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from synthmix.classifiers.facts import FACTS
from synthmix.classifiers.plan import input_size_of, layers_of, unfrozen_of
from synthmix.classifiers.settings import Classifier
from synthmix.classify.loss_settings import cost_matrix_classes
from synthmix.config.messages import one_of
from synthmix.config.models import Study
from synthmix.config.parse import KeyPath
from synthmix.sweep.resolve import all_trained, possible_settings

Finding = tuple[KeyPath, str]

KNOWN_WEIGHTS = ("imagenet", "none")

# what a classifier is, which going on from another one can't change
_SHAPING = ("weights", "input_size", "pooling", "dense_layers", "cnn")


def check_classifiers(study: Study) -> list[Finding]:
    """Return what is wrong with the classifiers of `study`: where and why."""
    names = [finding for name in study.classifiers for finding in _check_origin(study, name)]
    if names:  # what follows has to know the network of each
        return names
    findings = [*_check_names(study)]
    trained = all_trained(study.classifiers)
    for name, each in trained.items():
        for settings in possible_settings(each, study.classifiers):
            findings += _check_settings(study, _path(study, name), settings)
    for name in study.classifiers:
        findings += _check_data(study, name, trained[name].base)
        findings += _check_start(study, name)
    return list(dict.fromkeys(findings))


def _path(study: Study, name: str) -> KeyPath:
    """Return where the settings of a classifier, or of a candidate of one, stand."""
    if name in study.classifiers:
        return "classifiers", name
    return "classifiers", name.rpartition("_s")[0], "sweep"


def _check_origin(study: Study, name: str) -> Iterator[Finding]:
    """Check that each classifier leads to a network."""
    classifier = study.classifiers[name]
    path: KeyPath = ("classifiers", name)
    if classifier.starts_from is None:
        if classifier.network is None:
            yield (*path, "network"), "is missing: name a network, or starts_from a classifier"
        return
    if classifier.network is not None:
        yield (*path, "network"), "is that of the classifier in starts_from: remove one of them"
    if classifier.sweep is not None:
        yield (*path, "sweep"), f"goes with {classifier.starts_from}, not with what goes on from it"
    for setting in _SHAPING:
        if setting in classifier.model_fields_set:
            text = f"is that of {classifier.starts_from}, from which this goes on: remove it"
            yield (*path, setting), text
    seen = [name]
    while (before := study.classifiers[seen[-1]].starts_from) is not None:
        if before not in study.classifiers:
            others = [other for other in study.classifiers if other != name]
            yield ("classifiers", seen[-1], "starts_from"), one_of(before, others, "classifiers")
            return
        if before in seen:
            yield (*path, "starts_from"), f"leads back to {before}: one has to name a network"
            return
        seen.append(before)


def _check_names(study: Study) -> Iterator[Finding]:
    """Check that no candidate of a sweep has the name of a classifier."""
    for name, classifier in study.classifiers.items():
        others = {other: study.classifiers[other] for other in study.classifiers if other != name}
        candidates = all_trained({name: classifier}) if classifier.sweep else {}
        for taken in sorted(set(candidates) & set(others)):
            yield ("classifiers", taken), f"a candidate of {name} has that name: choose another one"


def _check_settings(study: Study, path: KeyPath, settings: dict[str, Any]) -> Iterator[Finding]:
    """Check the settings of one training; candidates of a sweep may not fit together."""
    try:
        Classifier.model_validate(settings)
    except ValidationError as error:
        for found in error.errors(include_url=False):
            yield path, f"{found.get('ctx', {}).get('error', found['msg'])}"
        return
    facts = FACTS[settings["network"]]
    yield from _check_weights(path, settings)
    try:
        unfrozen = unfrozen_of(settings)
    except ValueError as error:
        yield (*path, "unfrozen_layers"), str(error)
        return
    unsaid = settings["unfrozen_layers"] is None and settings["unfrozen_share"] is None
    if unsaid and facts.pretrained:
        text = f"say how many of the {layers_of(settings)} layers of {settings['network']} are"
        yield (*path, "unfrozen_layers"), f"is missing: {text} trained; all, if all of them"
    if not facts.pretrained and unfrozen < layers_of(settings) and path[-1] not in ("sweep",):
        own = study.classifiers.get(str(path[1]))
        if own is not None and own.starts_from is None:
            text = f"{settings['network']} has no ImageNet weights: all its layers are trained"
            yield (*path, "unfrozen_layers"), text
    size = input_size_of(settings)
    if size is not None and size < facts.minimum_size:
        text = (
            f"{size} is less than the {facts.minimum_size} pixels that {settings['network']} takes"
        )
        yield (*path, "input_size"), text
    yield from _check_class_names(study, path, settings)


def _check_weights(path: KeyPath, settings: dict[str, Any]) -> Iterator[Finding]:
    weights, network = settings["weights"], settings["network"]
    if not FACTS[network].pretrained:
        if weights != "none":
            yield (*path, "weights"), f"must be none: there are no others of {network}"
    elif weights not in KNOWN_WEIGHTS and not Path(weights).expanduser().is_file():
        text = f"{weights!r} is neither imagenet nor none, and there is no such file"
        close = difflib.get_close_matches(weights, KNOWN_WEIGHTS, n=1)
        yield (*path, "weights"), f"{text}; did you mean {close[0]}?" if close else text


def _check_class_names(study: Study, path: KeyPath, settings: dict[str, Any]) -> Iterator[Finding]:
    named = {}
    if isinstance(settings["class_weights"], dict):
        named["class_weights"] = set(settings["class_weights"])
    if (costs := cost_matrix_classes(settings["loss"])) is not None:
        named["loss"] = costs
    for dataset, own in study.datasets.items():
        for setting, names in named.items():
            if names != set(own.class_names()):
                text = (
                    f"must name the classes of data set {dataset}: {', '.join(own.class_names())}"
                )
                yield (*path, setting), text


def _check_data(study: Study, name: str, settings: dict[str, Any]) -> Iterator[Finding]:
    """Check a classifier against the data sets that it takes."""
    path: KeyPath = ("classifiers", name)
    volumes = FACTS[settings["network"]].volumes
    kind = "volumes" if volumes else "pictures"
    taken = [
        dataset
        for dataset in study.datasets
        if (study.prepare_of(dataset).volume_shape is not None) == volumes
    ]
    if not taken:
        yield (*path, "network"), f"{settings['network']} takes {kind}, and no data set has any"
    unused = "augmentation" if volumes else "volume_augmentation"
    if settings[unused]:
        yield (*path, unused), f"is not for {kind}: remove it"
    for dataset in taken:
        prepare = study.prepare_of(dataset)
        changes = settings["augmentation"] or {}
        coloured = changes.get("saturation") or changes.get("hue")
        if coloured and prepare.channels == 1:
            text = f"saturation and hue change nothing of data set {dataset}, which is grey"
            yield (*path, "augmentation"), text
        sides = prepare.volume_shape or (prepare.image_size,)
        levels = settings["cnn"]["levels"]
        if not FACTS[settings["network"]].pretrained and min(sides) < 2**levels:
            text = f"{levels} halve the {min(sides)} pixels of data set {dataset} to nothing"
            yield (*path, "cnn", "levels"), text


def _check_start(study: Study, name: str) -> Iterator[Finding]:
    """Check that going on from another classifier trains all the layers which that has trained."""
    before = study.classifiers[name].starts_from
    if before is None:
        return
    trained = all_trained(study.classifiers)
    pairs = zip(
        possible_settings(trained[name], study.classifiers),
        possible_settings(trained[before], study.classifiers),
        strict=True,
    )
    for ours, theirs in pairs:
        if unfrozen_of(ours) < unfrozen_of(theirs):
            text = f"{before} trains more layers than this: unfreeze {unfrozen_of(theirs)} at least"
            yield ("classifiers", name, "unfrozen_layers"), text
            return
