"""What a study may say of its classifiers, and what it is told where they can't be."""

import re
from pathlib import Path

import pytest
import yaml

from synthmix.search.resolve import candidates

VGG = {"network": "vgg16", "unfrozen_layers": 3}
CNN = {"network": "cnn", "weights": "none"}
CNN_3D = {"network": "cnn_3d", "weights": "none"}


@pytest.fixture
def refused(settings, mistakes):
    """Return what a study with these classifiers is told, without the name of its file."""

    del settings["demo"]  # which would have every mistake again

    def refuse(classifiers, **others):
        study = settings | others | {"classifiers": classifiers}
        return [line.removeprefix("studies/s.yaml: ") for line in mistakes(study)]

    return refuse


@pytest.fixture
def real_only(settings):
    """The study without anything synthetic."""
    for part in ("mixes", "generators", "test_sample"):
        del settings[part]
    return settings


def searched(*stages, **others):
    return VGG | others | {"search": {"stages": list(stages)}}


def valued(per_value, **others):
    """Return a classifier with settings that go with values of those that it tries."""
    stages = [{"network": ["vgg16", "resnet18"]}, {"batch_size": [8, 16]}]
    return VGG | others | {"search": {"stages": stages, "per_value": per_value}}


@pytest.mark.parametrize("number", range(3))
def test_the_examples_of_the_documentation_can_be(number, real_only, project):
    page = Path(__file__).parents[2] / "docs" / "classifiers.md"
    example = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)[number])
    project.write(real_only | example)
    assert list(project.load().studies["s"].classifiers) == list(example["classifiers"])


@pytest.mark.parametrize(
    "classifiers",
    [
        {"a": VGG | {"class_weights": {"normal": 1, "benign": 2.5, "cancer": 1}}},
        {"a": VGG | {"loss": {"name": "bilinear", "cost_matrix": {"cancer": {"normal": 5}}}}},
        {"a": {"network": "resnet18", "unfrozen_share": 0.5, "weights": "none"}},
        {"a": CNN | {"monte_carlo_passes": 5, "dense_layers": [8]}},
        {"a": CNN | {"monte_carlo_passes": 5, "cnn": {"dropout": 0.2}}},
        {"a": VGG, "b": {"starts_from": "a", "unfrozen_share": 0.5}},
        {
            "a": VGG | {"dense_layers": [8]},
            "b": {"predicts_with": "a", "monte_carlo_passes": 5},
            "c": {"starts_from": "a", "unfrozen_share": 0.5},
            "d": {"predicts_with": "c", "monte_carlo_passes": None},
        },
        {"b": {"starts_from": "a", "unfrozen_layers": "all"}, "a": VGG},
        # trained anew, it may train less and have another head
        {"a": VGG, "b": {"settings_of": "a", "unfrozen_layers": 0, "dense_layers": [8]}},
        {
            "a": searched({"unfrozen_layers": [0, 3]}),
            "b": {"starts_from": "a", "unfrozen_layers": 3},
        },
        {"a": searched({"unfrozen_share": [0.1, 0.5]}, {"unfrozen_layers": [2, "all"]})},
        {
            "a": searched(
                {"augmentation": [None, {"rotation_degrees": 10}], "loss": ["dice", "focal"]}
            )
        },
    ],
)
def test_classifiers_that_can_be(classifiers, settings, project):
    project.write(settings | {"classifiers": classifiers})
    assert set(project.load().studies["s"].classifiers) == set(classifiers)


