"""What trainings get their settings from, and which settings they may turn out to have."""

import pytest

from synthmix.config.classifiers import StudyClassifier
from synthmix.search.chosen import settle, write_chosen
from synthmix.search.resolve import (
    all_trained,
    candidates,
    possible_settings,
    settings_with,
    trained_with,
)

NETWORKS, RATES = ["vgg16", "resnet18"], [1e-2, 1e-3, 1e-4]
STAGES = [{"network": NETWORKS, "batch_size": [8, 16]}, {"learning_rate": RATES}]


def study(stages=STAGES, **others):
    best = {"network": "vgg16", "unfrozen_layers": 0, "search": {"stages": stages}}
    return {
        name: StudyClassifier.model_validate(settings)
        for name, settings in ({"best": best} | others).items()
    }


def possible(name, classifiers, setting):
    trained = all_trained(classifiers)[name]
    return [settings[setting] for settings in possible_settings(trained, classifiers)]


def test_names_of_candidates_stand_for_what_sets_them_apart():
    classifiers = study()
    first = candidates("best", classifiers["best"].search, 1)
    second = candidates("best", classifiers["best"].search, 2)
    assert list(first.values()) == [
        {"network": network, "batch_size": size} for network in NETWORKS for size in (8, 16)
    ]
    assert list(second.values()) == [{"learning_rate": rate} for rate in RATES]
    assert all(name.startswith("best_c") for name in first)
    assert all(name.startswith("best_s2c") for name in second)
    assert len({*first, *second}) == 7


def test_a_value_more_leaves_the_other_candidates_as_they_are():
    grown = [{"network": ["inception_v3", *NETWORKS], "batch_size": [8, 4, 16]}, STAGES[1]]
    before, after = all_trained(study()), all_trained(study(grown))
    assert len(after) == len(before) + 5
    assert before.items() <= after.items()


def test_what_is_trained_is_every_classifier_and_every_candidate():
    trained = all_trained(study(plain={"network": "vgg16", "unfrozen_layers": 3}))
    assert len(trained) == 1 + 4 + 3 + 1
    assert trained["plain"].chosen_in is None
    assert trained["best"].chosen_in == ("best", 2)
    waits = [each.chosen_in for name, each in trained.items() if "_" in name]
    assert waits == [None] * 4 + [("best", 1)] * 3


def test_a_candidate_has_its_own_settings_over_those_chosen_before(tmp_path):
    classifiers = study()
    name = next(reversed(candidates("best", classifiers["best"].search, 2)))
    trained = all_trained(classifiers)[name]
    chosen = tmp_path / "stage1.json"
    write_chosen(chosen, "best_cx", {"network": "resnet18", "batch_size": 16})
    settings = settle(trained.base, trained.own, chosen)
    assert (settings["network"], settings["batch_size"]) == ("resnet18", 16)
    assert settings["learning_rate"] == 1e-4
    assert settings["unfrozen_layers"] == 0
    assert not {"search", "starts_from"} & set(settings)


def test_what_is_not_adopted_changes_no_training():
    classifiers = study(tuned={"starts_from": "best", "epochs": 2})
    pinned = {"network": "resnet18", "batch_size": 32, "learning_rate": 1e-3}
    search = {"stages": STAGES, "adopt": False}
    best = {"unfrozen_layers": 0, "search": search} | pinned
    classifiers["best"] = StudyClassifier.model_validate(best)
    trained = all_trained(classifiers)
    assert {each.chosen_in for each in trained.values()} == {None}
    for name in ("best", "tuned"):
        (settings,) = possible_settings(trained[name], classifiers)
        assert {key: settings[key] for key in pinned} == pinned
    # a stage goes on from what is given, whatever was best in the one before
    second = candidates("best", classifiers["best"].search, 2)
    assert [possible(name, classifiers, "network") for name in second] == [["resnet18"]] * 3
    assert [possible(name, classifiers, "learning_rate")[0] for name in second] == RATES


def test_a_classifier_may_have_the_settings_of_another_and_be_trained_anew():
    anew = {"settings_of": "best", "augmentation": {"horizontal_flip": True}}
    classifiers = study(augmented=anew, tuned={"starts_from": "augmented", "epochs": 3})
    augmented, tuned = (trained_with(name, classifiers) for name in ("augmented", "tuned"))
    assert (augmented.chosen_in, augmented.starts_from) == (("best", 2), None)
    assert set(augmented.own) == {"augmentation"}
    assert (tuned.chosen_in, tuned.starts_from) == (("best", 2), "augmented")
    assert set(tuned.own) == {"augmentation", "epochs"}


def test_what_a_training_may_turn_out_to_be():
    classifiers = study()
    first, second = (next(iter(candidates("best", classifiers["best"].search, n))) for n in (1, 2))
    assert possible(first, classifiers, "network") == ["vgg16"]
    assert possible(second, classifiers, "batch_size") == [8, 16, 8, 16]
    assert possible(second, classifiers, "learning_rate") == [1e-2] * 4
    assert len(possible("best", classifiers, "network")) == 4 * 3
    assert set(possible("best", classifiers, "learning_rate")) == set(RATES)


