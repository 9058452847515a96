"""Which trainings on shares of the patients rules ask for."""

import pytest

from plan_data import changed, plan_of, study_file, view_of
from synthmix.errors import UserError
from synthmix.plan import learning_curve, repeats

TENTH, REAL = "dcgan-cancer50-normal50-real10", "real_only-cancer50-normal50"
CURVE = {"real_patients": [0.5, 0.25]}
ADDED = {"ratios": [0.5]}


def test_a_study_without_curves_has_no_shares():
    view = view_of("tiny")
    assert learning_curve.shares(view) == learning_curve.predictions(view) == []
    assert not learning_curve.is_drawn(view)


def test_shares_rise_and_all_patients_have_no_name(tmp_path):
    view = changed(tmp_path, "tiny", learning_curve=CURVE)
    assert learning_curve.shares(view) == ["/share25", "/share50", ""]
    assert learning_curve.plain_shares(view) == [0.25, 0.5, 1]
    assert learning_curve.share(view, "/share25") == 0.25
    with pytest.raises(UserError, match=r"no share of 0\.3 of .* has 0\.25, 0\.5, 1"):
        learning_curve.share(view, "/share30")


def test_each_share_is_trained_on_in_all_repeats_with_and_without_synthetic_images(tmp_path):
    twice = {"splits": 2, "generators": 2, "classifiers": 2}
    view = changed(tmp_path, "tiny", learning_curve=CURVE, repeats=twice)
    found = learning_curve.predictions(view)
    assert len(found) == 3 * len(repeats.predictions(view)) == 3 * (8 + 4)
    assert [one for one in found if not one.share] == repeats.predictions(view)
    assert {one.share for one in found[:12]} == {"/share25"}
    assert len(learning_curve.deals(view)) == 3 * 2
    assert learning_curve.deals(view)[:2] == [("", "", "/share25"), ("/split2", "", "/share25")]


def test_what_is_compared_with_a_baseline_has_a_curve_or_what_is_named(tmp_path):
    view = changed(tmp_path, "tiny", learning_curve=CURVE, additions=ADDED)
    added = ("dcgan-added50", "real_only")
    assert learning_curve.comparisons(view) == [(TENTH, REAL), added]
    assert learning_curve.generators(view) == ["dcgan"]
    named = CURVE | {"mixes": ["dcgan-added50"]}
    view = changed(tmp_path, "tiny", learning_curve=named, additions=ADDED)
    assert learning_curve.comparisons(view) == [added]
    assert learning_curve.mixes(view) == [*added]


def test_classifiers_may_be_named(tmp_path):
    settings = view_of("tiny").settings.classifiers["vgg16"].model_dump(exclude_unset=True)
    two = {"vgg16": settings, "other": settings}
    named = CURVE | {"classifiers": ["other"]}
    view = changed(tmp_path, "tiny", learning_curve=named, classifiers=two)
    assert learning_curve.classifiers(view) == ["other"]
    assert {one.classifier for one in learning_curve.predictions(view)} == {"other"}


def test_a_rehearsal_takes_one_share_the_smallest(tmp_path):
    more = {"ratios": [0.5, 1]}
    curve = CURVE | {"mixes": ["dcgan-added100"]}
    file = study_file(tmp_path, "tiny", learning_curve=curve, additions=more)
    (one,), (every,) = (
        plan_of(file, scale="rehearsal", rehearse=rehearse).asked
        for rehearse in ("one_of_each", "all")
    )
    assert learning_curve.shares(one) == ["/share25", ""]
    # of the additions it has but the first
    assert learning_curve.comparisons(one) == [("dcgan-added50", "real_only")]
    assert learning_curve.shares(every) == ["/share25", "/share50", ""]
    assert learning_curve.comparisons(every) == [("dcgan-added100", "real_only")]


def test_a_rehearsal_keeps_so_many_images_that_the_smallest_share_fills_a_batch(tmp_path):
    from synthmix.config.rehearsal import few_of

    plain, curve = (
        few_of(view.settings, "phantoms").images
        for view in (view_of("tiny"), changed(tmp_path, "tiny", learning_curve=CURVE))
    )
    assert curve - 2 >= 4 * (plain - 2) - 4
