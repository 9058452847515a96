"""Studies that go over another one's file."""

import pytest

from synthmix.config.load import load
from synthmix.published.rows import COLUMNS


@pytest.fixture
def base(project, settings):
    """The valid study as studies/base.yaml, of two data sets and two classifiers; its settings."""
    settings["datasets"]["more"] = dict(settings["datasets"]["films"], path="data/more")
    settings["classifiers"]["other"] = {"network": "resnet18", "unfrozen_layers": 0}
    project.write(settings, "studies/base.yaml")
    return settings


@pytest.fixture
def child(project, base):
    """Write a study that extends the base, and return how it is read."""

    def extend(scale="paper", **settings):
        project.write({"extends": "base"} | settings)
        return project.load(scale=scale)

    return extend


def test_a_study_has_what_it_extends(child, project):
    study = child().studies["s"]
    base = project.load(studies=["base"]).studies["base"]

    assert study == base


def test_its_own_settings_go_over_those_of_the_base(child):
    study = child(
        title="Wider",
        classifiers={"vgg": {"epochs": 7}, "third": {"network": "resnet34", "unfrozen_layers": 0}},
    ).studies["s"]

    assert study.title == "Wider"
    assert study.classifiers["vgg"].epochs == 7
    assert study.classifiers["vgg"].unfrozen_layers == 3
    assert list(study.classifiers) == ["vgg", "other", "third"]
    assert study.mixes.train_images == 200


def vgg_for(epochs):
    return {"classifiers": {"vgg": {"epochs": epochs}}}


OF_BASE = {"per_dataset": {"more": vgg_for(3)}}


@pytest.mark.parametrize(
    ("scale", "of_base", "of_child", "epochs"),
    [
        ("paper", {}, {}, 1),
        ("paper", OF_BASE, {}, 3),
        ("demo", OF_BASE | {"demo": vgg_for(5)}, {}, 5),
        ("demo", {"demo": vgg_for(5) | OF_BASE}, {}, 3),
        ("paper", {}, vgg_for(2), 2),
        ("paper", OF_BASE, vgg_for(2), 3),
        ("paper", OF_BASE, {"per_dataset": {"more": vgg_for(4)}}, 4),
        ("demo", {"demo": vgg_for(5)}, vgg_for(2), 5),
        ("demo", {"demo": vgg_for(5)}, {"per_dataset": {"more": vgg_for(4)}}, 5),
        ("demo", {"demo": vgg_for(5)}, {"demo": vgg_for(6)}, 6),
        ("demo", {"demo": vgg_for(5) | OF_BASE}, {"demo": vgg_for(6)}, 3),
        ("demo", {"demo": OF_BASE}, {"demo": {"per_dataset": {"more": vgg_for(8)}}}, 8),
    ],
)
def test_layers_lie_section_by_section(project, base, child, scale, of_base, of_child, epochs):
    base["classifiers"]["vgg"]["epochs"] = 1
    project.write(base | {"demo": {}} | of_base, "studies/base.yaml")

    views = child(scale, **of_child).views
    assert views["s", "more"].classifiers["vgg"].epochs == epochs


def test_what_is_left_out_is_in_no_later_section_of_the_base(project, base, child):
    small = {"classifiers": {"other": {"epochs": 2}}, "generators": {"small": {"epochs": 3}}}
    base["per_dataset"] = {"more": {"classifiers": {"other": {"epochs": 4}}}}
    base["demo"] = small | {"per_dataset": {"more": {"classifiers": {"other": {"epochs": 1}}}}}
    project.write(base, "studies/base.yaml")
    gone = {"classifiers": {"other": None}, "mixes": None, "generators": {"small": None}}
    for scale in ("paper", "demo"):
        views = child(scale, **gone).views
        for dataset in ("films", "more"):
            assert list(views["s", dataset].classifiers) == ["vgg"]
            assert views["s", dataset].generators == {}
            assert views["s", dataset].mixes is None

    views = child("demo", per_dataset={"more": {"classifiers": {"other": None}}}).views
    assert list(views["s", "more"].classifiers) == ["vgg"]
    assert views["s", "films"].classifiers["other"].epochs == 2
    views = child("demo", demo={"classifiers": {"other": None}}).views
    assert list(views["s", "more"].classifiers) == ["vgg"]