@pytest.mark.parametrize(
    ("classifier", "mistake"),
    [
        ({}, ".network: is missing: name a network, or starts_from a classifier"),
        (
            VGG | {"network": "vgg19"},
            ".network: 'vgg19' is not one of cnn, cnn_3d, efficientnet_b0",
        ),
        (
            {"network": "vgg16"},
            ".unfrozen_layers: is missing: say how many of the 13 layers of vgg16 are trained, "
            "or all",
        ),
        (VGG | {"unfrozen_layers": 14}, ".unfrozen_layers: 14 is more than the 13 layers of vgg16"),
        (VGG | {"unfrozen_share": 0.5}, ": give either unfrozen_layers or unfrozen_share"),
        (
            VGG | {"weights": "imagnet"},
            ".weights: 'imagnet' is neither imagenet nor none, and there is no such file; did you "
            "mean imagenet?",
        ),
        ({"network": "cnn"}, ".weights: must be none: there are no others of cnn"),
        (
            CNN | {"unfrozen_layers": 1},
            ".unfrozen_layers: cnn starts from random weights, and all of it is trained: remove it",
        ),
        (
            CNN | {"unfrozen_share": 0.5},
            ".unfrozen_share: cnn starts from random weights, and all of it is trained: remove it",
        ),
        (
            VGG | {"head": "svm"},
            ".unfrozen_layers: svm is fitted to features of layers that stay as they are: set it "
            "to 0",
        ),
        (
            VGG | {"unfrozen_layers": 0, "head": "svm", "dense_layers": [8]},
            ".dense_layers: go with head: dense, not with svm: remove them",
        ),
        (
            VGG | {"unfrozen_layers": 0, "head": "nearest_neighbours", "mixup": 0.2},
            ".mixup: goes with what is trained by steps, not with nearest_neighbours",
        ),
        (
            VGG | {"unfrozen_layers": 0, "head": "svm", "loss": {"name": "dice"}},
            ".loss: svm has one of its own: remove it",
        ),
        (VGG | {"input_size": 16}, ".input_size: 16 is less than the 32 pixels that vgg16 needs"),
        (
            VGG | {"network": "inception_v3", "input_size": 64},
            ".input_size: 64 is less than the 75 pixels that inception_v3 needs",
        ),
        (CNN | {"input_size": 8}, ".input_size: 8 is less than the 16 pixels that cnn needs"),
        (
            CNN | {"cnn": {"levels": 7}},
            ".cnn: cnn needs images of 128 pixels a side or more, and those of data set films have "
            "64",
        ),
        (
            CNN | {"cnn": {"levels": 3, "padding": "valid", "kernel_size": 7, "convolutions": 2}},
            ".cnn: cnn needs images of 92 pixels a side or more, and those of data set films have "
            "64",
        ),
        (
            VGG | {"class_weights": {"normal": 1, "cancer": 2}},
            ".class_weights: must name the classes of data set films: normal, benign, cancer",
        ),
        (
            VGG | {"loss": {"name": "bilinear", "cost_matrix": {"cancer": {"norml": 1}}}},
            ".loss: cost_matrix: 'norml' is not one of the classes of data set films: normal, "
            "benign, cancer; did you mean normal?",
        ),
        (
            VGG | {"volume_augmentation": {"shift": 0.1}},
            ".volume_augmentation: is not for pictures: give augmentation, or remove it",
        ),
        (
            VGG | {"augmentation": {"hue": 0.1, "saturation": 0.2, "zoom": 0.1}},
            ".augmentation: saturation and hue would change nothing of data set films, which is "
            "grey: remove what is of colour",
        ),
        (VGG | {"augmentation": {"zoom": 0}}, ".augmentation: changes nothing; set one of"),
        (
            VGG | {"monte_carlo_passes": 20},
            ".monte_carlo_passes: there is no dropout to be averaged over: it follows each of "
            "dense_layers",
        ),
        (
            VGG | {"devices": 2, "loss": {"name": "dice"}},
            ".devices: loss dice is of a batch as a whole, which can't be gone through in parts",
        ),
        (
            VGG | {"devices": 20},
            ".devices: 20 leaves fewer than two images of a batch of 32 for each: lower it, or "
            "raise batch_size",
        ),
        (
            searched({"devices": [1, 2]}),
            ".search.stages[0].devices: is not a known setting",
        ),
        (
            {"network": "resnet50", "unfrozen_layers": 0, "weights": "imagenet_original"},
            ".weights: there are none of resnet50: take imagenet",
        ),
        (VGG | {"starts_from": "b"}, ".starts_from: there is no other classifier"),
    ],
)
def test_a_setting_that_cannot_be(refused, classifier, mistake):
    found = refused({"a": classifier})
    assert found[0].startswith(f"classifiers.a{mistake}"), found[0]


