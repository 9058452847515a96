"""Searches in study files: what they become, and what is wrong with them."""

import re
from pathlib import Path

import pytest
import yaml

from synthmix.config.generators import trained_generators
from synthmix.search.resolve import all_trained, candidates

RATES = [1e-4, 2e-4, 5e-4]
WHERE = "studies/s.yaml: generators.small.search"


def searched(settings, **search):
    settings["generators"]["small"]["search"] = {"grid": {"learning_rate": RATES}} | search
    return settings


def test_every_point_of_the_grid_is_a_generator(project, settings):
    grid = {"learning_rate": RATES, "latent_dim": [50, 100]}
    project.write(searched(settings, grid=grid))

    generators = project.load().studies["s"].generators
    found = candidates("small", generators["small"].search, 1)
    trained = trained_generators(generators)

    assert list(found.values()) == [
        {"latent_dim": latent, "learning_rate": rate} for latent in (50, 100) for rate in RATES
    ]
    assert list(trained) == ["small", *found]
    for name, point in found.items():
        own = trained[name].model_dump()
        assert own == trained["small"].model_dump() | point
        assert "search" not in own


def test_a_value_more_leaves_the_other_candidates_as_they_are(project, settings):
    project.write(searched(settings))
    before = candidates("small", project.load().studies["s"].generators["small"].search, 1)
    project.write(searched(settings, grid={"learning_rate": [3e-4, *RATES]}))
    after = candidates("small", project.load().studies["s"].generators["small"].search, 1)

    assert len(after) == len(before) + 1
    assert before.items() <= after.items()


def test_a_generator_may_be_searched_in_stages(project, settings):
    stages = [{"learning_rate": RATES}, [{"latent_dim": 50}, {"latent_dim": 100}]]
    settings["generators"]["small"]["search"] = {"stages": stages, "epochs": 7}
    project.write(settings)

    generators = project.load().studies["s"].generators
    second = list(candidates("small", generators["small"].search, 2))
    trained = all_trained(generators)

    assert [trained[name].own for name in second] == [
        {"latent_dim": 50, "epochs": 7},
        {"latent_dim": 100, "epochs": 7},
    ]
    assert {trained[name].chosen_in for name in second} == {("small", 1)}
    assert trained["small"].chosen_in == ("small", 2)
    assert all(name.startswith("small_s2c") for name in second)
    assert [trained_generators(generators)[name].latent_dim for name in second] == [50, 100]


def test_candidates_train_shorter_where_it_is_said(project, settings):
    project.write(searched(settings, epochs=7))

    trained = trained_generators(project.load().studies["s"].generators)

    assert [generator.epochs for generator in trained.values()] == [100, 7, 7, 7]


def test_candidates_may_train_longer_than_what_is_chosen(project, settings):
    project.write(searched(settings, epochs=120))
    trained = trained_generators(project.load().studies["s"].generators)
    assert [each.epochs for each in trained.values()] == [100, 120, 120, 120]


def test_what_is_not_adopted_is_checked_as_it_is_written(settings, mistakes, project):
    settings["generators"] = {"small": {"model": "stylegan2_ada", "epochs": 9, "init_from": "no"}}
    tried = {"grid": {"init_from": [None]}}
    project.write(searched(settings, **tried))
    project.load()
    (found,) = mistakes(searched(settings, **tried, adopt=False))
    assert "there is no file no" in found


def test_the_demo_section_changes_and_drops_what_is_searched(project, settings):
    searched(settings, grid={"learning_rate": RATES, "latent_dim": [50, 100]}, images=500)
    grid = {"learning_rate": [1e-3], "latent_dim": None, "base_channels": [8, 16]}
    settings["demo"]["generators"] = {"small": {"search": {"grid": grid}}}
    project.write(settings)
    demo = project.load(scale="demo").studies["s"].generators["small"].search

    assert demo.grid.varied() == {"base_channels": [8, 16], "learning_rate": [1e-3]}
    assert demo.images == 500

    settings["demo"]["generators"]["small"]["search"] = None
    project.write(settings)
    assert project.load(scale="demo").studies["s"].generators["small"].search is None