def test_what_a_data_set_of_the_base_lacks_may_be_brought_back(project, base, child):
    base["per_dataset"] = {"more": {"classifiers": {"other": None}}}
    base["demo"] = {"classifiers": {"other": {"epochs": 2}}}
    project.write(base, "studies/base.yaml")
    assert list(child("demo").views["s", "more"].classifiers) == ["vgg"]
    whole = {"network": "resnet34", "unfrozen_layers": 0, "epochs": 20}
    views = child("demo", per_dataset={"more": {"classifiers": {"other": whole}}}).views
    assert views["s", "more"].classifiers["other"].epochs == 2
    assert views["s", "more"].classifiers["other"].network == "resnet34"


def test_an_entry_of_another_kind_has_nothing_of_the_demo_of_the_base(project, base, child):
    base["demo"] = {"generators": {"small": {"epochs": 2, "latent_dim": 4}}}
    project.write(base, "studies/base.yaml")
    other = {"model": "resampling", "method": "smote", "epochs": 1}
    study = child("demo", generators={"small": other}).studies["s"]

    assert study.generators["small"].model == "resampling"


@pytest.mark.parametrize("scale", ["paper", "demo"])
def test_a_loss_of_another_name_has_no_settings_of_the_former(project, base, child, scale):
    base["classifiers"]["vgg"]["loss"] = {"name": "focal", "gamma": 3}
    base["demo"] = {"classifiers": {"vgg": {"loss": {"gamma": 1}}}}
    project.write(base, "studies/base.yaml")
    own = {"name": "bilinear", "cost_matrix": "by_rarity", "cross_entropy_share": 0.5}

    study = child(scale, classifiers={"vgg": {"loss": own}}).studies["s"]
    assert study.classifiers["vgg"].loss.model_dump() == own
    study = child(scale, classifiers={"vgg": {"loss": {"name": "focal"}}}).studies["s"]
    assert study.classifiers["vgg"].loss.gamma == (3 if scale == "paper" else 1)


@pytest.mark.parametrize("scale", ["paper", "demo"])
def test_what_names_something_else_can_be_left_out_with_it(project, base, child, editors, scale):
    base["generators"]["other"] = {"model": "dcgan", "epochs": 3}
    base["baselines"] = {"weighted": {"class_weights": "balanced"}}
    base["selections"] = {"links": {"method": "tomek_links"}}
    base["additions"] = {
        "fill": [1],
        "trained_as": {"small": "weighted"},
        "after_removal": {"links": ["small"]},
    }
    base["evaluation"] = {"families": {"first": ["small"], "second": ["other"]}}
    base["demo"] = {"evaluation": {"families": {"first": ["small", "links"]}}}
    project.write(base, "studies/base.yaml")
    gone = {
        "generators": {"small": None},
        "additions": {"trained_as": {"small": None}, "after_removal": {"links": None}},
        "evaluation": {"families": {"first": None}},
    }
    editors.validate({"extends": "base"} | gone)

    study = child(scale, **gone).studies["s"]
    assert study.evaluation.families == {"second": ["other"]}
    assert (study.additions.trained_as, study.additions.after_removal) == ({}, {})


def test_a_value_may_be_none(project, base, child):
    base["classifiers"]["vgg"]["augmentation"] = {"horizontal_flip": True, "zoom": 0.2}
    base["demo"] = {"classifiers": {"vgg": {"augmentation": {"zoom": 0.1}}}}
    project.write(base, "studies/base.yaml")
    plain = {"positive_class": None, "classifiers": {"vgg": {"augmentation": None}}}
    for scale in ("paper", "demo"):
        study = child(scale, **plain).studies["s"]
        assert study.positive_class is None
        assert study.classifiers["vgg"].augmentation is None


def test_data_sets_come_and_go(project, base, child):
    base["per_dataset"] = {"more": {"classifiers": {"vgg": {"epochs": 4}}}}
    base["demo"] = {"datasets": {"more": dict(base["datasets"]["more"], path="data/few")}}
    project.write(base, "studies/base.yaml")
    third = dict(base["datasets"]["films"], path="data/third")
    for scale in ("paper", "demo"):
        found = child(scale, datasets={"more": None, "third": third})
        assert [dataset for study, dataset in found.views if study == "s"] == ["films", "third"]
        assert list(found.studies["s"].datasets) == ["films", "third"]

    found = child("demo", demo={"datasets": {"more": None}})
    assert list(found.studies["s"].datasets) == ["films"]


