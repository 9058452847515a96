import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from synthmix.config.overlay import lay_over
from synthmix.errors import UserError
from synthmix.generate.models.weights_file import Header
from synthmix.published.rows import COLUMNS

SHARES = {"normal": 0.5, "benign": 0.25, "cancer": 0.25}


def test_a_valid_configuration(project, settings):
    file = project.write(settings)

    configuration = project.load(scale="demo", device="cpu")

    assert configuration.workflow.device == "cpu"
    assert configuration.study_files == {"s": file}
    assert configuration.studies["s"].title == "Mammograms"


def test_the_command_line_gives_text(project, settings):
    project.write(settings)
    project.write(settings, "studies/t.yaml")

    configuration = project.load(studies="s,t", seeds=["1", "2"], training_threads="4")

    assert list(configuration.studies) == ["s", "t"]
    assert configuration.workflow.seeds == [1, 2]
    assert configuration.workflow.training_threads == 4
    assert project.load(seeds=3).workflow.seeds == [3]


@pytest.mark.parametrize(
    ("given", "repeats"),
    [
        (None, (2, 3, 1)),
        ({"splits": 5}, (5, 3, 1)),  # of the study is what is not given
        ({"splits": "5", "classifiers": "4"}, (5, 3, 4)),
        ("4,1,2", (4, 1, 2)),
        (["4", "1"], (4, 1, 1)),
        (4, (4, 3, 1)),
        ("4", (4, 3, 1)),
    ],
)
def test_repeats_of_the_run_go_over_those_of_its_studies(project, settings, given, repeats):
    project.write(settings | {"repeats": {"splits": 2, "generators": 3}})
    configuration = project.load(**({} if given is None else {"repeats": given}))
    for study in (configuration.studies["s"], configuration.views["s", "films"]):
        assert tuple(study.repeats.model_dump().values()) == repeats


def test_everything_is_done_once_unless_repeats_are_asked_for(project, settings):
    project.write(settings)
    assert project.load().studies["s"].repeats.is_one


def test_several_seeds_and_repeats_are_refused_together(project, settings, mistakes):
    text = "repeats: seeds are several, and each is a training of every classifier: give one seed,"
    text += " and repeats with classifiers: 2"
    project.write(settings)
    assert mistakes(seeds="1,2", repeats="1,1,2") == [f"config.yaml: {text}"]
    project.write(settings | {"repeats": {"splits": 1}})
    assert project.load(seeds="1,2").studies["s"].repeats.is_one
    project.write(settings | {"repeats": {"splits": 2}})
    assert mistakes(seeds="1,2") == [f"studies/s.yaml: {text}"]
    assert project.load(seeds=7).workflow.seeds == [7]


@pytest.mark.parametrize("entry", ["mine/trial.yaml", "trial.yml", "{root}/mine/trial.yaml"])
def test_a_study_by_its_path(project, settings, entry):
    entry = entry.format(root=project.root)
    file = project.write(settings, entry)

    assert project.load(studies=[entry]).study_files == {"trial": file}


def test_an_unknown_study(project, settings, mistakes):
    project.write(settings, "studies/mammography.yaml")
    project.write(settings, "studies/lesions.yaml")

    assert mistakes(studies=["mamography", "x/lesion.yaml"]) == [
        "config.yaml: studies[0]: there is no study 'mamography'; known studies: lesions, "
        "mammography; did you mean mammography?",
        "config.yaml: studies[1]: there is no file 'x/lesion.yaml'; known studies: lesions, "
        "mammography; did you mean lesions?",
    ]


def test_no_studies_at_all(mistakes):
    assert mistakes(studies=["s"]) == [
        "config.yaml: studies[0]: there is no study 's'; studies/ has none"
    ]


def test_the_name_of_a_study(project, settings, mistakes):
    project.write(settings, "studies/my-study.yaml")

    assert mistakes(studies=["my-study"]) == [
        "config.yaml: studies[0]: 'my-study' may have letters, digits and underscores only; "
        "rename the file"
    ]


def test_names_that_no_study_can_have_are_passed_over_until_they_are_asked_for(
    project, settings, mistakes
):
    project.write(settings)
    names = ("Aux", "a b", "größe", "logs", "v1.2", "x{y}")
    for name in names:
        project.write("title: [", f"studies/{name}.yaml")

    loaded = project.load()
    assert list(loaded.studies) == ["s"]
    assert (loaded.others, loaded.others_wrong) == ({}, "")
    assert len(loaded.passed_over) == len(names)
    for name, line in zip(sorted(names), loaded.passed_over, strict=True):
        assert line.startswith(f"studies/{name}.yaml is passed over: {name!r} ")
        assert line.endswith("; rename the file")
    assert "is no name for a folder on Windows" in loaded.passed_over[0]
    lines = mistakes(studies=["logs", "a b"])
    assert lines[0].endswith("'logs' is the folder of the logs of the run; rename the file")
    assert lines[1].endswith("may have letters, digits and underscores only; rename the file")


def test_a_study_of_another_suffix_is_told(project, settings):
    project.write(settings)
    project.write(settings, "studies/other.yml")
    assert project.load().passed_over == (
        "studies/other.yml is passed over: the names of studies end in .yaml; rename the file",
    )