def test_what_goes_on_gets_the_choice_and_its_own_settings_over_it():
    classifiers = study(
        tuned={"starts_from": "best", "unfrozen_share": 0.5, "learning_rate": 1e-5},
        further={"starts_from": "tuned", "epochs": 3},
    )
    trained = trained_with("further", classifiers)
    assert trained.chosen_in == ("best", 2)
    assert trained.starts_from == "tuned"
    assert trained.own == {
        **{"unfrozen_layers": None, "unfrozen_share": 0.5},
        **{"learning_rate": 1e-5, "epochs": 3},
    }
    assert set(possible("further", classifiers, "network")) == set(NETWORKS)
    assert set(possible("further", classifiers, "learning_rate")) == {1e-5}
    assert trained_with("tuned", classifiers).starts_from == "best"


def test_settings_that_are_not_given_are_those_of_the_classifier_before():
    classifiers = study(tuned={"starts_from": "best", "dropout": 0.5})  # 0.5 is the default too
    assert trained_with("tuned", classifiers).own == {"dropout": 0.5}


@pytest.mark.parametrize(
    ("stage", "settings"),
    [
        ({"unfrozen_share": [0.5]}, (None, 0.5)),
        ({"unfrozen_layers": ["all"]}, ("all", None)),
        ({"epochs": [5]}, (0, None)),
    ],
)
def test_one_way_to_unfreeze_replaces_the_other(stage, settings):
    classifiers = study([stage])
    assert possible("best", classifiers, "unfrozen_layers") == [settings[0]]
    assert possible("best", classifiers, "unfrozen_share") == [settings[1]]


def test_a_later_stage_may_try_again_what_an_earlier_one_tried():
    classifiers = study([{"batch_size": [8, 16]}, {"batch_size": [4]}])
    trained = all_trained(classifiers)["best"]
    assert settings_with(trained, [{"batch_size": 16}, {"batch_size": 4}])["batch_size"] == 4
    assert possible("best", classifiers, "batch_size") == [4, 4]


HEADS = {"network": {"resnet18": {"dense_layers": [8]}}}


def with_heads(stages=STAGES, per_value=HEADS, **others):
    best = {"network": "vgg16", "unfrozen_layers": 3, "dense_layers": [64, 64]}
    best |= {"search": {"stages": stages, "per_value": per_value}}
    return {"best": StudyClassifier.model_validate(best)} | {
        name: StudyClassifier.model_validate(settings) for name, settings in others.items()
    }


def test_settings_go_with_a_value_of_another_one_wherever_it_is_chosen():
    classifiers = with_heads(tuned={"starts_from": "best", "learning_rate": 1e-5})
    first, second = (next(iter(candidates("best", classifiers["best"].search, n))) for n in (1, 2))
    assert all_trained(classifiers)[first].own == {
        **{"network": "vgg16", "batch_size": 8, "dense_layers": [64, 64]}
    }
    for name in (second, "best", "tuned"):
        trained = all_trained(classifiers)[name]
        heads = {
            (settings["network"], *settings["dense_layers"])
            for settings in possible_settings(trained, classifiers)
        }
        assert heads == {("vgg16", 64, 64), ("resnet18", 8)}
    # among what is asked for alone, too
    found = possible_settings(all_trained(classifiers)["best"], classifiers, {"dense_layers"})
    assert [settings["dense_layers"] for settings in found] == [[64, 64], [8]]


def test_settings_that_go_with_a_value_name_no_candidate():
    assert list(all_trained(with_heads())) == list(all_trained(study()))


def test_a_later_choice_of_another_value_has_the_settings_of_the_classifier_again():
    classifiers = with_heads([*STAGES, {"network": ["vgg16"]}])
    trained = all_trained(classifiers)["best"]
    assert possible("best", classifiers, "dense_layers") == [[64, 64]] * 12
    heads = [settings["dense_layers"] for settings in possible_settings(trained, classifiers)]
    assert heads == [[64, 64]] * 12


def test_one_way_to_unfreeze_that_goes_with_a_value_replaces_the_other():
    classifiers = with_heads(
        [{"network": NETWORKS}], {"network": {"resnet18": {"unfrozen_share": 0.5}}}
    )
    assert possible("best", classifiers, "unfrozen_layers") == [3, None]
    assert possible("best", classifiers, "unfrozen_share") == [None, 0.5]


def test_what_goes_on_says_other_than_what_goes_with_a_value():
    per_value = {"network": {"resnet18": {"dropout": 0.1}}}
    classifiers = with_heads(per_value=per_value, tuned={"starts_from": "best", "dropout": 0.3})
    assert set(possible("best", classifiers, "dropout")) == {0.5, 0.1}
    assert set(possible("tuned", classifiers, "dropout")) == {0.3}
