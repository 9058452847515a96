import numpy as np
import pytest

from predictions_data import CLASSES, predictions
from synthmix.evaluate.components import Components, Design, OfPatients, components_of
from synthmix.evaluate.conclusion import Needs, Verdict, conclude, needs_of
from synthmix.evaluate.effect import Effect, effect_of
from synthmix.evaluate.repeats import Repeats, repeats_of


def effect(difference, wide, narrow, p_value=0.01):
    return Effect(
        difference,
        *(difference - wide, difference + wide),
        *(difference - narrow, difference + narrow),
        p_value,
        degrees=4.0,
        covered=("patients",),
    )


def components(split=1e-4, generator=np.nan, patients=100, splits=3, of_patients=2e-4):
    of = OfPatients(*(of_patients,) * 4, of_patients / 2)
    generators = 1 if np.isnan(generator) else 2
    design = Design(splits, generators, 1, patients)
    return Components(design, patients, of, split, generator, np.nan, np.nan)


@pytest.mark.parametrize(
    ("difference", "wide", "narrow", "p_adjusted", "verdict"),
    [
        (0.001, 0.02, 0.015, 0.9, Verdict.NO_DIFFERENCE),
        (-0.001, 0.02, 0.015, 0.9, Verdict.NO_DIFFERENCE),
        (0.01, 0.009, 0.008, 0.001, Verdict.TOO_SMALL),  # comes before helps
        (-0.01, 0.009, 0.008, 0.001, Verdict.TOO_SMALL),
        (0.01, 0.011, 0.009, 0.2, Verdict.TOO_SMALL),
        (0.05, 0.04, 0.03, 0.04, Verdict.HELPS),
        (-0.05, 0.04, 0.03, 0.04, Verdict.HURTS),
        (0.05, 0.04, 0.03, 0.05, Verdict.CANT_TELL),  # Holm's p is not below
        (0.05, 0.04, 0.03, np.nan, Verdict.CANT_TELL),
        (0.05, 0.06, 0.045, 0.04, Verdict.CANT_TELL),  # the interval has 0 in it
        (0.0, 0.04, 0.03, 1.0, Verdict.CANT_TELL),
        (0.0, np.nan, np.nan, np.nan, Verdict.CANT_TELL),
        (0.012, 0.01, 0.008, 0.01, Verdict.HELPS),  # the end of the narrow one is the margin
    ],
)
def test_verdicts_are_decided_in_their_order(difference, wide, narrow, p_adjusted, verdict):
    assert conclude(effect(difference, wide, narrow), p_adjusted).verdict is verdict


def test_the_margin_is_a_setting():
    one = effect(0.0, 0.04, 0.03)
    assert conclude(one, 1.0, margin=0.031).verdict is Verdict.NO_DIFFERENCE
    assert conclude(one, 1.0, margin=0.029).verdict is Verdict.CANT_TELL


def test_more_of_what_varies_settles_it():
    needs = needs_of(components(split=3e-4), 0.03)
    assert needs.splits is not None
    assert needs.test_patients is None  # splits vary too much for any number of patients
    assert needs.generator_trainings is None  # how much they vary is not known
    before, after = (
        components(split=3e-4).error(Design(3 + needs.splits - less, 1, 1, 100)).half_width(0.95)
        for less in (1, 0)
    )
    assert after < 0.03 <= before


def test_where_patients_vary_more_patients_settle_it():
    needs = needs_of(components(split=0, splits=10), 0.02)
    assert needs.test_patients is not None
    wanted = Design(10, 1, 1, 100 + needs.test_patients)
    assert components(split=0, splits=10).error(wanted).half_width(0.95) < 0.02


def test_no_difference_takes_a_narrow_interval():
    needs = needs_of(components(split=1e-6, splits=10), 0.0)
    wanted = Design(10, 1, 1, 100 + needs.test_patients)
    assert components(split=1e-6, splits=10).error(wanted).half_width(0.9) < 0.02
    exactly = needs_of(components(split=1e-3), 0.02, margin=0.02)  # neither is ever likely
    assert exactly.test_patients is None