def test_folders_of_studies_may_have_commas(project, settings):
    project.write(settings)
    files = [project.write(settings, f"Smith, John/{name}.yaml") for name in ("t", "u")]
    entries = f"s, {files[0]},Smith, John/u.yaml"

    found = project.load(studies=entries).study_files

    assert found == {"s": project.root / "studies" / "s.yaml", "t": files[0], "u": files[1]}


def test_studies_may_lie_in_the_home_folder(project, settings, monkeypatch):
    monkeypatch.setenv("HOME", str(project.root / "home"))
    file = project.write(settings, "home/t.yaml")
    assert project.load(studies="~/t.yaml").study_files == {"t": file}


def test_two_studies_of_one_name(project, settings, mistakes):
    project.write(settings)
    project.write(settings, "mine/s.yaml")

    assert mistakes(studies=["s", "mine/s.yaml"]) == [
        "config.yaml: studies[1]: 'mine/s.yaml' has the same name as studies/s.yaml"
    ]


def test_one_file_under_two_names(project, settings):
    file = project.write(settings)

    assert project.load(studies=["s", "studies/s.yaml"]).study_files == {"s": file}


def test_all_mistakes_come_at_once(project, settings, mistakes):
    settings["mixes"]["real_shares"] = [95]
    settings["prepare"]["image_sise"] = 64
    settings["demo"]["classifiers"] = {"vgg": {"epochs": "3"}}
    project.write(settings, "studies/b.yaml")
    project.write("title: [", "studies/a.yaml")

    assert mistakes(studies=["b", "a", "c"], scale="both", device="gpu") == [
        "config.yaml: scale: 'both' is not one of demo, paper, rehearsal",
        "config.yaml: device: 'gpu' is not one of auto, cpu, cuda; did you mean cpu?",
        "config.yaml: studies[2]: there is no study 'c'; known studies: a, b",
        "studies/a.yaml: line 1, column 9: is not YAML: "
        "expected the node content, but found '<stream end>'",
        "studies/b.yaml: prepare.image_sise: is not a known setting; did you mean image_size?",
        "studies/b.yaml: mixes.real_shares[0]: 95 is not between 0 and 1; did you mean 0.95?",
        "studies/b.yaml: demo.classifiers.vgg.epochs: '3' is text, not a whole number; "
        "remove the quotes",
    ]


# YAML


def test_broken_yaml_is_placed(mistakes):
    assert mistakes("title: x\nmixes:\n  a: 1\n b: 2\n") == [
        "studies/s.yaml: line 4, column 2: is not YAML: "
        "expected <block end>, but found '<block mapping start>'"
    ]


def test_a_repeated_key(project, settings, mistakes):
    file = project.write(settings)
    text = file.read_text() + "title: Again\n"

    assert mistakes(text) == [
        f"studies/s.yaml: line {len(text.splitlines())}, column 1: title is given twice, "
        "first on line 1"
    ]


def test_merge_keys_repeat_nothing(project, settings):
    settings["classifiers"] = "CLASSIFIERS"
    text = project.write(settings).read_text()
    merged = (
        "\n  a: &a {network: vgg16, unfrozen_layers: 1}\n  b: &b {<<: *a, unfrozen_layers: 2}"
        "\n  c: {<<: *b, unfrozen_layers: 3}"
    )
    project.write(text.replace(" CLASSIFIERS", merged))

    classifiers = project.load().studies["s"].classifiers

    assert [classifier.unfrozen_layers for classifier in classifiers.values()] == [1, 2, 3]


def test_an_exponent_needs_no_dot(project, settings):
    settings["classifiers"]["vgg"]["learning_rate"] = "RATE"
    project.write(project.write(settings).read_text().replace("RATE", "2e-5"))

    assert project.load().studies["s"].classifiers["vgg"].learning_rate == 2e-5


def test_keys_are_text(mistakes, project, settings):
    text = project.write(settings).read_text()

    assert mistakes(text.replace("normal: 0.5", "no: 0.5").replace("  vgg:", "  1:"))[0] == (
        "studies/s.yaml: test_sample.class_shares: must name the classes of data set films "
        "(normal, benign, cancer); missing: normal; unknown: no"
    )


@pytest.mark.parametrize(("text", "held"), [("", "nothing"), ("- 1\n", "[1]"), ("word", "'word'")])
def test_a_file_without_settings(mistakes, text, held):
    assert mistakes(text) == [f"studies/s.yaml: holds {held}, not the settings of a study"]


def test_a_file_that_is_not_text(project, mistakes):
    project.write("").write_bytes(b"title: \xff")

    assert mistakes() == [
        "studies/s.yaml: line 1: is not UTF-8 text, for its byte 0xff: save the file as UTF-8"
    ]


