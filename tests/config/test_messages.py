import pytest

from synthmix.config.messages import Mistake, dotted, mistakes_of_yaml, summary
from synthmix.errors import one_of, shown
from synthmix.registry import DATASETS, GENERATORS

MISSING = object()
MODELS = ", ".join(sorted(GENERATORS))
SOURCES = ", ".join(sorted(DATASETS))
EMPTY_IMAGE_FOLDER = {"source": "image_folder", "path": "", "classes": {"a": ["a"], "b": ["b"]}}


def put(settings, path, value):
    """Set what stands at `path`, or take it away."""
    *parents, last = path
    for step in parents:
        settings = settings[step]
    if value is MISSING:
        del settings[last]
    elif isinstance(settings, list) and last == len(settings):
        settings.append(value)
    else:
        settings[last] = value


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        # bounds
        (
            "mixes.real_shares.1",
            95,
            "mixes.real_shares[1]: 95 is not between 0 and 1; did you mean 0.95?",
        ),
        ("mixes.real_shares.1", -0.5, "mixes.real_shares[1]: -0.5 is not between 0 and 1"),
        ("mixes.real_shares.1", 950, "mixes.real_shares[1]: 950 is not between 0 and 1"),
        (
            "test_sample.class_shares.benign",
            25,
            "test_sample.class_shares.benign: 25 is not between 0 and 1; did you mean 0.25?",
        ),
        ("prepare.image_size", 5, "prepare.image_size: 5 is not between 8 and 4096"),
        (
            "classifiers.vgg.dropout",
            1.0,
            "classifiers.vgg.dropout: 1.0 is not between 0 and 1 (1 excluded)",
        ),
        (
            "evaluation",
            {"confidence": 95},
            "evaluation.confidence: 95 is not between 0.5 and 1 (0.5 and 1 excluded); "
            "did you mean 0.95?",
        ),
        (
            "classifiers.vgg.epochs",
            0,
            "classifiers.vgg.epochs: 0 is too small; it must be at least 1",
        ),
        (
            "classifiers.vgg.learning_rate",
            0,
            "classifiers.vgg.learning_rate: 0 is too small; it must be above 0",
        ),
        (
            "classifiers.vgg.dense_layers",
            [256, 0],
            "classifiers.vgg.dense_layers[1]: 0 is too small; it must be at least 1",
        ),
        ("export", {"images": 0}, "export.images: 0 is too small; it must be at least 1"),
        (
            "export",
            {"first_seed": -1},
            "export.first_seed: -1 is not between 0 and 1e+09",
        ),
        (
            "export",
            {"truncation": 1.5},
            "export.truncation: 1.5 is not between 0 and 1; did you mean 0.015?",
        ),
        # keys
        (
            "mixes.real_share",
            [0.5],
            "mixes.real_share: is not a known setting; did you mean real_shares?",
        ),
        (
            "prepare.colour",
            "grey",
            "prepare.colour: is not a known setting; known here: image_size, volume_shape, "
            "voxel_size, resample, channels, pad_to_square, max_rejected_share, max_pixels, "
            "nan_is_background, intensity",
        ),
        (
            "generators.small.latent",
            10,
            "generators.small.latent: is not a known setting; did you mean latent_dim?",
        ),
        ("demos", {}, "demos: is not a known setting; did you mean demo?"),
        (
            "mixes.train_images",
            MISSING,
            "mixes.train_images: is missing: Training images of a mix.",
        ),
        (
            "generators.small.epochs",
            MISSING,
            "generators.small.epochs: is missing: Passes over the training images, at the most.",
        ),
        # choices
        (
            "mixes.when_real_runs_short",
            "repeats",
            "mixes.when_real_runs_short: 'repeats' is not one of fail, repeat; "
            "did you mean repeat?",
        ),
        ("prepare.channels", 2, "prepare.channels: 2 is not one of 1, 3"),
        (
            "datasets.films.source",
            "mini_dsm",
            "datasets.films.source: 'mini_dsm' is not one of the known sources: "
            f"{SOURCES}; did you mean mini_ddsm?",
        ),
        (
            "generators.small.model",
            "gan",
            f"generators.small.model: 'gan' is not one of the known models: {MODELS}; "
            "did you mean dcgan?",
        ),
        (
            "datasets.films.source",
            MISSING,
            f"datasets.films.source: is missing: one of {SOURCES}",
        ),
        # types
        (
            "mixes.train_images",
            "200",
            "mixes.train_images: '200' is text, not a whole number; remove the quotes",
        ),
        (
            "mixes.real_shares.0",
            "0.05",
            "mixes.real_shares[0]: '0.05' is text, not a number; remove the quotes",
        ),
        ("mixes.train_images", "many", "mixes.train_images: 'many' is not a whole number"),
        ("mixes.train_images", 1.5, "mixes.train_images: 1.5 is not a whole number"),
        (
            "mixes.train_images",
            200.0,
            "mixes.train_images: 200.0 is not a whole number; did you mean 200?",
        ),
        ("mixes.train_images", True, "mixes.train_images: true is not a whole number"),
        (
            "mixes.train_images",
            None,
            "mixes.train_images: has no value; it must be a whole number",
        ),
        (
            "mixes.when_real_runs_short",
            None,
            "mixes.when_real_runs_short: has no value; it must be one of fail, repeat",
        ),
        (
            "generators.small",
            None,
            "generators.small: has no value; it must be a section of settings, and there is "
            "nothing of that name to be left out",
        ),
        (
            "mixes.real_shares",
            0.5,
            "mixes.real_shares: 0.5 is not a list; did you mean [0.5]?",
        ),
        ("mixes", [1], "mixes: [1] is not a section of settings"),
        ("mixes.class_shares.0", 0.5, "mixes.class_shares[0]: 0.5 is not a section of settings"),
        ("generators.small", "dcgan", "generators.small: 'dcgan' is not a section of settings"),
        (
            "title",
            False,
            "title: false is not text; a bare yes, no, on or off means true or false: "
            "put it in quotes",
        ),
        ("title", 2024, "title: 2024 is not text; put it in quotes"),
        ("prepare.pad_to_square", "x", "prepare.pad_to_square: 'x' is not true or false"),
        # lengths
        ("mixes.real_shares", [], "mixes.real_shares: has 0 entries; it needs at least 1"),
        (
            "mixes.validation_class_shares",
            {"normal": 1.0},
            "mixes.validation_class_shares: has 1 entry; it needs at least 2",
        ),
        (
            "datasets.folder",
            EMPTY_IMAGE_FOLDER,
            "datasets.folder.path: '' is too short; it needs 1 or more characters",
        ),
        # names
        (
            "positive_class",
            "cancer (any)",
            "positive_class: 'cancer (any)' may have letters, digits and underscores only",
        ),
        (
            "generators.big-one",
            {"model": "dcgan", "epochs": 1},
            "generators.big-one: 'big-one' may have letters, digits and underscores only",
        ),
        (
            "positive_class",
            "_cancer",
            "positive_class: '_cancer' may have letters, digits and underscores only, and not "
            "start with an underscore",
        ),
        # the models' own words
        (
            "split",
            {"train": 0.6, "validation": 0.2, "test": 0.1},
            "split: train + validation + test is 0.9, not 1",
        ),
        ("mixes.real_shares.2", 0.05, "mixes.real_shares: lists 0.05 twice"),
        (
            "mixes.class_shares.1",
            {"benign": 0.25, "normal": 0.5, "cancer": 0.25},
            "mixes.class_shares: lists {'benign': 0.25, 'normal': 0.5, 'cancer': 0.25} twice",
        ),
    ],
)
def test_a_wrong_setting(settings, mistakes, path, value, line):
    steps = [int(step) if step.isdigit() else step for step in path.split(".")]
    put(settings, steps, value)

    assert mistakes(settings) == [f"studies/s.yaml: {line}"]