def test_without_a_demo(project, base, child):
    found = child(demo=None)
    assert "s" in found.studies
    elsewhere = load({"studies": ["base"], "scale": "demo"}, project.root)
    assert "s" not in elsewhere.others
    assert elsewhere.others_wrong == ""


def test_the_demo_of_the_base_counts(child):
    assert child("demo").studies["s"].prepare.image_size == 32


def test_chains(project, child):
    project.write({"extends": "base", "classifiers": {"vgg": {"epochs": 6}}}, "studies/middle.yaml")
    study = child(extends="middle", classifiers={"vgg": {"unfrozen_layers": 1}}).studies["s"]

    assert (study.classifiers["vgg"].epochs, study.classifiers["vgg"].unfrozen_layers) == (6, 1)


def test_deviations_are_of_one_file(project, base, child):
    of_base = {"what": "They took 256.", "why": "No memory.", "effect": "None."}
    base["deviations"] = [of_base]
    base["published_values"] = "comparable"
    row = dict.fromkeys(COLUMNS, "") | {"table": "6", "of": "none", "note": "A figure."}
    project.write(f"{','.join(COLUMNS)}\n{','.join(row.values())}\n", "studies/base.csv")
    base["published"] = "base.csv"
    project.write(base, "studies/base.yaml")

    assert child().studies["s"].deviations == []
    own = of_base | {"table": "6"}
    study = child(deviations=[own], published_values="context").studies["s"]
    assert [deviation.table for deviation in study.deviations] == ["6"]
    assert study.published_values == "context"


def test_deviations_are_of_tables_that_there_are(project, base, child, mistakes):
    row = dict.fromkeys(COLUMNS, "") | {"table": "5.8", "of": "none", "note": "A figure."}
    project.write(f"{','.join(COLUMNS)}\n{','.join(row.values())}\n", "studies/published/base.csv")
    one = {"what": "They took 256.", "why": "No memory.", "effect": "None.", "table": "5.8"}
    known = {"extends": "base", "published": "published/base.csv", "deviations": [one]}
    assert child(**known).studies["s"].deviations[0].table == "5.8"

    (line,) = mistakes(known | {"deviations": [one, one | {"table": "5.9"}]})
    assert line == (
        "studies/s.yaml: deviations[1].table: '5.9' is not one of the tables in "
        "published/base.csv: 5.8; did you mean 5.8?"
    )
    (line,) = mistakes({"extends": "base", "deviations": [one]})
    assert line.startswith("studies/s.yaml: deviations: stand beside published values, and there ")


def test_published_values_lie_beside_the_file_that_names_them(project, base, tmp_path_factory):
    file = project.write(",".join(COLUMNS) + "\n", "studies/published/base.csv")
    project.write(base | {"published": "published/base.csv"}, "studies/base.yaml")
    project.write({"extends": "base"})
    found = project.load()
    assert found.study_files["s"].parent / found.studies["s"].published == file

    elsewhere = tmp_path_factory.mktemp("elsewhere") / "s.yaml"
    elsewhere.write_text(f"extends: {project.root}/studies/../studies/base.yaml\n")
    found = project.load(studies=[str(elsewhere)])
    assert elsewhere.parent / found.studies["s"].published == file


def test_a_base_may_be_named_by_its_path_from_the_study(project, base):
    project.write({"extends": "../studies/base.yaml"}, "mine/s.yaml")

    assert project.load(studies=["mine/s.yaml"]).studies["s"].title == "Mammograms"


def test_on_a_node_the_base_is_read_for_the_study_that_needs_it(project, child):
    child()
    found = load({"studies": [], "scale": "paper"} | {"studies": ["base"]}, project.root)
    assert set(found.others) == {"s"}
    project.write(project.root.joinpath("studies/base.yaml").read_text(), "studies/third.yaml")
    found = load({"studies": ["third"], "scale": "paper"}, project.root, needed={"s"})
    assert set(found.others) == {"s"}


# Mistakes