def test_what_older_yaml_reads_otherwise_is_taken_as_it_is_meant(project, settings):
    """Text is what stands there; a number may have underscores, and a switch may be a word."""
    settings["datasets"]["films"]["classes"]["cancer"] = ["FIRST", "SECOND"]
    settings["generators"]["small"]["epochs"] = "EPOCHS"
    settings["prepare"]["pad_to_square"] = "SWITCH"
    text = project.write(settings).read_text()
    values = {"FIRST": "010", "SECOND": "no", "EPOCHS": "1_000", "SWITCH": "Off"}
    for word, written in values.items():
        text = text.replace(word, written)
    project.write(text)

    study = project.load().studies["s"]
    assert study.datasets["films"].classes["cancer"] == ["010", "no"]
    assert study.generators["small"].epochs == 1000
    assert study.prepare.pad_to_square is False


def test_what_has_two_meanings_is_asked_for_again(settings, mistakes, project):
    settings["generators"]["small"]["epochs"] = "EPOCHS"
    settings["datasets"]["films"]["classes"] = {
        "normal": ["N"],
        "benign": ["B"],
        "cancer": "LABELS",
    }
    text = project.write(settings).read_text()
    cancer = "studies/s.yaml: datasets.films.classes.cancer"
    assert mistakes(text.replace("EPOCHS", "010").replace("LABELS", "[1.50, true, null]")) == [
        f"{cancer}[0]: 1.5 is not text; put it in quotes",
        f"{cancer}[1]: true is not text; a bare yes, no, on or off means true or false: put it in"
        " quotes",
        f"{cancer}[2]: has no value; it must be text; the word null needs quotes",
        "studies/s.yaml: generators.small.epochs: '010' is not a whole number; did you mean 10?",
    ]


# Paths that Snakemake takes for patterns


def braces(path, setting):
    return (
        f"{setting}: {path} has braces, which Snakemake takes for one of its wildcards: rename the "
        "file or folder, or make a link to it without braces and name that"
    )


def test_braces_in_the_paths_of_weights_are_told(project, settings, mistakes):
    file = project.write("weights", "{study}/w.pth")
    settings["scores"] = {"network": "inception", "weights": str(file)}
    settings["classifiers"]["vgg"]["weights"] = str(file)
    generator = {"model": "stylegan2_ada", "epochs": 1, "init_from": str(file)}
    settings["generators"]["small"] = generator

    assert sorted(mistakes(settings)) == sorted(
        f"studies/s.yaml: {braces(file, setting)}"
        for setting in ("generators.small.init_from", "scores.weights", "classifiers.vgg.weights")
    )


def test_braces_around_published_values_and_data_are_told(project, settings, mistakes):
    project.write(settings)
    assert mistakes(data_dir="/x/{d}") == [f"config.yaml: {braces('/x/{d}', 'data_dir')}"]
    settings["published"] = "values.csv"
    project.write("", "{x}/values.csv")
    study = project.write(settings, "{x}/t.yaml")
    label = study.relative_to(project.root)
    (line,) = mistakes(studies=[str(study)])
    assert line == f"{label}: {braces(study.parent / 'values.csv', 'published')}"


def test_a_line_break_in_a_path_is_told(project, settings, mistakes):
    project.write(settings)
    (line,) = mistakes(data_dir="/x/a\nb")
    assert line.startswith("config.yaml: data_dir: '/x/a\\nb' has a line break")


