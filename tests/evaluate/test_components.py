import numpy as np
import pytest

from synthmix.evaluate.components import Components, Design, OfPatients, components_of
from synthmix.evaluate.effect import error_of
from synthmix.evaluate.repeats import Repeats

SPLIT, GENERATOR, CLASSIFIER, CHANCE = 0.03, 0.02, 0.015, 0.01
# standard deviations of patients: of all runs alike, with the generator, the classifier, alone
COMMON, WITH_GENERATOR, WITH_CLASSIFIER, ALONE = 0.3, 0.2, 0.15, 0.25


def made_up(splits, generators, classifiers, patients, shared=True, seed=1):
    """Return repeats from the components above; splits share their test patients, or none."""
    random = np.random.default_rng(seed)
    runs = (splits, generators, classifiers)

    def normal(deviation, *shape):
        return deviation * random.standard_normal(shape)

    values = normal(SPLIT, splits, 1, 1) + normal(GENERATOR, splits, generators, 1)
    values = values + normal(CLASSIFIER, splits, 1, classifiers) + normal(CHANCE, *runs)
    of = normal(COMMON, 1 if shared else splits, 1, 1, patients) + normal(ALONE, *runs, patients)
    of = of + normal(WITH_GENERATOR, splits, generators, 1, patients)
    of = of + normal(WITH_CLASSIFIER, splits, 1, classifiers, patients)
    values = values + of.mean(-1)
    influence = (of - of.mean(-1, keepdims=True)) / patients
    if not shared:
        apart = np.zeros((*runs, splits * patients))
        for split in range(splits):
            apart[split, ..., split * patients : (split + 1) * patients] = influence[split]
        influence = apart
    return Repeats(values, influence, influence.shape[-1], patients, 0.0)


def test_known_components_are_found():
    found = components_of(made_up(600, 3, 3, 400))
    assert found.split == pytest.approx(SPLIT**2, rel=0.2)
    assert found.generator == pytest.approx(GENERATOR**2, rel=0.2)
    assert found.classifier == pytest.approx(CLASSIFIER**2, rel=0.2)
    assert found.chance == pytest.approx(CHANCE**2, rel=0.3)
    of = found.patients
    common = COMMON**2 / 400
    assert of.other_split == pytest.approx(common, rel=0.3)
    assert of.same_split == pytest.approx(common, rel=0.3)
    assert of.same_generator - of.same_split == pytest.approx(WITH_GENERATOR**2 / 400, rel=0.05)
    assert of.same_classifier - of.same_split == pytest.approx(WITH_CLASSIFIER**2 / 400, rel=0.05)
    nested = COMMON**2 + WITH_GENERATOR**2 + WITH_CLASSIFIER**2 + ALONE**2
    assert of.same_run == pytest.approx(nested / 400, rel=0.1)


def test_splits_that_share_no_patients_vary_by_these_and_not_as_splits():
    found = components_of(made_up(200, 2, 2, 50, shared=False))
    assert found.patients.other_split == pytest.approx(0, abs=1e-5)
    assert found.split == pytest.approx(SPLIT**2, rel=0.25)


def test_what_was_done_once_is_not_told_apart():
    found = components_of(made_up(300, 1, 1, 100))
    assert np.isnan([found.generator, found.classifier, found.chance]).all()
    together = SPLIT**2 + GENERATOR**2 + CLASSIFIER**2 + CHANCE**2
    assert found.split == pytest.approx(together, rel=0.25)
    alone = components_of(made_up(1, 3, 1, 100))
    assert np.isnan([alone.split, alone.classifier, alone.chance]).all()
    assert not np.isnan(alone.generator)


@pytest.mark.parametrize("counts", [(3, 2, 2), (4, 1, 3), (1, 3, 1), (1, 1, 4), (1, 1, 1)])
def test_shares_are_of_one_whole(counts):
    shares = components_of(made_up(*counts, patients=80)).shares()
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) >= 0
    assert ("splits" in shares) == (counts[0] > 1)
    assert ("generators" in shares) == (counts[1] > 1)


def test_of_nothing_there_are_no_shares():
    nothing = Repeats(np.zeros((2, 1, 1)), np.zeros((2, 1, 1, 5)), 5, 5, 0.0)
    assert set(components_of(nothing).shares().values()) == {0}


@pytest.mark.parametrize(
    "counts", [(300, 2, 2), (300, 1, 3), (1, 150, 1), (1, 1, 150), (1, 60, 60)]
)
def test_the_error_to_be_expected_of_the_same_design_is_the_one_there_is(counts):
    repeats = made_up(*counts, patients=100)
    components = components_of(repeats)
    expected, found = components.error(components.design), error_of(repeats)
    assert expected.degrees == found.degrees
    assert expected.covered == found.covered
    np.testing.assert_allclose(expected.variances, found.variances, rtol=0.05)


def test_other_designs_have_the_error_that_they_turn_out_to_have():
    components = components_of(made_up(400, 3, 3, 100))
    for counts, patients in (((300, 1, 1), 100), ((300, 2, 1), 300), ((300, 1, 4), 50)):
        error = components.error(Design(*counts, patients))
        found = error_of(made_up(*counts, patients=patients, seed=2))
        assert error.variances[0] == pytest.approx(found.variances[0], rel=0.2)
        assert error.degrees[0] == found.degrees[0]


def test_one_split_does_not_show_how_splits_vary():
    components = components_of(made_up(1, 2, 2, 50))
    with pytest.raises(ValueError, match="one split does not show"):
        components.error(Design(3, 1, 1, 50))


def test_by_hand():
    of = OfPatients(8e-4, 4e-4, 4e-4, 2e-4, 1e-4)
    components = Components(Design(2, 2, 2, 100), 100, of, 4e-4, 2e-4, 1e-4, 0.4e-4)
    # own patients: (8 + 4 + 4 + 2) / 4 - 1; trained: 2 / 2 + 1 / 2 + 0.4 / 4
    error = components.error(Design(4, 2, 2, 100))
    assert error.variances == pytest.approx([(4 + 1.6 + 3.5) * 1e-4 / 4, 1e-4])
    assert error.degrees == (3, 99)
    error = components.error(Design(4, 2, 2, 200))
    assert error.variances == pytest.approx([(4 + 1.6 + 1.75) * 1e-4 / 4, 0.5e-4])
    assert error.degrees == (3, 199)
