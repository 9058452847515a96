"""Fair controls: what mixes with synthetic images are held against."""

import warnings

import pytest

STUDIES = ("imbalance", "mammography", "mri_qc", "skin_lesions", "transfer_learning")
COPIES = {"model": "resampling", "method": "random_over_sampling"}


@pytest.fixture
def fair(settings):
    """A valid study that says nothing of controls."""
    del settings["controls"]
    settings["mixes"]["generators"] = ["small"]
    return settings


def test_copies_stand_beside_every_generator_by_default(fair, project):
    fair["additions"] = {"ratios": [1]}
    project.write(fair)
    study = project.load().studies["s"]
    assert (study.copies, list(study.generators)) == ("copies", ["small", "copies"])
    assert study.generators["copies"].makes_copies
    with warnings.catch_warnings():  # of a model that no study file can have
        warnings.simplefilter("error")
        assert study.model_dump()["generators"]["copies"]["method"] == COPIES["method"]
    names = [mix.name for mix in study.plan()]
    shares = "normal50-benign25-cancer25"
    assert {f"copies-{shares}-real5", f"copies-{shares}-real50", "copies-added100"} <= set(names)
    pairs = {(one.mix, one.baseline) for one in study.plan_comparisons() if one.is_pair}
    assert ("small-added100", "copies-added100") in pairs
    assert len(pairs) == 3
    # and in the same way at other scales
    assert "copies" in project.load(scale="demo").studies["s"].generators
    assert "copies" in project.load(scale="rehearsal").studies["s"].generators


def test_copies_that_a_study_has_are_taken(fair, project):
    fair["generators"]["again"] = COPIES
    project.write(fair)
    study = project.load().studies["s"]
    assert (study.copies, list(study.generators)) == ("again", ["small", "again"])
    assert [mix.generator for mix in study.plan()] == ["small"] * 2 + ["again"] * 2 + [None]


def test_nothing_is_added_where_there_is_nothing_to_hold_copies_against(fair, project):
    fair["controls"] = {"copies": False}
    project.write(fair)
    assert list(project.load().studies["s"].generators) == ["small"]
    fair["generators"], fair["controls"] = {"small": COPIES}, {}
    project.write(fair)
    study = project.load().studies["s"]
    assert (list(study.generators), study.copies) == (["small"], None)
    fair["generators"], fair["mixes"] = {"small": {"model": "dcgan", "epochs": 1}}, None
    project.write({name: value for name, value in fair.items() if name != "mixes"})
    assert list(project.load().studies["s"].generators) == ["small"]


def test_a_name_that_is_taken_is_told(fair, mistakes):
    fair["generators"]["copies"] = {"model": "resampling", "method": "smote"}
    (line,) = mistakes(fair)
    assert "controls.copies: adds a generator called copies, and there is another one" in line
    del fair["generators"]["copies"]
    fair["selections"] = {"copies": {"method": "tomek_links"}}
    (line,) = mistakes(fair)
    assert "selections.copies: a generator has that name already" in line
    fair["selections"] = {}
    fair["evaluation"] = {"families": {"copies": ["small"]}}
    (line,) = mistakes(fair)
    assert "evaluation.families.copies: every study has a family of that name already" in line


def test_validation_is_on_real_images_unless_a_study_says_how_many_others(fair, project, mistakes):
    del fair["mixes"]["validation"]
    (line,) = mistakes(fair)
    assert "mixes.validation_images: means nothing where mixes are validated on the real" in line
    del fair["mixes"]["validation_images"]
    project.write(fair)
    mixes = project.load().studies["s"].plan()
    assert {mix.validation_images for mix in mixes} == {None}
    project.load(scale="rehearsal")
    fair["mixes"]["validation"] = "mixed"
    (line,) = mistakes(fair)
    assert "mixes.validation_images: is missing: with validation: mixed" in line


@pytest.mark.parametrize("name", STUDIES)
def test_the_studies_have_controls_and_as_published_none(name, configured):
    as_published = configured(f"{name}_as_published").controls
    assert (as_published.equal_steps, as_published.copies) == (False, False)
    fair = configured(name).controls
    assert (fair.equal_steps, fair.copies) == (True, True)


@pytest.fixture(scope="module")
def configured():
    """A function that returns a study of the project at paper scale."""
    from functools import cache
    from pathlib import Path

    from synthmix.config.load import load

    root = Path(__file__).parents[2]
    return cache(
        lambda name: load({"studies": [name], "scale": "paper"}, root, needed=()).studies[name]
    )