def test_the_folder_of_data_is_named_in_one_way(project, settings, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    project.write(settings)
    for written, named in {"~/d": "/home/me/d", "./data/": "data", "a//b": "a/b"}.items():
        assert project.load(data_dir=written).workflow.data_dir == named


# The demo section


def test_the_demo_section_is_laid_over_at_its_scale_only(project, settings):
    settings["demo"] = {
        "classifiers": {"vgg": {"epochs": 2}},
        "mixes": {"real_shares": [0.2]},
        "test_sample": None,
        "evaluation": {"bootstrap_samples": 100},
    }
    project.write(settings)

    paper = project.load(scale="paper").studies["s"]
    demo = project.load(scale="demo").studies["s"]

    assert paper.classifiers["vgg"].epochs == 100
    assert paper.test_sample.images == 60
    assert demo.classifiers["vgg"].epochs == 2
    assert demo.classifiers["vgg"].unfrozen_layers == 3
    assert demo.mixes.real_shares == [0.2]
    assert demo.mixes.train_images == 200
    assert demo.test_sample is None
    assert demo.evaluation.bootstrap_samples == 100


def test_data_sets_are_replaced_whole(project, settings):
    films = settings["datasets"]["films"]
    settings["datasets"]["films"] = films | {"exclude": ["*Mask*"]}
    settings["demo"] = {"datasets": {"films": films | {"path": "data/few"}}}
    project.write(settings)

    demo = project.load(scale="demo").studies["s"].datasets["films"]

    assert demo.path == "data/few"
    assert demo.exclude == []


@pytest.mark.parametrize("key", ["source", "model"])
def test_another_source_or_model_replaces_whole(key):
    base = {"a": {"b": {key: "x", "size": 1}, "c": {key: "x", "size": 1}}}
    overlay = {"a": {"b": {key: "y", "depth": 2}, "c": {key: "x", "depth": 2}}}

    merged, placed = lay_over(base, overlay)

    assert merged == {"a": {"b": {key: "y", "depth": 2}, "c": {key: "x", "size": 1, "depth": 2}}}
    assert placed == [("a", "b"), ("a", "c", key), ("a", "c", "depth")]
    assert base["a"]["b"] == {key: "x", "size": 1}


def test_no_demo_section(settings, mistakes, project):
    del settings["demo"]

    assert mistakes(settings, scale="demo") == [
        "studies/s.yaml: has no demo section; run it with --config scale=paper"
    ]
    assert project.load(scale="paper").studies["s"].title == "Mammograms"


def test_a_demo_section_that_is_none(settings, mistakes):
    settings["demo"] = 3

    assert mistakes(settings) == ["studies/s.yaml: demo: 3 is not a section of settings"]


@pytest.mark.parametrize("scale", ["demo", "paper"])
def test_the_demo_section_is_checked_at_either_scale(settings, mistakes, scale):
    settings["mixes"]["real_shares"] = [95]
    settings["mixes"]["train_images"] = 0
    settings["split"] = {"train": 0.9}
    settings["demo"] = {
        "prepare": {"image_sise": 32},
        "mixes": {"real_shares": [95]},
        "datasets": {"more": {"source": "image_folder", "path": "x"}},
    }

    assert mistakes(settings, scale=scale) == [
        "studies/s.yaml: split: train + validation + test is 1.3, not 1",
        "studies/s.yaml: mixes.train_images: 0 is too small; it must be at least 1",
        "studies/s.yaml: mixes.real_shares[0]: 95 is not between 0 and 1; did you mean 0.95?",
        "studies/s.yaml: demo.datasets.more.classes: is missing: "
        "For each class its folder or folders below path, such as sub/Benign.",
        "studies/s.yaml: demo.prepare.image_sise: is not a known setting; did you mean image_size?",
        "studies/s.yaml: demo.mixes.real_shares[0]: 95 is not between 0 and 1; did you mean 0.95?",
    ]


def test_a_section_that_is_missing_is_reported_once(settings, mistakes):
    del settings["datasets"]
    settings["demo"] = {"datasets": {"films": {"published_images": {"normal": 1}}}}

    assert mistakes(settings, scale="demo") == [
        "studies/s.yaml: datasets: is missing: Raw images, by a name of your choice; each goes "
        "through the whole study."
    ]


def test_mistakes_that_only_the_combination_has(settings, mistakes):
    settings["demo"] = {
        "split": {"train": 0.5},
        "datasets": {
            "films": {"source": "image_folder", "path": "x", "classes": {"a": "a", "b": "b"}}
        },
    }
    assert mistakes(settings) == [
        "studies/s.yaml: demo.split: train + validation + test is 0.9, not 1"
    ]

    del settings["demo"]["split"]
    assert mistakes(settings)[0] == (
        "studies/s.yaml: positive_class: 'cancer' is not one of the classes of data set films: "
        "a, b (with the demo section laid over)"
    )


# Settings that must fit together


@pytest.mark.parametrize(
    "path",
    [
        ("test_sample", "class_shares"),
        ("mixes", "class_shares", 0),
        ("mixes", "validation_class_shares"),
    ],
)
def test_class_shares_fit_every_data_set(settings, mistakes, path):
    *parents, last = path
    section = settings
    for step in parents:
        section = section[step]
    where = "studies/s.yaml: " + (f"{path[0]}.{path[1]}" + ("[0]" if len(path) == 3 else ""))

    section[last] = {"normal": 0.5, "cancr": 0.5}
    assert mistakes(settings) == [
        f"{where}: must name the classes of data set films (normal, benign, cancer); "
        "missing: benign, cancer; unknown: cancr"
    ]

    section[last] = {"cancer": 0.2, "benign": 0.2, "normal": 0.5}
    assert mistakes(settings) == [f"{where}: sums to 0.9, not 1"]


def test_shares_sum_to_one_within_rounding(project, settings):
    settings["mixes"]["class_shares"] = [dict.fromkeys(SHARES, 0.3333333)]
    project.write(settings)

    assert project.load().studies["s"].mixes.class_shares[0]["cancer"] == 0.3333333


def test_each_data_set_is_checked(settings, mistakes):
    settings["datasets"]["folder"] = {
        "source": "image_folder",
        "path": "x",
        "classes": {"normal": ["n"], "benign": ["b"], "malignant": ["m"]},
    }

    found = mistakes(settings)

    assert found[0] == (
        "studies/s.yaml: positive_class: 'cancer' is not one of the classes of data set folder: "
        "normal, benign, malignant"
    )
    assert len(found) == 4


def test_a_threshold_is_for_two_classes(settings, mistakes):
    settings["evaluation"] = {"threshold": {"sensitivity": 0.9}}

    assert mistakes(settings) == [
        "studies/s.yaml: evaluation.threshold: is for two classes, and these are 3: remove it"
    ]


def test_the_positive_class_is_a_class(settings, mistakes):
    settings["positive_class"] = "cancr"

    assert mistakes(settings) == [
        "studies/s.yaml: positive_class: 'cancr' is not one of the classes of data set films: "
        "normal, benign, cancer; did you mean cancer?"
    ]


def test_every_class_has_an_image(settings, mistakes):
    few = {"normal": 0.98, "benign": 0.01, "cancer": 0.01}
    settings["mixes"]["class_shares"] = [few]
    settings["mixes"]["validation_class_shares"] = few
    settings["mixes"]["train_images"] = 100
    settings["mixes"]["validation_images"] = 30

    assert mistakes(settings) == [
        "studies/s.yaml: mixes.validation_class_shares: leaves no validation image of benign "
        "among 30",
        "studies/s.yaml: mixes.validation_class_shares: leaves no validation image of cancer "
        "among 30",
    ]


@pytest.mark.parametrize("size", [8, 100, 2048])
def test_dcgan_has_its_image_sizes(settings, mistakes, size):
    settings["prepare"]["image_size"] = size

    assert mistakes(settings) == [
        "studies/s.yaml: prepare: generator small: DCGAN needs an image_size that is a power of "
        f"two from 16 to 1024, not {size}"
    ]


def test_a_mistake_of_the_demo_image_size(settings, mistakes):
    settings["demo"]["prepare"]["image_size"] = 48

    assert mistakes(settings) == [
        "studies/s.yaml: demo.prepare: generator small: DCGAN needs an image_size that is a power "
        "of two from 16 to 1024, not 48"
    ]


def test_published_values_lie_beside_the_study(project, settings, mistakes):
    settings["published"] = "published/s.csv"

    assert mistakes(settings) == [
        f"studies/s.yaml: published: there is no file {project.root}/studies/published/s.csv"
    ]

    project.write("a,b\n", "studies/published/s.csv")
    (found,) = mistakes(settings)
    assert found.startswith(f"studies/s.yaml: published: {project.root}/studies/published/s.csv: ")
    assert found.endswith("; unknown: a, b")

    project.write(",".join(COLUMNS) + "\n", "studies/published/s.csv")
    assert project.load().studies["s"].published == "published/s.csv"


# The cost of a start


def test_loading_leaves_heavy_packages_alone():
    code = (
        "import sys, synthmix.config.load; "
        "heavy = ('torch', 'matplotlib', 'sklearn', 'imblearn'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    scripts = Path(__file__).parents[2] / "scripts"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=scripts, capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == "[]"


def test_a_mistake_is_for_people(project):
    with pytest.raises(UserError):
        project.load()


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("mixes", "real_shares"), [0.1, 1], "mixes.real_shares[1]: 1 leaves nothing synthetic"),
        (("mixes", "real_shares"), [0.1, 0.10000001], "two mixes would both be called"),
        (
            ("classifiers", "vgg", "weights"),
            "imagnet",
            "classifiers.vgg.weights: 'imagnet' is neither imagenet nor none, and there is no"
            " such file; did you mean imagenet?",
        ),
        (
            ("selections",),
            {"fewer": {"method": "random_undersampling"}},
            "selections.fewer.method: 'random_undersampling' is not one of the known methods:"
            " all_nearest_neighbours, condensed_nearest_neighbours, edited_nearest_neighbours,"
            " neighbourhood_cleaning, random_under_sampling, repeated_edited_nearest_neighbours,"
            " tomek_links; did you mean random_under_sampling?",
        ),
        (
            ("selections",),
            {"cleaned": {"method": "edited_nearest_neighbours", "neighbours": 0}},
            "selections.cleaned.neighbours: 0 is too small; it must be at least 1",
        ),
        (
            ("selections",),
            {"cleaned": {"method": "tomek_links", "neighbours": 3}},
            "selections.cleaned.neighbours: is not a known setting",
        ),
        (("selections",), {"cleaned": {}}, "selections.cleaned.method: is missing: one of all_"),
        (("selections",), {"a-b": {"method": "tomek_links"}}, "may have letters, digits and"),
        (
            ("selections",),
            {"small": {"method": "tomek_links"}},
            "selections.small: a generator has that name already: choose another one",
        ),
        (
            ("selections",),
            {"real_only": {"method": "tomek_links"}},
            "selections.real_only: the baseline has that name already: choose another one",
        ),
    ],
)
def test_mixes_and_weights_that_cannot_be(project, settings, mistakes, place, value, message):
    block = settings
    for key in place[:-1]:
        block = block[key]
    block[place[-1]] = value
    project.write(settings)
    assert any(message in line for line in mistakes())


