"""Checks of what a study says of its classifiers."""

from collections.abc import Iterator

from synthmix.config.classifiers import SHAPING, StudyClassifier
from synthmix.config.models import Study
from synthmix.config.parse import KeyPath
from synthmix.config.searches import check_searches
from synthmix.config.training_checks import TrainingCheck, has_volumes, kind
from synthmix.errors import one_of
from synthmix.registry import load_classifier_facts
from synthmix.search.resolve import WAYS, all_trained, before_of, possible_points, trained_otherwise

Finding = tuple[KeyPath, str]


def check_classifiers(study: Study) -> list[Finding]:
    """Return what is wrong with the classifiers of `study`: where and why."""
    origins = [finding for name in study.classifiers for finding in _check_origin(study, name)]
    origins += check_searches(study, "classifiers")
    if origins:  # what follows has to know the network of each
        return origins
    findings = [
        *_check_kinds(study),
        *(
            finding
            for name, trained in all_trained(study.classifiers).items()
            for points in possible_points(trained, study.classifiers)
            for finding in TrainingCheck(study, name, trained, points).findings()
        ),
    ]
    findings = findings or list(_check_baselines(study))
    return list(dict.fromkeys(findings))  # cases agree in most of them


def _check_baselines(study: Study) -> Iterator[Finding]:
    """Check each other way to train with each classifier; alone these are in order."""
    for name, trained in all_trained(study.classifiers).items():
        if name not in study.classifiers:
            continue
        for baseline, settings in study.baselines.items():
            other = trained_otherwise(trained, settings.given())
            for points in possible_points(other, study.classifiers):
                yield from TrainingCheck(study, name, other, points, baseline).findings()


def _check_origin(study: Study, name: str) -> Iterator[Finding]:
    """Check that a classifier leads to a network, and leaves that as it is."""
    classifier, path = study.classifiers[name], ("classifiers", name)
    before = before_of(classifier)
    if before is None:
        if classifier.network is None:
            yield (*path, "network"), "is missing: name a network, or starts_from a classifier"
        return
    given_ways = [way for way in WAYS if getattr(classifier, way) is not None]
    way = given_ways[0]
    for other in given_ways[1:]:
        yield (*path, other), f"can't go with {way}: remove one of them"
    if before not in study.classifiers:
        others = [other for other in study.classifiers if other != name]
        text = one_of(before, others, "other classifiers")
        yield (*path, way), text if others else "there is no other classifier"
    elif owner := study.classifiers[before].predicts_with:
        text = f"{before} is not trained itself: name {owner}, whose weights it has"
        yield (*path, way), text
    if _goes_round(study, name):
        text = "leads back to this classifier: one of those on the way has to name a network"
        yield (*path, way), text
    if classifier.predicts_with:
        yield from _check_shared(classifier, path)
        return
    if classifier.network is not None:
        yield (*path, "network"), f"is that of the classifier in {way}: remove one of them"
    if classifier.search is not None:
        text = f"goes with {before}, not with what goes on from it: move it there"
        yield (*path, "search"), text
    if classifier.starts_from is None:
        return
    for setting in SHAPING:
        if setting != "network" and setting in classifier.model_fields_set:
            text = f"is that of {before}, from which this goes on: remove it"
            yield (*path, setting), text


def _check_shared(classifier: StudyClassifier, path: KeyPath) -> Iterator[Finding]:
    """Check that a classifier that is not trained says how it predicts, and nothing else."""
    given = classifier.model_fields_set
    for setting in sorted(given - {"predicts_with", "monte_carlo_passes"}):
        text = f"is that of {classifier.predicts_with}, whose weights this one has: remove it"
        yield (*path, setting), text
    if "monte_carlo_passes" not in given:
        text = f"is missing: how this one predicts otherwise than {classifier.predicts_with}"
        yield (*path, "monte_carlo_passes"), f"{text}; null for no dropout"


def _goes_round(study: Study, name: str) -> bool:
    """Return whether a classifier goes on from what goes on from itself."""
    current, passed = before_of(study.classifiers[name]), set()
    while current in study.classifiers and current not in passed:
        if current == name:
            return True
        passed.add(current)
        current = before_of(study.classifiers[current])
    return False


def _check_kinds(study: Study) -> Iterator[Finding]:
    """Check that each classifier has a data set to be trained on, and each data set one to take."""
    taken = {name: kind(_takes_volumes(study, name)) for name in study.classifiers}
    there = {name: kind(has_volumes(study, name)) for name in study.datasets}
    for name, classifier in study.classifiers.items():
        if classifier.network is not None and taken[name] not in there.values():
            text = f"{classifier.network} takes {taken[name]}, and no data set has any"
            yield ("classifiers", name, "network"), text
    for name, images in there.items():
        if taken and images not in taken.values():
            text = f"no classifier takes {images}: add one that does, or leave this out"
            yield ("datasets", name), text


def _takes_volumes(study: Study, name: str) -> bool:
    while (before := before_of(study.classifiers[name])) is not None:
        name = before
    return load_classifier_facts(study.classifiers[name].network).volumes
