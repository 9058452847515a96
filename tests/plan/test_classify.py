import pytest
import yaml

from plan_data import STUDIES, changed, plan_of, study_file, view_of
from synthmix.errors import UserError
from synthmix.plan import classify, search
from synthmix.plan.search import Choice

BASELINE = "real_only-cancer50-normal50"


def candidates(view, stage):
    return search.candidate_names(view, "classifiers", "best", str(stage))


def test_a_training_waits_for_the_stages_before_it():
    view = view_of("stages")
    assert classify.choice(view, "best") == Choice("classifiers", "best", 2)
    assert {classify.choice(view, name) for name in candidates(view, 1)} == {None}
    assert {classify.choice(view, name) for name in candidates(view, 2)} == {
        Choice("classifiers", "best", 1)
    }
    assert classify.choice(view_of("tiny"), "vgg16") is None


def test_candidates_are_trained_but_are_no_classifiers_of_the_study():
    view = view_of("stages")
    assert classify.names(view) == ["best", "tuned"]
    assert (len(candidates(view, 1)), len(candidates(view, 2))) == (4, 2)
    (small, *_) = candidates(view, 1)
    assert classify.own(view, small, "real_only")["batch_size"] == 8
    assert classify.base(view, small) == classify.base(view, "best")


def test_a_training_reads_all_that_stages_may_choose():
    view = view_of("stages")
    both = ["resnet18-random1", "vgg16-random1"]
    assert classify.weights(view, "best", "real_only") == both
    assert len(classify.modules(view, "best", "real_only")) == 4
    assert len(classify.backbones(view, "best", "real_only")) == 2
    (small, *_) = candidates(view, 1)
    assert len(classify.weights(view, small, "real_only")) == 1


def test_what_goes_on_from_another_reads_what_that_has_not_trained(tmp_path):
    view = view_of("stages")
    assert classify.starts_from(view, "tuned") == "best"
    assert classify.starts_from(view, "best") is None
    tuned = {"starts_from": "vgg16", "unfrozen_layers": "all"}
    classifiers = view_of("tiny").settings.classifiers
    vgg16 = classifiers["vgg16"].model_dump(mode="json", exclude_unset=True)
    more = changed(tmp_path, "tiny", classifiers={"vgg16": vgg16, "tuned": tuned})
    assert classify.weights(more, "tuned", BASELINE) == ["vgg16-random1"]
    assert classify.backbones(more, "tuned", BASELINE) == []


def test_what_predicts_with_another_is_not_trained(tmp_path):
    classifiers = view_of("tiny").settings.classifiers
    vgg16 = classifiers["vgg16"].model_dump(mode="json", exclude_unset=True)
    both = {"bayesian": {"predicts_with": "vgg16", "monte_carlo_passes": 7}, "vgg16": vgg16}
    view = changed(tmp_path, "tiny", classifiers=both)
    assert classify.trained_as(view, "bayesian") == classify.trained_as(view, "vgg16") == "vgg16"
    assert classify.predicting(view, "bayesian", BASELINE) == {"monte_carlo_passes": 7}
    assert classify.predicting(view, "vgg16", BASELINE) == {}
    assert classify.base(view, "bayesian") == classify.base(view, "vgg16")
    for question in (classify.weights, classify.backbones, classify.modules):
        assert question(view, "bayesian", BASELINE) == question(view, "vgg16", BASELINE)
    assert {name for name, _ in classify._trainings(view)} == {"vgg16"}


def test_what_is_trained_anew_with_the_settings_of_another_reads_no_training(tmp_path):
    anew = {"settings_of": "best", "augmentation": {"horizontal_flip": True}}
    there = yaml.safe_load((STUDIES / "stages.yaml").read_text())["classifiers"]
    view = changed(tmp_path, "stages", classifiers=there | {"anew": anew})
    assert classify.starts_from(view, "anew") is None
    assert classify.choice(view, "anew") == classify.choice(view, "best")
    assert classify.weights(view, "anew") == classify.weights(view, "best")


def test_another_way_to_train_goes_over_the_settings_on_its_mix_alone(tmp_path):
    ways = {"all": {"unfrozen_layers": "all"}}
    view = changed(tmp_path, "tiny", baselines=ways)
    assert classify.trained(view, "vgg16", "all").own["unfrozen_layers"] == "all"
    assert classify.trained(view, "vgg16") == classify.trained(view, "vgg16", "real_only")
    assert classify.backbones(view, "vgg16", "all") == []
    assert len(classify.backbones(view, "vgg16", "real_only")) == 1