@pytest.mark.parametrize(
    ("grid", "mistake"),
    [
        ({"learning_rate": [1e-4, -1]}, ".learning_rate[1]: -1 is too small; it must be above 0"),
        ({"learning_rate": ["1"]}, ".learning_rate[0]: '1' is text, not a number; remove"),
        ({"beta1": [0.5, 1]}, ".beta1[1]: 1 is not between 0 and 1"),
        ({"learning_rate": 1e-4}, ".learning_rate: 0.0001 is not a list; did you mean [0.0001]?"),
        ({"learning_rate": [1e-4, 1e-4]}, ".learning_rate: lists 0.0001 twice"),
        ({"learning_rate": []}, ".learning_rate: has 0 entries; it needs at least 1"),
        (
            {"learning_rat": [1]},
            ".learning_rat: is not a known setting; did you mean",
        ),
        ({"model": ["dcgan"]}, ".model: is not a known setting"),
        ({"devices": [1, 2]}, ".devices: is not a known setting"),
        ({}, ": names no setting to search"),
    ],
)
def test_a_wrong_grid_is_reported_where_it_is_wrong(settings, mistakes, grid, mistake):
    (found,) = mistakes(searched(settings, grid=grid))
    assert found.startswith(f"{WHERE}.grid{mistake}"), found


def test_values_that_do_not_go_together(settings, mistakes):
    levels = {"num_channels": [32, 32], "attention_levels": [False, False]}
    settings["generators"] = {"small": {"model": "diffusion", "epochs": 9} | levels}
    assert mistakes(searched(settings, grid={"num_channels": [[32, 32], [32, 48]]})) == [
        f"{WHERE}.grid: at num_channels: [32, 48]: num_channels (48) must be a multiple of "
        "norm_num_groups (32)"
    ]


def test_values_of_stages_that_do_not_go_together(settings, mistakes):
    levels = {"num_channels": [32, 32], "attention_levels": [False, False]}
    settings["generators"] = {"small": {"model": "diffusion", "epochs": 9} | levels}
    stages = [{"norm_num_groups": [16, 32]}, {"num_channels": [[32, 32], [48, 32]]}]
    settings["generators"]["small"]["search"] = {"stages": stages}
    assert mistakes(settings) == [
        f"{WHERE}.stages[1]: at norm_num_groups: 32, num_channels: [48, 32]: num_channels (48) "
        "must be a multiple of norm_num_groups (32)"
    ]


@pytest.mark.parametrize(
    ("search", "mistake"),
    [
        ({}, ": give either grid, for one stage, or stages"),
        (
            {"grid": {"epochs": [1]}, "stages": [{"epochs": [2]}]},
            ": give either grid, for one stage, or stages",
        ),
        ({"stages": []}, ".stages: has 0 entries; it needs at least 1"),
        ({"stages": [[]]}, ".stages[0]: has 0 entries; it needs at least 1"),
        ({"stages": [[{"epochs": 0}]]}, ".stages[0][0].epochs: 0 is too small"),
        ({"stages": [[{"epoch": 1}]]}, ".stages[0][0].epoch: is not a known setting; did you mean"),
        ({"stages": [[{"epochs": 1}, {"epochs": 1}]]}, ": stage 1 lists a candidate twice"),
        (
            {"stages": [[{"epochs": 1}, {"batch_size": 8}]]},
            ": the candidates of stage 1 must name the same settings, one or more",
        ),
        (
            {"stages": [[{}]]},
            ": the candidates of stage 1 must name the same settings, one or more",
        ),
        ({"stages": ["epochs"]}, ".stages[0]: 'epochs' is not a section of settings or a list"),
    ],
)
def test_wrong_stages_are_reported_where_they_are_wrong(settings, mistakes, search, mistake):
    settings["generators"]["small"]["search"] = search
    (found,) = mistakes(settings)
    assert found.startswith(WHERE + mistake), found


