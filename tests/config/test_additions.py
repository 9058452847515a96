"""Additions to real images, and other ways to train on these."""

import re
from pathlib import Path

import pytest
import yaml


def names(project, **config):
    return [mix.name for mix in project.load(**config).studies["s"].plan()]


def test_additions_stand_beside_mixes_or_alone(settings, project):
    settings["additions"] = {"fill": [0.5, 1], "ratios": [0.25]}
    project.write(settings)
    added = ["small-filled50", "small-filled", "small-added25", "real_only"]
    assert names(project)[-4:] == added
    assert "real_only-normal50-benign25-cancer25" in names(project)
    del settings["mixes"]
    project.write(settings)
    assert names(project) == added


def test_each_section_may_name_its_generators(settings, project, mistakes):
    settings["generators"]["copies"] = {
        "model": "resampling", "method": "random_over_sampling", "epochs": 1,
    }  # fmt: skip
    settings["mixes"]["generators"] = ["small"]
    settings["additions"] = {"fill": [1], "generators": ["copies"]}
    project.write(settings)
    assert names(project)[0].startswith("small-")
    assert [name for name in names(project) if name.startswith("copies")] == ["copies-filled"]
    settings["additions"]["generators"] = ["copied"]
    (line,) = mistakes(settings)
    assert "additions.generators[0]: 'copied' is not one of the generators of this study" in line


def test_baselines_are_real_images_trained_on_otherwise(settings, project):
    settings["baselines"] = {"weighted": {"class_weights": "balanced", "epochs": 3}}
    project.write(settings)
    study = project.load().studies["s"]
    assert study.baselines["weighted"].given() == {"class_weights": "balanced", "epochs": 3}
    (mix,) = [mix for mix in study.plan() if mix.training]
    assert (mix.name, mix.baseline, mix.is_baseline) == ("weighted", "real_only", False)


def test_what_is_added_has_a_size(settings, mistakes):
    settings["additions"] = {}
    assert any("additions: adds nothing" in line for line in mistakes(settings))


@pytest.mark.parametrize(
    ("baselines", "message"),
    [
        ({"w": {"network": "vgg16"}}, "baselines.w.network: is not a known setting"),
        ({"w": {"epochs": 0}}, "baselines.w.epochs: 0 is too small"),
        ({"w": {"unfrozen_layers": 99}}, "baselines.w.unfrozen_layers: "),
        (
            {"w": {"volume_augmentation": {"noise": 0.1}}},
            "baselines.w.volume_augmentation: is not for pictures",
        ),
        ({"small": {"epochs": 2}}, "baselines.small: a generator has that name already"),
        ({"real_only": {"epochs": 2}}, "baselines.real_only: the baseline has that name already"),
    ],
)
def test_baselines_that_cannot_be(settings, mistakes, baselines, message):
    settings["baselines"] = baselines
    assert any(message in line for line in mistakes(settings))


def test_baselines_are_for_classifiers(settings, mistakes):
    for part in ("mixes", "classifiers", "positive_class"):
        del settings[part]
    settings["baselines"] = {"weighted": {"class_weights": "balanced"}}
    (line,) = mistakes(settings)
    assert "classifiers: is missing: baselines are other ways to train them" in line


def test_a_baseline_is_of_what_a_classifier_starts_from_too(settings, project, mistakes):
    settings["classifiers"]["tuned"] = {"starts_from": "vgg"}
    settings["baselines"] = {"fewer": {"unfrozen_layers": 2}}
    project.write(settings)
    assert "fewer" in names(project)
    settings["classifiers"]["tuned"]["unfrozen_layers"] = 1
    assert any("classifiers.tuned.unfrozen_layers: vgg trains 3" in m for m in mistakes(settings))


def test_copies_of_training_images_validate_nothing(settings, project):
    settings["generators"]["copies"] = {
        "model": "resampling", "method": "random_over_sampling", "epochs": 1,
    }  # fmt: skip
    settings["additions"] = {"fill": [1], "validation": "added"}
    project.write(settings)
    mixes = {mix.name: mix for mix in project.load().studies["s"].plan()}
    assert mixes["small-filled"].adds_to_validation
    assert not mixes["copies-filled"].adds_to_validation


def test_the_examples_of_the_documentation_can_be(settings, project):
    page = Path(__file__).parents[2] / "docs" / "studies.md"
    examples = [
        yaml.safe_load(text)
        for text in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)
    ]
    compared, controlled, repeated, shared, judged, _, own = (
        one for one in examples if "extends" not in one
    )
    compared["baselines"]["focal"] = {"loss": {"name": "focal"}}
    del settings["mixes"]
    project.write(settings | compared | controlled | repeated | shared | judged)
    assert project.load().studies["s"].evaluation.verdict == "macro_f1"
    assert {"dcgan-filled", "copies-added50", "weighted", "focal"} <= set(names(project))
    settings["datasets"]["cifar10"] = settings["datasets"]["films"]
    settings["generators"] = {"deepsmote": {"model": "deepsmote", "epochs": 3}}
    settings["classifiers"]["squeezenet"] = {"network": "squeezenet1_1", "unfrozen_layers": 0}
    settings["demo"]["classifiers"] = {"squeezenet": {"epochs": 2}}
    project.write(settings | own)
    views = {name: view for (_, name), view in project.load(scale="demo").views.items()}
    assert views["cifar10"].generators["deepsmote"].latent_dim == 1200
    assert list(views["cifar10"].classifiers) == ["vgg"]
    assert views["films"].classifiers["squeezenet"].epochs == 2