@pytest.mark.parametrize(
    ("config", "line"),
    [
        (
            {"scale": "Papr"},
            "scale: 'Papr' is not one of demo, paper, rehearsal; did you mean paper?",
        ),
        ({"device": "CUDA"}, "device: 'CUDA' is not one of auto, cpu, cuda; did you mean cuda?"),
        ({"seed": 1}, "seed: is not a known setting; did you mean seeds?"),
        ({"seeds": "1,x"}, "seeds[1]: 'x' is not a whole number"),
        ({"seeds": -1}, "seeds[0]: -1 is too small; it must be at least 0"),
        ({"seeds": [1, 2, 1]}, "seeds: lists 1 twice"),
        ({"seeds": []}, "seeds: has 0 entries; it needs at least 1"),
        ({"repeats": "1,0"}, "repeats.generators: '0' is too small; it must be at least 1"),
        ({"repeats": "1,2,3,4"}, "repeats: has 4 numbers; give splits, generators, classifiers"),
        ({"repeats": {"split": 2}}, "repeats.split: is not a known setting; did you mean splits?"),
        (
            {"training_threads": "0"},
            "training_threads: '0' is too small; it must be at least 1",
        ),
        ({"training_threads": 1.5}, "training_threads: 1.5 is not a whole number"),
        ({"checkpoint_seconds": "soon"}, "checkpoint_seconds: 'soon' is not a number"),
        ({"studies": ["s", "s"]}, "studies: lists 's' twice"),
        ({"studies": None}, "studies: has no value; it must be a list"),
    ],
)
def test_a_wrong_setting_of_the_workflow(project, settings, mistakes, config, line):
    project.write(settings)

    assert mistakes(**config) == [f"config.yaml: {line}"]


def test_summary_groups_by_file_and_keeps_the_order_within():
    found = [Mistake("b", ("y",), "1"), Mistake("a", (), "2"), Mistake("b", ("x",), "3")]

    assert summary(found) == "3 mistakes in the configuration:\n- a: 2\n- b: y: 1\n- b: x: 3"


def test_summary_of_one():
    assert summary([Mistake("a", (), "is empty")]) == (
        "1 mistake in the configuration:\n- a: is empty"
    )


def test_dotted_quotes_odd_keys():
    assert dotted(("mixes", "class_shares", 0, "big-one", "two words")) == (
        "mixes.class_shares[0].big-one['two words']"
    )


def test_long_values_are_cut():
    assert shown("x" * 100) == f"'{'x' * 56}..."


def test_the_yaml_of_any_file_is_explained(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("studies: [a]\n")
    assert mistakes_of_yaml(file) == ""
    file.write_text("scale: paper\nstudies: [a]\nscale: demo\n")
    assert mistakes_of_yaml(file) == (
        "1 mistake in the configuration:\n"
        "- config.yaml: line 3, column 1: scale is given twice, first on line 1"
    )


def test_one_of_none():
    assert one_of("bal", [], "baselines of this study") == (
        "'bal' is not one of the baselines of this study: there are none"
    )