@pytest.mark.parametrize(
    ("classifiers", "expected"),
    [
        (
            {"head": VGG, "tuned": {"starts_from": "heads"}},
            [
                "tuned.starts_from: 'heads' is not one of the other classifiers: head; did you "
                "mean head?"
            ],
        ),
        (
            {"a": {"starts_from": "b"}, "b": {"starts_from": "a"}, "c": {"starts_from": "b"}},
            [
                f"{name}.starts_from: leads back to this classifier: one of those on the way has "
                "to name a network"
                for name in "ab"
            ],
        ),
        (
            {"a": {"starts_from": "a"}},
            [
                "a.starts_from: leads back to this classifier: one of those on the way has to "
                "name a network"
            ],
        ),
        (
            {"a": VGG, "b": {"starts_from": "a", "network": "vgg16", "weights": "none"}},
            [
                "b.network: is that of the classifier in starts_from: remove one of them",
                "b.weights: is that of a, from which this goes on: remove it",
            ],
        ),
        (
            {"a": VGG, "b": {"settings_of": "a", "network": "vgg16"}},
            ["b.network: is that of the classifier in settings_of: remove one of them"],
        ),
        (
            {"a": VGG, "b": {"settings_of": "a", "starts_from": "a"}},
            ["b.settings_of: can't go with starts_from: remove one of them"],
        ),
        (
            {"a": {"settings_of": "b"}, "b": {"starts_from": "a"}},
            [
                f"{name}: leads back to this classifier: one of those on the way has to name a "
                "network"
                for name in ("a.settings_of", "b.starts_from")
            ],
        ),
        (
            {
                "a": VGG
                | {
                    "search": {
                        "stages": [{"batch_size": [2]}, {"unfrozen_layers": [3, 14]}],
                        "adopt": False,
                    }
                },
                "b": {"settings_of": "a", "unfrozen_share": 0.5},
            },
            [
                "a.search.stages[1].unfrozen_layers: 14 is more than the 13 layers of vgg16",
            ],
        ),
        (
            {"a": VGG, "b": {"starts_from": "a", "search": {"stages": [{"epochs": [1]}]}}},
            ["b.search: goes with a, not with what goes on from it: move it there"],
        ),
        (
            {"a": VGG, "b": {"starts_from": "a", "unfrozen_layers": 2}},
            ["b.unfrozen_layers: a trains 3 layers, and this but 2: unfreeze as many at least"],
        ),
        (
            {
                "a": VGG,
                "b": {"starts_from": "a", "unfrozen_layers": 14},
                "c": {"starts_from": "b", "unfrozen_share": 0.1},
            },
            ["b.unfrozen_layers: 14 is more than the 13 layers of vgg16"],
        ),
        (
            {
                "a": VGG,
                "b": {"starts_from": "a", "class_weights": {"x": 1, "y": 1}},
                "c": {"starts_from": "b"},
            },
            ["b.class_weights: must name the classes of data set films: normal, benign, cancer"],
        ),
        (
            {
                "a": searched({"unfrozen_layers": [1, 5]}),
                "b": {"starts_from": "a", "unfrozen_layers": 4},
            },
            ["b.unfrozen_layers: a trains 5 layers, and this but 4: unfreeze as many at least"],
        ),
    ],
)
def test_going_on_from_another_classifier(refused, classifiers, expected):
    assert refused(classifiers) == [f"classifiers.{line}" for line in expected]