def test_selections_are_for_classifiers(settings, mistakes):
    for part in ("mixes", "generators", "classifiers", "positive_class"):
        del settings[part]
    settings["selections"] = {"cleaned": {"method": "tomek_links"}}
    (line,) = mistakes(settings)
    assert "classifiers: is missing: selections are there for what they are trained on" in line


def test_a_selection_is_not_called_as_the_baseline_is(settings, mistakes):
    del settings["mixes"]
    settings["selections"] = {"real_only": {"method": "tomek_links"}}
    (line,) = mistakes(settings)
    assert "selections.real_only: the baseline has that name already" in line


def test_what_is_added_after_a_removal_is_there(settings, mistakes):
    del settings["mixes"]
    settings["selections"] = {"cleaned": {"method": "tomek_links"}}
    settings["additions"] = {
        "fill": [1],
        "after_removal": {"cleand": ["small"], "cleaned": ["nothing_such"]},
        "trained_as": {"small": "larg"},
    }
    settings["baselines"] = {"large": {"input_size": 64}}
    lines = mistakes(settings)
    assert "additions.trained_as.small: 'larg' is not one of the baselines" in lines[0]
    assert "additions.after_removal.cleand: 'cleand' is not one of the selections" in lines[1]
    assert "additions.after_removal.cleaned[0]: 'nothing_such' is not one of" in lines[2]


