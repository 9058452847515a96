"""Learning curves that a study can't have."""

import pytest


@pytest.fixture
def curve(settings, mistakes):
    """Return the mistakes of a study with these settings of its learning curves, and others."""

    def found(real_patients=(0.5,), others=None, **named):
        settings["learning_curve"] = {"real_patients": list(real_patients), **named}
        return mistakes(settings | (others or {}))

    return found


def test_a_curve_is_read(settings, project):
    settings["learning_curve"] = {"real_patients": [0.5, 0.25, 1]}
    project.write(settings)
    study = project.load().studies["s"]
    assert study.learning_curve.shares == [0.25, 0.5, 1]
    assert study.plan_curves() == [one for one in study.plan_comparisons() if not one.is_pair]
    del settings["learning_curve"]
    project.write(settings)
    assert project.load().studies["s"].plan_curves() == []


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ([1], "learning_curve.real_patients: has all patients alone: add a smaller share"),
        ([0.25, 0.2500001], "learning_curve.real_patients: two shares would both be called 25%"),
        ([0.25, 0.25], "lists 0.25 twice"),
        ([0], "learning_curve.real_patients[0]"),
        ([1.5], "learning_curve.real_patients[0]"),
        ([], "learning_curve.real_patients"),
    ],
)
def test_shares_are_below_one_and_apart(curve, shares, said):
    (line,) = curve(shares)
    assert said in line


def test_what_is_named_is_there_and_has_a_baseline(curve):
    (line,) = curve(mixes=["smal"])
    assert "learning_curve.mixes[0]: 'smal' is not one of the mixes with a baseline" in line
    assert line.endswith("did you mean small?")
    (line,) = curve(classifiers=["vg16"])
    assert "learning_curve.classifiers[0]: 'vg16' is not one of the classifiers" in line


def test_there_is_something_to_compare(curve, settings):
    settings["mixes"]["real_only"] = False
    (line,) = curve()
    assert "learning_curve: compares mixes with real images alone" in line


def test_patients_are_kept_apart_to_be_counted(curve):
    (line,) = curve(others={"leakage": "by_image"})
    assert "learning_curve: counts patients, which leakage: by_image does not keep apart" in line