@pytest.mark.parametrize(
    ("classifier", "expected"),
    [
        (
            searched({"network": ["vgg16", "resnet18"], "unfrozen_layers": [0, 12]}),
            [".search.stages[0].unfrozen_layers: 12 is more than the 9 layers of resnet18"],
        ),
        (
            searched({"network": ["vgg16", "resnet18"]}, {"epochs": [1, 2]}, unfrozen_layers=12),
            [".unfrozen_layers: 12 is more than the 9 layers of resnet18"],
        ),
        (
            searched({"network": ["vgg16", "resnet18"]}, {"unfrozen_layers": [0, 12]}),
            [".search.stages[1].unfrozen_layers: 12 is more than the 9 layers of resnet18"],
        ),
        (
            searched({"unfrozen_layers": [0, 12], "unfrozen_share": [0.5]}),
            [
                ".search.stages[0]: has values that don't go together: give either "
                "unfrozen_layers or unfrozen_share"
            ],
        ),
        (
            searched({"network": ["vgg16", "cnn_3d"], "unfrozen_layers": ["all"]}, weights="none"),
            [
                ".search.stages[0].network: cnn_3d takes volumes, vgg16 does not: make two "
                "classifiers of them"
            ],
        ),
        (
            searched({"input_size": [32, 16]}),
            [".search.stages[0].input_size: 16 is less than the 32 pixels that vgg16 needs"],
        ),
        (
            CNN
            | {"search": {"stages": [{"epochs": [1]}, {"cnn": [{"levels": 2}, {"levels": 9}]}]}},
            [
                ".search.stages[1].cnn: cnn needs images of 512 pixels a side or more, and those "
                "of data set films have 64"
            ],
        ),
        (
            searched({"augmentation": [None, {"hue": 0.1}]}),
            [
                ".search.stages[0].augmentation: hue would change nothing of data set films, which "
                "is grey: remove what is of colour"
            ],
        ),
        (
            searched([{"input_size": 32}, {"input_size": 16}]),
            [".search.stages[0]: 16 is less than the 32 pixels that vgg16 needs"],
        ),
        (
            VGG | {"search": {"grid": {"input_size": [32, 16]}}},
            [".search.grid.input_size: 16 is less than the 32 pixels that vgg16 needs"],
        ),
        (searched({}), [".search.stages[0]: names no setting to search"]),
        (searched(), [".search.stages: has 0 entries; it needs at least 1"]),
        (
            searched({"batch_size": [8, 0]}),
            [".search.stages[0].batch_size[1]: 0 is too small; it must be at least 1"],
        ),
        (
            searched({"batchsize": [8]}),
            [".search.stages[0].batchsize: is not a known setting; did you mean batch_size?"],
        ),
        (
            searched({"batch_size": 8}),
            [".search.stages[0].batch_size: 8 is not a list; did you mean [8]?"],
        ),
        (
            searched({"batch_size": [8, 8]}),
            [".search.stages[0].batch_size: lists 8 twice"],
        ),
        (
            VGG | {"search": {"stages": [{"epochs": [1]}], "score": "f1"}},
            [
                ".search.score: 'f1' is not one of accuracy, balanced_accuracy, macro_f1, auc, "
                "negative_log_likelihood"
            ],
        ),
        (
            valued({"batch": {"8": {"dropout": 0.1}}}),
            [
                ".search.per_value.batch: 'batch' is not one of the settings that a stage tries: "
                "network, batch_size; did you mean batch_size?"
            ],
        ),
        (
            valued({"network": {"resnet50": {"dropout": 0.1}}}),
            [
                ".search.per_value.network.resnet50: 'resnet50' is not one of the values of "
                "network that a stage tries: vgg16, resnet18; did you mean resnet18?"
            ],
        ),
        (
            valued({"batch_size": {"8": {"dropout": 0.1}, "8.0": None}}),
            [
                ".search.per_value.batch_size['8.0']: is the same value as 8: write it in the same "
                "way, as one entry"
            ],
        ),
        (
            valued({"network": {"resnet18": {"batch_size": 8}}}),
            [
                ".search.per_value.network.resnet18.batch_size: is what a stage tries: remove one "
                "of them"
            ],
        ),
        (
            valued({"network": {"vgg16": {"dropout": 0.1}}, "batch_size": {"8": {"dropout": 0.2}}}),
            [
                ".search.per_value.batch_size.8.dropout: goes with the values of network: have it "
                "go with one setting alone"
            ],
        ),
        (
            VGG
            | {
                "search": {
                    "stages": [{"network": ["resnet18"], "unfrozen_layers": [1, 2]}],
                    "per_value": {"network": {"resnet18": {"unfrozen_share": 0.5}}},
                }
            },
            [
                ".search.per_value.network.resnet18.unfrozen_share: is what a stage tries: remove "
                "one of them"
            ],
        ),
        (
            valued({"network": {"resnet18": {"dense_layer": [8]}}}),
            [
                ".search.per_value.network.resnet18.dense_layer: is not a known setting; did you "
                "mean dense_layers?"
            ],
        ),
        (
            valued({"network": {"resnet18": {"dropout": 1}}}),
            [".search.per_value.network.resnet18.dropout: 1 is not between 0 and 1 (1 excluded)"],
        ),
        (
            valued({"network": {"resnet18": {"unfrozen_layers": 10}}}),
            [
                ".search.per_value.network.resnet18.unfrozen_layers: 10 is more than the 9 layers "
                "of resnet18"
            ],
        ),
        (
            valued({"network": {"resnet18": {"unfrozen_layers": 4}}}, unfrozen_layers=14),
            [".unfrozen_layers: 14 is more than the 13 layers of vgg16"],
        ),
    ],
)
def test_a_search_is_told_where_it_is_wrong(refused, classifier, expected):
    assert refused({"a": classifier}) == [f"classifiers.a{line}" for line in expected]