@pytest.mark.parametrize(
    ("compare", "families", "message"),
    [
        ([["small", "larg"]], {}, "compare[0][1]: 'larg' is not one of the mixes and generators"),
        ([["small", "real_only"]], {}, "compare[0]: no two mixes differ in these alone"),
        ([["small", "small"]], {}, "compare[0]: "),
        ([], {"mixes": ["small"]}, "families.mixes: every study has a family of that name"),
        (
            [],
            {"own": ["small"], "more": ["small"]},
            "families.more: all that it names is in families before it: name something else, or",
        ),
        ([], {"own": ["smal"]}, "families.own[0]: 'smal' is not one of the mixes, generators"),
    ],
)
def test_what_is_compared_is_there(settings, mistakes, compare, families, message):
    del settings["mixes"]
    settings |= {"additions": {"fill": [1]}, "compare": compare}
    settings["evaluation"] = {"families": families}
    (line,) = mistakes(settings)
    assert message in line


def test_selections_have_their_defaults(settings, project):
    names = ("condensed_nearest_neighbours", "edited_nearest_neighbours")
    settings["selections"] = {name: {"method": name} for name in names}
    project.write(settings)
    selections = project.load().studies["s"].selections
    assert [selections[name].neighbours for name in names] == [1, 3]


def test_a_study_may_end_with_the_split(settings, project):
    for part in ("mixes", "generators", "classifiers", "positive_class"):
        del settings[part]
    project.write(settings)
    assert project.load().studies["s"].mixes is None


class TestOtherStudies:
    """Those of the project that were not asked for."""

    def test_are_known(self, settings, project):
        project.write(settings)
        project.write(settings, "studies/other.yaml")
        assert list(project.load().others) == ["other"]

    def test_may_be_wrong_as_long_as_nothing_is_made_of_them(self, settings, project):
        project.write(settings)
        project.write("title: [", "studies/other.yaml")
        loaded = project.load()
        assert loaded.others == {}
        assert "studies/other.yaml" in loaded.others_wrong
        assert loaded.wrong_names == {"other"}

    def test_are_left_out_without_the_scale(self, settings, project):
        project.write(settings)
        del settings["demo"]
        project.write(settings, "studies/other.yaml")
        loaded = project.load(scale="demo")
        assert loaded.others == {}
        assert loaded.others_wrong == ""


@pytest.mark.parametrize("part", ["generators", "classifiers"])
def test_mixes_need_the_other_parts(settings, mistakes, part):
    del settings[part]
    assert mistakes(settings)[0] == f"studies/s.yaml: {part}: is missing: mixes need it"


def test_a_data_set_may_have_its_own_preparation(settings, project):
    settings["datasets"]["films"] |= {
        "prepare": {"image_size": 32},
        "split": {"method": "folds", "folds": 5},
        "subsample": {"method": "balanced"},
        "published_images": {"cancer": 3},
    }
    project.write(settings)
    study = project.load().studies["s"]
    assert study.prepare_of("films").image_size == 32
    assert study.split_of("films").folds == 5


def test_counts_name_classes_of_the_data_set(settings, mistakes):
    counts = {"cancer": 1, "normal": 2, "benign": 3}
    settings["datasets"]["films"] |= {
        "published_images": {"cancre": 3},
        "split": {
            "method": "counts",
            "train": counts,
            "validation": counts,
            "test": counts | {"begin": 1},
        },
        "subsample": {"method": "long_tail", "train": {"x": 1}},
    }
    found = mistakes(settings)
    films = "studies/s.yaml: datasets.films"
    assert found[0].startswith(f"{films}.published_images.cancre: 'cancre' is not one of")
    assert found[1] == (
        f"{films}.split.test: must name the classes of data set films (normal, benign, cancer); "
        "unknown: begin"
    )
    assert found[2].startswith(f"{films}.subsample.train: must name the classes of data set films")
    assert found[2].endswith("missing: normal, benign, cancer; unknown: x")


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ({"method": "fold"}, "split.method: 'fold' is not one of the known methods: counts, folds"),
        ({"method": "folds", "folds": 4, "test_fold": 5}, "5 is more than the 4 folds"),
        ({"method": "folds", "folds": 2}, "split.folds: 2 is"),
    ],
)
def test_a_wrong_split(settings, mistakes, split, message):
    settings["split"] = split
    assert message in mistakes(settings)[0]


@pytest.mark.parametrize("prepare", [{}, {"image_size": 64, "volume_shape": [9, 9, 9]}])
def test_pictures_or_volumes(settings, mistakes, prepare):
    settings["prepare"] = prepare
    assert "give either image_size, for pictures, or volume_shape" in mistakes(settings)[0]


