"""What single data sets have otherwise than their study."""

import pytest


@pytest.fixture
def two(settings):
    """A valid study of two data sets, with classifiers and nothing else."""
    films = settings["datasets"]["films"]
    for part in ("mixes", "generators", "test_sample", "positive_class"):
        del settings[part]
    settings["datasets"] = {"old": films, "new": films}
    settings["classifiers"]["other"] = {"network": "resnet18", "unfrozen_layers": 0}
    return settings


def views(project, **config):
    return {name: view for (_, name), view in project.load(**config).views.items()}


def test_without_their_own_all_have_the_settings_of_the_study(two, project):
    project.write(two)
    found = views(project)
    assert list(found) == ["old", "new"]
    assert found["old"] == found["new"] == project.load().studies["s"]


def test_own_settings_go_over_those_of_the_study(two, project):
    two["per_dataset"] = {
        "new": {"classifiers": {"vgg": {"epochs": 7}}, "positive_class": "cancer"}
    }
    project.write(two)
    found = views(project)
    assert found["new"].classifiers["vgg"].epochs == 7
    assert found["new"].classifiers["vgg"].unfrozen_layers == 3
    assert found["new"].positive_class == "cancer"
    assert list(found["new"].datasets) == ["new"]
    assert found["old"].classifiers["vgg"].epochs == 100
    assert found["old"].positive_class is None
    assert list(project.load().studies["s"].datasets) == ["old", "new"]


def test_nothing_in_the_place_of_a_name_leaves_it_out(two, project):
    two["per_dataset"] = {"new": {"classifiers": {"other": None}}}
    two["demo"]["classifiers"] = {"vgg": None}
    two["demo"]["per_dataset"] = {"new": {"classifiers": {"vgg": {"unfrozen_layers": 1}}}}
    two["demo"]["per_dataset"]["new"]["classifiers"]["vgg"]["network"] = "resnet34"
    project.write(two)
    found = views(project)
    assert list(found["new"].classifiers) == ["vgg"]
    assert list(found["old"].classifiers) == ["vgg", "other"]
    found = views(project, scale="demo")
    assert list(found["old"].classifiers) == ["other"]
    assert found["new"].classifiers["vgg"].network == "resnet34"


def test_the_demo_section_goes_over_what_data_sets_have_at_paper_scale(two, project):
    two["per_dataset"] = {"new": {"classifiers": {"vgg": {"epochs": 300}}}}
    two["demo"]["classifiers"] = {"vgg": {"epochs": 3}}
    project.write(two)
    assert {v.classifiers["vgg"].epochs for v in views(project, scale="demo").values()} == {3}
    two["demo"]["per_dataset"] = {"old": {"classifiers": {"vgg": {"epochs": 2}}}}
    project.write(two)
    found = views(project, scale="demo")
    assert [found[name].classifiers["vgg"].epochs for name in ("old", "new")] == [2, 3]


@pytest.mark.parametrize("small", [{"epochs": 3}, None])
def test_the_demo_section_brings_nothing_back_that_a_data_set_leaves_out(two, project, small):
    two["classifiers"]["third"] = two["classifiers"]["vgg"]
    two["per_dataset"] = {"new": {"classifiers": {"other": None}}}
    two["demo"]["classifiers"] = {"other": small}
    project.write(two)
    found = views(project, scale="demo")
    assert list(found["new"].classifiers) == ["vgg", "third"]
    assert ("other" in found["old"].classifiers) == (small is not None)


def test_a_section_that_a_data_set_leaves_out_stays_out(settings, project):
    settings["datasets"]["more"] = settings["datasets"]["films"]
    settings["per_dataset"] = {"more": {"mixes": None}}
    settings["demo"]["mixes"] = {"train_images": 100}
    project.write(settings)
    found = views(project, scale="demo")
    assert found["more"].mixes is None
    assert found["films"].mixes.train_images == 100


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"newer": {}}, "per_dataset.newer: 'newer' is not one of the data sets of this study:"),
        ({"newer": {}}, "did you mean new?"),
        ({"new": 3}, "per_dataset.new: 3 is not a section of settings"),
        ({"new": {"title": "x"}}, "per_dataset.new.title: is the same for all data sets"),
        (
            {"new": {"classifiers": {"vgg": {"epochs": 0}}}},
            "per_dataset.new.classifiers.vgg.epochs: 0 is too small",
        ),
        (
            {"new": {"clasifiers": {}}},
            "per_dataset.new.clasifiers: is not a known setting; did you mean classifiers?",
        ),
        (
            {"new": {"positive_class": "cance"}},
            "per_dataset.new.positive_class: 'cance' is not one of the classes of data set new:",
        ),
    ],
)
def test_mistakes_are_told_where_they_stand(two, mistakes, own, message):
    two["per_dataset"] = own
    assert any(message in line for line in mistakes(two))


def test_mistakes_of_the_demo_are_told_where_they_stand(two, mistakes):
    two["demo"]["per_dataset"] = {"old": {"classifiers": {"vgg": {"epochs": "2"}}}}
    (line,) = mistakes(two)
    assert "demo.per_dataset.old.classifiers.vgg.epochs: '2' is text, not a whole number" in line


def test_a_mistake_of_the_study_is_told_once(two, mistakes):
    two["per_dataset"] = {"new": {"classifiers": {"other": None}}}
    two["classifiers"]["vgg"]["epochs"] = 0
    (line,) = mistakes(two)
    assert line.startswith("studies/s.yaml: classifiers.vgg.epochs: 0 is too small")


def test_editors_know_what_data_sets_may_have(two, editors):
    two["per_dataset"] = {"new": {"classifiers": {"other": None}}}
    two["demo"]["per_dataset"] = {"old": {"split": {"train": 0.5}, "generators": {}}}

    editors.validate(two)
