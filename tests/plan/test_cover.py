"""Which trainings of classifiers a rehearsal makes, and what the tables have for the others."""

from itertools import product

import pytest

import plan_data
from synthmix.plan import figures, published, repeats
from synthmix.plan.cover import taken_for


def rehearsed(study, **config):
    return plan_data.plan_of(study, scale="rehearsal", data_dir="none_such", **config)


def made(view):
    return {(one.classifier, one.mix) for one in repeats.predicted(view)}


@pytest.fixture(scope="module")
def imbalance():
    return rehearsed("imbalance").asked


def test_each_two_of_classifier_data_set_and_composition_meet_and_each_mix_occurs(imbalance):
    pairs = [(view, *pair) for view in imbalance for pair in made(view)]
    (first, *_) = imbalance
    ways = {mix.composition for mix in first.mixes.values()}
    assert {(name, view.dataset) for view, name, _ in pairs} == {
        (name, view.dataset) for view in imbalance for name in view.classifiers
    }
    found = [(name, view.dataset, view.mixes[mix].composition) for view, name, mix in pairs]
    assert {(name, way) for name, _, way in found} == set(product(first.classifiers, ways))
    assert {(data, way) for _, data, way in found} == set(
        product([view.dataset for view in imbalance], ways)
    )
    assert {mix for *_, mix in pairs} == set(first.mixes)
    assert len(pairs) < len(first.classifiers) * len(ways) + 2 * len(first.mixes)


def test_tables_and_figures_have_a_row_of_each_with_a_training_of_its_classifier(imbalance):
    for view in imbalance:
        assert [one[:2] for one in figures.trainings(view)] == list(
            product(view.classifiers, view.mixes)
        )
        trained = made(view)
        for name, mix in product(view.classifiers, view.mixes):
            (one,) = repeats.scored(view, name, mix)
            assert (one.classifier, one.mix) in trained
            assert (one.mix == mix) == ((name, mix) in trained)
        for name in view.classifiers:
            assert [mix for mix, _ in figures.histories(view, name)] == list(view.mixes)
            assert {(one.classifier, one.mix) for one in figures.trained(view, name)} <= trained
        # what figures show the inside of is that which they say
        assert {(name, view.baseline) for name in view.classifiers} <= trained


def test_published_values_are_held_against_trainings_that_there_are():
    for view in rehearsed("imbalance_as_published").asked:
        trained = made(view)
        assert len(trained) < len(view.classifiers) * len(view.mixes)
        for found in (published.histories_as_trained(view), published.judged_runs(view)):
            assert {(one.classifier, one.mix) for one in found} <= trained
        assert set(published.counted_as_trained(view)) <= trained


def test_weights_that_a_training_goes_on_from_are_of_one_that_is_made(tmp_path):
    tiny = plan_data.view_of("tiny").settings.classifiers["vgg16"].model_dump(exclude_unset=True)
    ways = {"weighted": {"class_weights": "balanced"}, "bright": {"loss": "focal"}}
    study = plan_data.study_file(
        tmp_path,
        "tiny",
        baselines=ways,
        classifiers={
            "first": tiny,
            "on": {"starts_from": "first", "epochs": 5},
            "sampled": {"predicts_with": "first", "monte_carlo_passes": 5},
        },
    )
    (view,) = rehearsed(study).asked
    for name, mix in made(view):
        assert taken_for(view, "first", mix) == mix, name


@pytest.mark.parametrize("config", [{"scale": "paper"}, {"scale": "rehearsal", "rehearse": "all"}])
def test_all_are_made_where_all_are_asked_for(config):
    for view in plan_data.plan_of("imbalance", **config).asked:
        assert made(view) == set(product(view.classifiers, view.mixes))
        assert repeats.predicted(view) == repeats.predictions(view)
