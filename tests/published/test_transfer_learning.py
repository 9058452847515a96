"""The transfer-learning source to the letter: what the as-published study trains, beside the print.

At paper scale, without a training. Sections and tables are the source's.
"""

from collections import Counter

import pytest

from plan_data import plan_of
from synthmix.classify.networks.plan import unfrozen_of
from synthmix.plan import classify, published, search
from synthmix.published.finders import find
from synthmix.published.judging import is_inside
from synthmix.published.results import Results
from synthmix.published.rows import BETTER_THAN
from synthmix.search.settings import is_value

STUDY, FAIR = "transfer_learning_as_published", "transfer_learning"
DATASETS = ("brain_tumor", "covid_xray", "retina")
# 5.2 and 5.3: network, batch size, learning rate; 4.2.4: layers of the second half
CHOSEN = {
    "brain_tumor": ("resnet50", 256, 1e-3, 8),
    "covid_xray": ("vgg16", 64, 1e-3, 6),
    "retina": ("vgg16", 256, 1e-3, 6),
}
# counted in the print, data sets together: rows of tables without a number have none here
VALUES = {"4.1": 33, "section 4.3": 6, "5.8": 15, "A.1": 21, "figures 5.6 and 5.7": 8}
VALUES |= {"5.1": 21, "5.2": 21, "5.3": 21, "5.4": 21, "5.5": 42, "5.6": 42, "5.7": 42}
VALUES |= {"B.1": 84, "B.2": 84, "B.3": 84, "B.4": 105, "B.5": 138, "B.6": 138}
# of ResNet-50 and of Inception-V3: torchvision's layers have other weights than Keras'
OTHER_TOTALS = {126_352_259, 156_024_611}


@pytest.fixture(scope="module")
def plan():
    return plan_of(STUDY)


@pytest.fixture(scope="module", params=DATASETS)
def view(request, plan):
    return plan.view(STUDY, request.param)


def settings(view, name):
    """Return the settings of a classifier, which are known: nothing is chosen."""
    (found,) = classify.possible(view, name)
    return found


def test_every_printed_value_has_a_row(plan):
    views = [plan.view(STUDY, dataset) for dataset in DATASETS]
    rows = {row for view in views for row in published.rows(view) if row.of != "none"}
    assert Counter(row.table for row in rows) == VALUES


def test_stages_have_the_settings_that_the_source_chose(view):
    network, batch_size, learning_rate, layers = CHOSEN[view.dataset]
    best, augmented, tuned = (settings(view, name) for name in view.classifiers)
    for stage in (best, augmented, tuned):
        assert (stage["network"], stage["batch_size"]) == (network, batch_size)
        assert (stage["pooling"], stage["dropout"]) == ("flatten", 0)
    assert (best["learning_rate"], best["epochs"], best["augmentation"]) == (
        learning_rate,
        100,
        None,
    )
    # anew with the same settings, 4.2.4
    changed = {name for name in best if best[name] != augmented[name]}
    assert changed == {"augmentation"}
    assert classify.starts_from(view, "augmented") is None
    # five epochs more of the second half, 5.5
    assert classify.starts_from(view, "fine_tuned") == "best"
    assert (tuned["learning_rate"], tuned["epochs"], unfrozen_of(tuned)) == (1e-5, 5, layers)
    assert {classify.choice(view, name) for name in view.classifiers} == {None}


def test_twelve_and_five_candidates_are_trained(view):
    network, batch_size, learning_rate, _ = CHOSEN[view.dataset]
    names = [search.candidate_names(view, "classifiers", "best", stage) for stage in ("1", "2")]
    assert list(map(len, names)) == [3 * 4, 5]
    first, second = ([settings(view, name) for name in stage] for stage in names)
    assert {one["learning_rate"] for one in first} == {learning_rate}
    assert {(one["network"], one["batch_size"]) for one in second} == {(network, batch_size)}
    wide = {one["network"]: one["dense_layers"] for one in first}
    assert wide == {"vgg16": [4096, 4096], "resnet50": [1024], "inception_v3": [1024]}
    assert {one["auxiliary_weight"] for one in first} == {0}


def test_settings_and_weights_are_those_printed(view):
    results = Results(
        **published.there(view),
        confidence=0.95,
        settings=published.settings(view),
        networks=published.networks(view),
    )
    rows = published.rows(view, "parameters")
    assert len(rows) >= 3 + 7
    other = [row for row in rows if is_inside(row, find(row, results)) != "yes"]
    assert {row.low for row in other} == (OTHER_TOTALS if view.dataset == "brain_tumor" else set())
    touched = {one.table for one in view.settings.deviations}
    assert {row.table for row in other} <= touched


def test_every_row_is_of_something_that_there_is(view):
    candidates = [
        (stage, point)
        for stage in ("1", "2")
        for point in search.candidates(view, "classifiers", "best", stage).values()
    ]
    trained = (*view.classifiers, "")
    for row in published.rows(view):
        assert row.classifier in trained
        assert not row.mix or row.mix in view.mixes
        if row.metric.startswith(BETTER_THAN):
            assert row.metric.removeprefix(BETTER_THAN) in view.classifiers
        if row.of == "search":
            own = [
                point
                for stage, point in candidates
                if stage == row.stage
                and all(is_value(text, point[name]) for name, text in row.settings.items())
            ]
            assert len(own) == 1, row


def test_images_are_dealt_out_in_the_printed_numbers(plan):
    for dataset in ("brain_tumor", "covid_xray"):
        view = plan.view(STUDY, dataset)
        printed = [row for row in published.rows(view, "images") if row.label]
        assert len(printed) == 3 * 3
        for row in printed:
            assert getattr(view.split, row.split)[row.label] == row.low
    assert plan.view(STUDY, "retina").split.method == "official"


def test_what_departs_is_declared(plan):
    views = [plan.view(STUDY, dataset) for dataset in DATASETS]
    study = views[0].settings
    assert len(study.deviations) == 10
    tables = {row.table for view in views for row in published.rows(view)}
    assert {one.table for one in study.deviations} - {None} <= tables
    assert study.published_values == "comparable"


def test_the_fair_study_chooses_for_itself():
    view = plan_of(FAIR).view(FAIR, "brain_tumor")
    assert view.settings.published_values == "context"
    assert view.settings.deviations == []
    assert view.classifiers == ["best", "augmented", "fine_tuned", "both"]
    for name in view.classifiers:
        assert classify.choice(view, name).stage == 2
        assert {one["network"] for one in classify.possible(view, name)} == {
            *("vgg16", "resnet50", "inception_v3")
        }
    assert classify.starts_from(view, "both") == "augmented"