@pytest.mark.parametrize("in_demo", [False, True])
@pytest.mark.parametrize("kind", ["generators", "classifiers"])
def test_a_search_by_its_former_name_is_told_the_new_one(kind, in_demo, settings, mistakes):
    name = next(iter(settings[kind]))
    section = settings["demo"] if in_demo else settings
    entry = section.setdefault(kind, {}).setdefault(name, {})
    entry["sweep"] = {"stages": [{"epochs": [1, 2]}]}
    assert mistakes(settings) == [
        f"studies/s.yaml: {'demo.' if in_demo else ''}{kind}.{name}.sweep: is called search now: "
        "write search, and leave what stands below it as it is"
    ]


@pytest.mark.parametrize("number", range(2))
def test_the_examples_of_the_documentation_can_be(number, settings, project):
    page = Path(__file__).parents[2] / "docs" / "search.md"
    example = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)[number])
    project.write(settings | example)
    for kind, entries in example.items():
        assert list(getattr(project.load().studies["s"], kind)) == list(entries)


def test_joint_and_separate_models_are_not_searched_together(settings, mistakes):
    settings["generators"] = {"small": {"model": "diffusion", "epochs": 9}}
    (found,) = mistakes(searched(settings, grid={"conditional": [True, False]}))
    assert found.startswith(f"{WHERE}.grid: must not decide whether one model learns all classes")


def test_scores_have_names(settings, mistakes, project):
    settings["scores"] = {"network": "own"}
    assert mistakes(searched(settings, score="fid")) == [
        f"{WHERE}.score: 'fid' is not one of the scores to choose by: distance, kernel_distance, "
        "frechet_distance_own_features, kernel_distance_own_features, precision, recall, density, "
        "coverage; or a loss of the model's history, a name that ends in _loss or begins with loss_"
    ]
    for score in ("distance", "kernel_distance_own_features", "coverage", "generator_loss"):
        project.write(searched(settings, score=score))
        assert project.load().studies["s"].generators["small"].search.score == score


def test_fid_needs_the_network_it_is_named_after(settings, project):
    weights = project.write("", "inception.pth")
    settings["scores"] = {"network": "inception", "weights": str(weights)}
    project.write(searched(settings, score="fid"))
    assert project.load().studies["s"].generators["small"].search.score == "fid"


@pytest.mark.parametrize(
    ("search", "mistake"),
    [
        ({"epochs": 5, "grid": {"epochs": [5, 10]}}, ".epochs: are searched too: remove them"),
        ({"images": 3}, ".images: 3 is too small; it must be at least 4"),
    ],
)
def test_epochs_and_images(settings, mistakes, search, mistake):
    (found,) = mistakes(searched(settings, **search))
    assert found.startswith(WHERE + mistake), found


def test_no_generator_is_called_as_a_candidate_is(settings, mistakes, project):
    project.write(searched(settings))
    name = next(
        iter(candidates("small", project.load().studies["s"].generators["small"].search, 1))
    )
    settings["generators"][name] = {"model": "dcgan", "epochs": 1}
    assert mistakes(settings) == [
        f"studies/s.yaml: generators.{name}: a candidate in the search of small has that name: "
        "choose another one"
    ]


def test_what_is_wrong_with_all_candidates_is_said_once(settings, mistakes):
    settings["prepare"]["image_size"] = 100
    settings["generators"]["small"]["search"] = {"grid": {"latent_dim": [10, 20]}}
    assert mistakes(settings) == [
        "studies/s.yaml: prepare: generator small: DCGAN needs an image_size that is a power of "
        "two from 16 to 1024, not 100"
    ]


def test_a_file_to_start_from_that_is_not_there(settings, mistakes):
    settings["generators"] = {"small": {"model": "stylegan2_ada", "epochs": 9}}
    assert mistakes(searched(settings, grid={"init_from": [None, "no.pkl"]})) == [
        f"{WHERE}.grid.init_from: there is no file no.pkl"
    ]


def test_editors_know_the_grid(settings, editors):
    assert editors.is_valid(searched(settings))
    settings["demo"]["generators"] = {"small": {"search": {"grid": {"learning_rate": None}}}}
    assert editors.is_valid(settings)
    assert not editors.is_valid(searched(settings, grid={"learning_rate": [-1]}))
    assert not editors.is_valid(searched(settings, grid={"rate": [1]}))