def test_generators_of_pictures_take_no_volumes(settings, mistakes):
    settings["prepare"] = {"volume_shape": [9, 9, 9]}
    assert "generator small makes pictures: give image_size" in mistakes(settings)[0]


def test_the_input_pipeline_is_measured_where_asked_for_and_on_pictures(
    settings, mistakes, project
):
    project.write(settings | {"input_pipeline": {}})
    assert project.load().studies["s"].input_pipeline.images == 500
    for value in (True, {"images": 501}):
        assert "input_pipeline" in mistakes(settings | {"input_pipeline": value})[0]
    volumes = {"source": "mr_art", "prepare": {"volume_shape": [9, 9, 9]}}
    study = {"title": "x", "datasets": {"scans": volumes}, "prepare": {"image_size": 64}}
    told = mistakes(study | {"input_pipeline": {}})
    assert told == [
        "studies/s.yaml: input_pipeline: is measured on pictures, and there are "
        "volumes only: remove it"
    ]


@pytest.mark.parametrize(
    ("source", "changes", "message"),
    [
        ("mnist", {"prepare": {"volume_shape": [9, 9, 9]}}, "pictures has pictures: give image_s"),
        ("mr_art", {"prepare": {"image_size": 64}}, "pictures has volumes: channels: 3 takes"),
        ("isic", {"split": {"method": "official"}}, "pictures does not come in official parts"),
        (
            "mnist",
            {"prepare": {"volume_shape": [9, 9, 9], "channels": 3}},
            "prepare.channels: means nothing",
        ),
    ],
)
def test_what_a_data_set_cannot_do_is_told_before_it_is_fetched(mistakes, source, changes, message):
    dataset = {"source": source} | changes
    settings = {"title": "x", "datasets": {"pictures": dataset}, "prepare": {"image_size": 64}}
    assert message in mistakes(settings)[0]


def test_classes_are_checked_without_mixes_too(settings, mistakes):
    for part in ("mixes", "generators", "classifiers"):
        del settings[part]
    settings["positive_class"] = "cancre"
    settings["test_sample"] = {"images": 9, "class_shares": {"normal": 0.5, "benign": 0.2}}
    found = mistakes(settings)
    assert any("positive_class: 'cancre' is not one of" in line for line in found)
    assert any("test_sample.class_shares: must name" in line for line in found)
    assert any("test_sample.class_shares: sums to 0.7, not 1" in line for line in found)


def test_shares_in_the_demo_replace_counts(settings, project):
    counts = {"normal": 1, "benign": 2, "cancer": 3}
    settings["split"] = {"method": "counts", "train": counts, "validation": counts, "test": counts}
    settings["demo"]["split"] = {"train": 0.5, "validation": 0.25, "test": 0.25}
    project.write(settings)
    assert project.load(scale="demo").studies["s"].split.train == 0.5


def test_weights_to_start_from_must_be_there(settings, mistakes):
    settings["prepare"] = {"image_size": 32}
    settings["generators"]["other"] = {
        "model": "stylegan2_ada",
        "epochs": 1,
        "init_from": "nowhere.pkl",
    }
    assert "generators.other.init_from: there is no file nowhere.pkl" in mistakes(settings)[0]


@pytest.fixture
def started(settings, tmp_path):
    """Return a function: the settings with a generator that starts from a file of this leakage."""

    def start(leakage):
        generator = {"model": "stylegan2_ada", "epochs": 1}
        header = Header(
            model="stylegan2_ada",
            settings=generator,
            image_shape=(32, 32, 3),
            class_names=("a",),
            leakage=leakage,
        )
        path = tmp_path / "weights.safetensors"
        save_file({"a": np.zeros(1)}, path, header.metadata())
        settings["prepare"] = {"image_size": 32}
        settings["generators"]["other"] = generator | {"init_from": str(path)}
        return settings

    return start


def test_weights_that_saw_test_images_start_nothing_where_these_are_kept_apart(started, mistakes):
    (found,) = mistakes(started("as_published"))
    assert "generators.other.init_from" in found
    assert "weights.safetensors has learned from test images (leakage: as_published)" in found


@pytest.mark.parametrize(
    ("of_file", "of_study"), [("none", "none"), ("as_published", "as_published")]
)
def test_weights_that_saw_no_more_than_the_study_shows(started, project, of_file, of_study):
    project.write(started(of_file) | {"leakage": of_study})
    assert project.load().studies["s"].generators["other"].init_from


def test_weights_to_start_from_are_whole(started, mistakes):
    settings = started("none")
    path = Path(settings["generators"]["other"]["init_from"])
    path.write_bytes(path.read_bytes()[:-4])
    (found,) = mistakes(settings)
    assert "generators.other.init_from" in found
    assert "cut off or damaged" in found


def test_the_published_leakage_is_off_unless_named(settings, project):
    project.write(settings)
    assert project.load().studies["s"].leakage == "none"
    project.write(settings | {"leakage": "as_published"})
    assert project.load().studies["s"].leakage == "as_published"