@pytest.mark.parametrize(
    "demo",
    [
        {"per_value": None},
        {"per_value": {"network": None}},
        {"per_value": {"network": {"resnet50": None}}},
    ],
)
def test_a_demo_leaves_out_what_goes_with_a_value(demo, real_only, project):
    paper = {
        "stages": [{"network": ["vgg16", "resnet50"]}],
        "per_value": {"network": {"resnet50": {"dense_layers": [8]}}},
    }
    classifiers = {"a": VGG | {"search": paper}}
    demo = {"stages": [{"network": ["vgg16", "resnet18"]}]} | demo
    real_only["demo"] |= {"classifiers": {"a": {"input_size": 32, "search": demo}}}
    project.write(real_only | {"classifiers": classifiers})
    searches = {
        scale: project.load(scale=scale).studies["s"].classifiers["a"].search
        for scale in ("demo", "paper")
    }
    assert searches["paper"].going_with("network", "resnet50") == {"dense_layers": [8]}
    assert searches["demo"].going_with("network", "resnet50") == {}


def test_no_classifier_is_called_as_a_candidate_is(refused, settings, project):
    project.write(settings | {"classifiers": {"a": searched({"epochs": [1, 2]})}})
    search = project.load().studies["s"].classifiers["a"].search
    name = next(iter(candidates("a", search, 1)))
    assert refused({"a": searched({"epochs": [1, 2]}), name: VGG}) == [
        f"classifiers.{name}: a candidate in the search of a has that name: choose another one"
    ]


def test_a_mistake_of_all_candidates_is_told_once(refused):
    assert refused(
        {"a": searched({"epochs": [1, 2, 3]}, {"batch_size": [4, 8]}, input_size=16)}
    ) == ["classifiers.a.input_size: 16 is less than the 32 pixels that vgg16 needs"]