@pytest.mark.parametrize(
    ("extends", "message"),
    [
        ("bases", "there is no study 'bases'; known studies: base, s; did you mean base?"),
        ("../base.yaml", "there is no file '../base.yaml'; "),
        (3, "3 is no study: write the name of a study beside this one, or the path of its file"),
        (None, "nothing is no study: "),
        ("s", "leads back to where it began: studies/s.yaml extends studies/s.yaml"),
    ],
)
def test_a_base_that_is_not_there(base, mistakes, extends, message):
    (line,) = mistakes({"extends": extends})

    assert line.startswith(f"studies/s.yaml: extends: {message}")


def test_a_circle(project, mistakes):
    project.write({"extends": "s"}, "studies/base.yaml")

    assert mistakes({"extends": "base"}) == [
        "studies/base.yaml: extends: leads back to where it began: studies/s.yaml extends "
        "studies/base.yaml extends studies/s.yaml"
    ]


def test_a_mistake_is_told_of_the_file_that_has_it(project, base, mistakes):
    base["classifiers"]["vgg"]["epochs"] = 0
    base["demo"] = {"generators": {"small": {"epoch": 3}}}
    project.write(base, "studies/base.yaml")

    lines = mistakes({"extends": "base", "classifiers": {"other": {"epochs": "3"}}})
    assert [line.split(": ")[:2] for line in lines] == [
        ["studies/base.yaml", "classifiers.vgg.epochs"],
        ["studies/base.yaml", "demo.generators.small.epoch"],
        ["studies/s.yaml", "classifiers.other.epochs"],
    ]
    assert not any("extends it" in line for line in lines)


def test_yaml_of_a_base_is_placed(project, mistakes):
    project.write("title: [", "studies/base.yaml")

    (line,) = mistakes({"extends": "base"})
    assert line.startswith("studies/base.yaml: line 1, column 9: is not YAML")


def test_what_fits_until_it_is_extended(base, mistakes):
    own = {"datasets": {"films": None, "more": dict(base["datasets"]["more"])}}
    own["datasets"]["more"]["classes"] = {"normal": ["N"], "cancer": ["C"]}

    lines = mistakes({"extends": "base"} | own)
    assert lines
    for line in lines:
        assert line.startswith("studies/base.yaml: ")
        assert line.endswith(" (as studies/s.yaml extends it)")


def test_what_neither_has(project, settings, mistakes):
    del settings["title"]
    project.write(settings, "studies/base.yaml")

    (line,) = mistakes({"extends": "base"})
    assert line.startswith("studies/s.yaml: title: is missing")


def test_a_partial_entry_of_nothing(base, mistakes):
    (line,) = mistakes({"extends": "base", "classifiers": {"vggg": {"epochs": 3}}})

    assert line.startswith("studies/s.yaml: classifiers.vggg.network: is missing")


@pytest.mark.parametrize(
    ("section", "kind"),
    [("generators", "a section of settings"), ("evaluation.families", "a list")],
)
def test_what_is_left_out_has_to_be_there(base, mistakes, section, kind):
    own = {"nobody": None}
    for key in reversed(section.split(".")):
        own = {key: own}

    (line,) = mistakes({"extends": "base"} | own)
    assert line == (
        f"studies/s.yaml: {section}.nobody: has no value; it must be {kind}, and there is nothing "
        "of that name to be left out"
    )


def test_data_sets_that_were_left_out_have_no_settings(base, mistakes):
    own = {"datasets": {"more": None}, "per_dataset": {"more": {"positive_class": None}}}

    (line,) = mistakes({"extends": "base"} | own)
    assert line.startswith("studies/s.yaml: per_dataset.more: 'more' is not one of the data sets")


@pytest.mark.parametrize("key", ["extends", "deviations"])
def test_what_is_of_the_whole_study(base, mistakes, key):
    (line,) = mistakes({"extends": "base", "demo": {key: "base"}})
    assert line == f"studies/s.yaml: demo.{key}: is of the whole study: move it up"

    (line,) = mistakes({"extends": "base", "per_dataset": {"more": {key: "base"}}})
    assert line.endswith(f"per_dataset.more.{key}: is the same for all data sets: move it up")


def test_a_broken_base_is_told_once_and_stops_all_that_extend_it(project, settings, base):
    project.write(settings, "studies/whole.yaml")
    project.write({"extends": "base"})
    base["classifiers"]["vgg"]["epochs"] = 0
    project.write(base, "studies/base.yaml")

    found = project.load(studies=["whole"])
    assert found.wrong_names == {"base", "s"}
    assert found.others_wrong.count("studies/base.yaml: classifiers.vgg.epochs") == 1