def test_generators_that_vary_are_to_be_trained_more_often():
    needs = needs_of(components(split=0, generator=2e-3, splits=6, of_patients=2e-5), 0.03)
    assert needs.generator_trainings > 0
    assert needs.classifier_trainings is None


def test_holm_asks_for_more():
    alone = needs_of(components(), 0.03).splits
    among_ten = needs_of(components(), 0.03, adjusted_share=0.1).splits
    assert among_ten > alone


def test_of_one_split_splits_are_not_foretold():
    found = needs_of(components(split=np.nan, splits=1), 0.03)
    assert found.splits is None
    assert found.test_patients is not None


def test_of_what_has_no_value_nothing_is_needed():
    unknown = components(split=np.nan, of_patients=np.nan)
    assert conclude(effect(np.nan, np.nan, np.nan, np.nan), np.nan, unknown).needs == Needs()


def test_needs_are_told_where_nothing_else_is():
    open_question = conclude(effect(0.03, 0.05, 0.04, 0.2), 0.4, components())
    assert open_question.needs != Needs()
    assert conclude(effect(0.05, 0.04, 0.03), 0.04, components()).needs == Needs()


@pytest.mark.parametrize(
    ("needs", "words"),
    [
        (Needs(), ""),
        (Needs(140, 4), "about 140 more test patients, or 4 more splits"),
        (Needs(splits=1), "about 1 more split"),
        (Needs(1200, None, 2), "about 1,200 more test patients, or 2 more generator trainings"),
    ],
)
def test_needs_in_words(needs, words):
    assert needs.in_words() == words


@pytest.mark.parametrize(
    ("counts", "scope"),
    [
        ((1, 1, 1), "these trained networks alone"),
        ((1, 2, 1), "new trainings of the generator on this split"),
        ((1, 1, 2), "new trainings of the classifier on these training images"),
        ((1, 2, 2), "new trainings of generator and classifier on this split"),
        ((2, 1, 1), "new splits and trainings"),
    ],
)
def test_the_scope_is_what_was_repeated(counts, scope):
    values = np.random.default_rng(1).normal(0, 0.1, counts)
    repeats = Repeats(values, np.zeros((*counts, 20)), 20, 20, 1e-4)
    conclusion = conclude(effect_of(repeats), 1.0)
    assert conclusion.scope == f"{scope}, on new patients"


@pytest.mark.parametrize(
    ("accuracy", "patients", "verdict"),
    [
        (0.95, 100, Verdict.HELPS),
        (0.5, 100, Verdict.HURTS),
        (0.75, 60, Verdict.CANT_TELL),
        (0.75, 2500, Verdict.NO_DIFFERENCE),
    ],
)
@pytest.mark.parametrize("measure", ["accuracy", "balanced_accuracy", "macro_f1"])
def test_from_tables_of_predictions_to_a_verdict(accuracy, patients, verdict, measure):
    splits = range(1, 6)
    mix = {(s, 1, 0): predictions(patients, accuracy, s, truth=s) for s in splits}
    baseline = {(s, 0, 0): predictions(patients, 0.75, 100 + s, truth=s) for s in splits}
    tables = [
        {run: table.assign(group=f"{run[0]}-" + table["group"]) for run, table in runs.items()}
        for runs in (mix, baseline)
    ]
    repeats = repeats_of(*tables, CLASSES, "cancer", measure)
    effect = effect_of(repeats)
    conclusion = conclude(effect, effect.p_value, components_of(repeats))
    assert conclusion.verdict is verdict
    assert sum(conclusion.components.shares().values()) == pytest.approx(1)
    assert bool(conclusion.needs.in_words()) == (verdict is Verdict.CANT_TELL)