def test_a_single_data_set_may_have_the_published_leakage(settings, project):
    settings["datasets"]["others"] = settings["datasets"]["films"]
    settings["per_dataset"] = {"others": {"leakage": "as_published"}}
    project.write(settings)
    views = project.load().views
    found = {name: views["s", name].leakage for name in ("films", "others")}
    assert found == {"films": "none", "others": "as_published"}


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"split": {"method": "folds", "folds": 5}}, "needs split.method: shares, not folds"),
        ({"split": {"method": "official"}}, "needs split.method: shares, not official"),
        (
            {
                "subsample": {
                    "method": "long_tail",
                    "train": {"normal": 3, "benign": 2, "cancer": 1},
                }
            },
            "not with the long_tail subsample of data set films",
        ),
    ],
)
def test_the_published_leakage_draws_from_one_pool(settings, mistakes, own, message):
    settings["leakage"] = "as_published"
    settings["datasets"]["films"] |= own
    (found,) = [line for line in mistakes(settings) if "leakage" in line]
    assert found.startswith("studies/s.yaml: leakage: as_published draws all images from one pool")
    assert message in found


def test_another_leakage_is_unknown(settings, mistakes):
    settings["leakage"] = "published"
    assert "leakage: 'published' is not" in mistakes(settings)[0]


def test_scores_are_by_inception_at_paper_scale_alone(project, settings):
    project.write(settings)
    for scale, network in {"paper": "inception", "demo": "efficientnet_lite0"}.items():
        loaded = project.load(scale=scale)
        views = [loaded.studies["s"], loaded.views["s", "films"]]
        assert {view.scores.network for view in views} == {network}
    settings["scores"] = {"network": "own"}
    project.write(settings)
    assert project.load().studies["s"].scores.network == "own"


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ({"network": "vgg19"}, "scores.network: 'vgg19' is none of auto, inception, own, eff"),
        ({"network": "cnn"}, "scores.network: 'cnn' is none of auto"),
        ({"weights": "none"}, "scores.weights: 'none' is written scores: network: own now"),
        ({"weights": "download"}, "scores.weights: 'download' is written scores: network: inc"),
        ({"weights": "w.pth"}, "scores.weights: say which network's they are"),
        ({"network": "own", "weights": "w.pth"}, "scores.weights: say which network's they are"),
        ({"network": "vgg16", "weights": "gone.pth"}, "scores.weights: 'gone.pth' is not pretr"),
        ({"network": "inception", "input_size": 64}, "scores.input_size: inception has a size"),
        ({"network": "vgg16", "input_size": 16}, "scores.input_size: vgg16 needs images of 32"),
    ],
)
def test_networks_of_scores_that_cannot_be_used(settings, mistakes, scores, message):
    settings["scores"] = scores
    (found,) = mistakes(settings)
    assert message in found


def test_validation_images_have_the_class_shares_of_the_training(project, settings, mistakes):
    settings["mixes"]["validation_class_shares"] = "as_training"
    project.write(settings)
    study = project.load().studies["s"]
    assert [mix.validation_class_shares for mix in study.plan()] == [SHARES] * 3
    settings["mixes"]["validation_images"] = 2
    (mistake,) = mistakes(settings)
    assert mistake.startswith("studies/s.yaml: mixes.class_shares[0]: leaves no validation image")


DIFFUSION = {"model": "diffusion", "epochs": 1, "num_channels": [32], "attention_levels": [False]}
ALL_SEEING = {"model": "dcgan", "epochs": 1, "learns_from": "all"}


@pytest.mark.parametrize("section", ["mixes", "additions"])
@pytest.mark.parametrize("named", [False, True])
def test_images_of_no_class_are_in_no_training_set(settings, mistakes, project, section, named):
    """All generators are mixed where none is named: then another one has to be."""
    settings["generators"]["every"] = ALL_SEEING
    if section == "additions":
        del settings["mixes"]
        settings["additions"] = {"ratios": [1]}
    if named:
        settings[section]["generators"] = ["every"]
    found = mistakes(settings)[0]
    assert f"{section}.generators: every learns from all images without their labels" in found
    settings[section]["generators"] = ["small"]
    project.write(settings)
    assert project.load().studies["s"].generators["every"].learns_from == "all"


def test_a_model_that_is_told_labels_can_not_learn_without(settings, mistakes):
    settings["generators"]["joint"] = DIFFUSION | {"learns_from": "all"}
    assert any(
        "generators.joint: learns_from: all leaves out the labels" in m for m in mistakes(settings)
    )


def test_the_size_that_a_generator_works_at_is_one_that_it_can_make(settings, mistakes, project):
    settings["prepare"] = {"image_size": 100}
    settings["generators"]["small"]["image_size"] = 96
    settings["demo"] = {}
    (found,) = mistakes(settings)
    assert "generators.small.image_size" in found
    assert "power of two from 16 to 1024, not 96" in found
    settings["generators"]["small"]["image_size"] = 128
    project.write(settings)
    assert project.load().studies["s"].generators["small"].image_size == 128


@pytest.mark.parametrize("name", ["all_classes", "unlabelled"])
def test_names_with_a_meaning_are_no_classes(settings, mistakes, name):
    del settings["mixes"], settings["test_sample"], settings["classifiers"]
    settings["datasets"]["films"]["classes"][name] = ["X"]
    found = mistakes(settings)
    assert any(f"{name} stands for" in message for message in found)