def test_features_are_those_of_any_training_with_the_same_frozen_part(paper):
    view = view_of("tiny")
    (name,) = classify.backbones(view, "vgg16", BASELINE)
    assert classify.backbone_weights(view, name) == "vgg16-random1"
    assert list(classify.backbone_modules(view, name)) == classify.modules(view, "vgg16")
    assert classify.backbone(view, name)["unfrozen_layers"] == 1
    with pytest.raises(UserError, match="no classifier with the frozen part resnet18-imagenet"):
        classify.backbone(view, "resnet18-imagenet")
    for planned in paper.asked:
        for classifier in planned.classifiers:
            for found in classify.backbones(planned, classifier, planned.baseline):
                network = classify.backbone(planned, found)["network"]
                assert found.startswith(network)


def test_trainings_share_devices_whatever_is_chosen(tmp_path):
    assert classify.devices(view_of("stages"), "best", "real_only") == 1
    settings = view_of("tiny").settings.classifiers["vgg16"]
    vgg16 = settings.model_dump(mode="json", exclude_unset=True) | {"devices": 3}
    view = changed(tmp_path, "tiny", classifiers={"vgg16": vgg16})
    assert classify.devices(view, "vgg16", BASELINE) == 3


def test_larger_images_take_more_memory():
    small = classify.training_bytes(view_of("tiny"), "vgg16", BASELINE)
    volumes = classify.training_bytes(view_of("volumes", "volumes"), "cnn_3d", "real_only")
    assert small > 2**20
    assert volumes > 2**20


def test_a_classifier_that_is_not_there_is_a_message():
    with pytest.raises(UserError, match="tiny has no classifier 'resnet18' of phantoms, only vgg1"):
        classify.possible(view_of("tiny"), "resnet18", BASELINE)
    with pytest.raises(UserError, match="tiny has no mix 'some'"):
        classify.trained(view_of("tiny"), "vgg16", "some")


ADDED = {"fill": [1], "ratios": [0.5]}
FIXED, REAL = "dcgan-cancer50-normal50-real10", "real_only-cancer50-normal50"


@pytest.mark.parametrize("equal_steps", [True, False])
def test_a_training_knows_of_the_baseline_of_its_mix_what_it_needs(tmp_path, equal_steps):
    sections = {
        "controls": {"equal_steps": equal_steps, "copies": True},
        "additions": ADDED,
        "selections": {"few": {"method": "tomek_links"}},
        "baselines": {"weighted": {"class_weights": "balanced"}},
    }
    view = changed(tmp_path, "tiny", **sections)
    assert classify.has_equal_steps(view) is equal_steps
    found = {
        mix: (classify.baseline(view, mix), classify.equalled(view, mix)) for mix in view.mixes
    }
    # how many synthetic images a mix of a fixed size has is known: it is no baseline's equal
    assert found[FIXED] == (REAL if equal_steps else None, None)
    assert found["copies-cancer50-normal50-real10"] == found[FIXED]
    for mix in ("dcgan-filled", "dcgan-added50", "copies-filled", "few"):
        assert found[mix] == ("real_only", "real_only")
    for mix in ("weighted", "real_only", REAL):
        assert found[mix] == (None, None)


def test_an_addition_that_is_trained_otherwise_has_that_baseline(tmp_path):
    added = ADDED | {"trained_as": {"dcgan": "weighted"}}
    baselines = {"weighted": {"class_weights": "balanced"}}
    controls = {"copies": True}
    view = changed(tmp_path, "tiny", additions=added, baselines=baselines, controls=controls)
    for mix in ("dcgan-filled", "copies-filled-as-weighted"):
        assert classify.equalled(view, mix) == "weighted"


def test_without_a_baseline_there_is_nothing_to_know(tmp_path):
    mixes = yaml.safe_load((STUDIES / "tiny.yaml").read_text())["mixes"] | {"real_only": False}
    view = changed(tmp_path, "tiny", mixes=mixes)
    assert classify.baseline(view, FIXED) is None


def test_a_rehearsal_trains_what_its_few_images_make_equal(tmp_path):
    file = study_file(tmp_path, "tiny", additions=ADDED)
    view = plan_of(file, scale="rehearsal").view("tiny", "phantoms")
    assert classify.baseline(view, "dcgan-filled") == "real_only"
    assert classify.equalled(view, "dcgan-filled") is None