def test_pictures_and_volumes_need_classifiers_of_their_own(refused, real_only, project):
    scans = {"source": "mr_art", "embedded": {"subjects": 9}}
    volumes = scans | {"prepare": {"volume_shape": [16, 20, 16]}}
    data = {"prepare": {"image_size": 64, "channels": 3}, "positive_class": "bad"}

    both = data | {"datasets": {"volumes": volumes, "slices": scans}}
    project.write(real_only | both | {"classifiers": {"flat": CNN, "solid": CNN_3D}})
    assert set(project.load().studies["s"].classifiers) == {"flat", "solid"}
    # what goes on from another one takes what that takes
    assert refused({"flat": CNN, "more": {"starts_from": "flat"}}, **both) == [
        "datasets.volumes: no classifier takes volumes: add one that does, or leave this out"
    ]
    pictures = data | {"datasets": {"slices": scans}}
    assert refused({"flat": CNN, "solid": CNN_3D}, **pictures) == [
        "classifiers.solid.network: cnn_3d takes volumes, and no data set has any"
    ]


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        (
            {"augmentation": {"zoom": 0.1}},
            "augmentation: is not for volumes: give volume_augmentation, or remove it",
        ),
        ({"input_size": 64}, "input_size: is for pictures; volumes stay as they were prepared"),
        (
            {"cnn": {"levels": 5}},
            "cnn: cnn_3d needs images of 32 pixels a side or more, and those of data set scans "
            "have 16",
        ),
    ],
)
def test_what_volumes_do_not_take(refused, real_only, changes, mistake):
    scans = {"source": "mr_art", "embedded": {"subjects": 9}}
    study = {"datasets": {"scans": scans | {"prepare": {"volume_shape": [32, 20, 16]}}}}
    study |= {"positive_class": "bad"}
    assert refused({"a": CNN_3D | changes}, **study) == [f"classifiers.a.{mistake}"]


def test_cross_validation_tests_on_all_images(refused, settings):
    split = {"method": "folds", "folds": 4, "cross_validate": True}
    text = "split.cross_validate: tests on every image once: remove it or test_sample"
    assert refused({"a": VGG}, split=split) == [text]
    own = settings["datasets"]["films"] | {"split": split}
    assert refused({"a": VGG}, datasets={"films": own}) == [f"datasets.films.{text}"]


@pytest.mark.parametrize(
    ("threshold", "positive", "mistake"),
    [
        (0.3, "cancer", ": is for two classes, and these are 3: remove it"),
        ({"sensitivity": 0.9}, "cancer", ": is for two classes, and these are 3: remove it"),
        (0.3, None, ": is a probability of positive_class, which is missing: name it, or remove"),
        (1, "cancer", ": 1 is not between 0 and 1 (0 and 1 excluded)"),
        ("half", "cancer", ": 'half' is not a number or a section of settings"),
        ({"sensitivity": 1.5}, "cancer", ".sensitivity: 1.5 is not between 0 and 1"),
    ],
)
def test_a_threshold_is_of_the_positive_one_of_two_classes(
    refused, real_only, threshold, positive, mistake
):
    others = {"evaluation": {"threshold": threshold}, "positive_class": positive}
    if positive is None:
        classes = {"normal": ["N"], "cancer": ["C"]}
        others["datasets"] = {"films": real_only["datasets"]["films"] | {"classes": classes}}
    (found,) = refused({"a": VGG}, **others)
    assert found.startswith(f"evaluation.threshold{mistake}"), found


@pytest.mark.parametrize(
    ("classifier", "mistake"),
    [
        (
            {"monte_carlo_passes": 5, "batch_size": 8},
            ".batch_size: is that of a, whose weights this one has: remove it",
        ),
        (
            {},
            ".monte_carlo_passes: is missing: how this one predicts otherwise than a; null for no "
            "dropout",
        ),
        (
            {"monte_carlo_passes": 5, "network": "vgg16"},
            ".network: is that of a, whose weights this one has: remove it",
        ),
        (
            {"monte_carlo_passes": 5, "predicts_with": "other"},
            ".predicts_with: other is not trained itself: name a, whose weights it has",
        ),
        ({"monte_carlo_passes": 5, "predicts_with": "c"}, ".predicts_with: 'c' is not one of the"),
        (
            {"monte_carlo_passes": 5, "predicts_with": "no_dropout"},
            ".monte_carlo_passes: there is no dropout to be averaged over",
        ),
    ],
)
def test_what_predicts_with_another_says_how_and_nothing_else(classifier, mistake, refused):
    others = {
        "a": VGG | {"dense_layers": [8]},
        "no_dropout": VGG,
        "other": {"predicts_with": "a", "monte_carlo_passes": None},
    }
    (told,) = refused(others | {"b": {"predicts_with": "a"} | classifier})
    assert told.startswith(f"classifiers.b{mistake}")
