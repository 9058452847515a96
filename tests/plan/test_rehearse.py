"""What a rehearsal stands in for, and what it cannot prove."""

import plan_data
from synthmix.plan.rehearse import counts, is_drawn, knows_counts, stood_in_for, unproven


def plan_of(study, **config):
    return plan_data.plan_of(study, scale="rehearsal", data_dir="none_such", **config)


def test_what_is_not_there_is_stood_in_for_and_told():
    lines = stood_in_for(plan_of("mammography_as_published"), "mammography_as_published")
    start = "the raw files of mammography_as_published/mammograms"
    assert f"{start} (mini_ddsm) by drawn images" in lines
    assert any(line.startswith("the weights vgg16-imagenet by random ones") for line in lines)
    assert not stood_in_for(plan_of("tests/studies/tiny.yaml"), "tiny")


def test_counts_are_those_of_the_study_as_it_is_written():
    (view,) = plan_of("mammography_as_published").asked
    asked = counts(view)
    assert is_drawn(view)
    assert knows_counts(view)
    assert asked["published"] == dict(view.data.published_images)
    written = {mix.name: mix.to_dict() for mix in view.written.plan()}
    assert {mix["name"]: mix for mix in asked["mixes"]} == written
    assert len(asked["mixes"]) > len(view.mixes)


def test_what_the_study_does_not_print_is_listed_as_unproven():
    plan = plan_of("skin_lesions_as_published")
    assert not any(knows_counts(view) for view in plan.asked)
    assert any(
        "how many images there are" in line for line in unproven(plan, "skin_lesions_as_published")
    )


def test_of_seeds_and_folds_there_is_one_unless_all_are_asked_for():
    one = plan_of("mri_qc_as_published", seeds=[1, 2])
    every = plan_of("mri_qc_as_published", seeds=[1, 2], rehearse="all")
    assert (one.seeds, every.seeds) == ([1], [1, 2])
    assert {len(view.folds) for view in one.asked} == {1}
    assert {len(view.folds) for view in every.asked} == {10}
