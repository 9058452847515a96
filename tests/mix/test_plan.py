from pathlib import Path

import pytest

from synthmix.mix.plan import (
    copy_of,
    describe_addition,
    describe_class_shares,
    plan_additions,
    plan_mixes,
    plan_study,
    pool_size,
)
from synthmix.published.rows import curves_file, read_curves, read_printed

PUBLISHED = Path(__file__).parents[2] / "studies" / "published" / "mammography.csv"
PARTS = ("train", "validation")


def with_baselines(study):
    """Return the settings of the mixes of `study`, with the real-only baselines."""
    return study.mixes.model_dump(exclude={"generators"}) | {"real_only": True}


@pytest.fixture
def paper_mixes(published_mammography):
    return plan_mixes(["dcgan"], **with_baselines(published_mammography))


def published_counts():
    """Return the printed training images by (mix, class, origin), but those of table 7."""
    return {
        (row.mix, row.label, row.metric): row.low
        for row in read_printed(PUBLISHED)
        # the source prints the counts of table 8 there
        if row.of == "images" and row.metric in ("synthetic", "real") and row.table != "7"
    }


def test_the_mixes_have_the_published_counts_to_the_image(published_mammography):
    settings = with_baselines(published_mammography)
    mixes = plan_mixes(["stylegan2_ada"], **settings)
    published = published_counts()
    ours = {
        (mix.name, label, origin): sum(mix.counts()[part][label][origin] for part in PARTS)
        for mix in mixes
        if mix.generator is not None
        for label in ("cancer", "normal")
        for origin in ("synthetic", "real")
    }
    assert len(ours) == 9 * 4
    assert len(published) == 8 * 4
    assert published.items() <= ours.items()
    assert {(mix.train_images, mix.validation_images) for mix in mixes} == {(14280, 2520)}


def test_the_validation_images_are_those_that_the_annex_counts(published_mammography):
    """Recall and accuracy of an epoch are shares of whole numbers: of 9 batches of 256 images."""
    settings = with_baselines(published_mammography)
    batch = published_mammography.classifiers["vgg16"].batch_size
    mixes = {mix.name: mix.counts() for mix in plan_mixes(["stylegan2_ada"], **settings)}
    curves = read_curves(curves_file(PUBLISHED))
    validated = [curve for curve in curves if curve.split == "validation"]
    assert len(validated) == 9
    for curve in validated:
        classes = mixes[curve.mix]["validation"]
        images = {label: sum(origins.values()) for label, origins in classes.items()}
        counted = sum(images.values()) // batch * batch
        if curve.mix.endswith("cancer50-normal50-real0"):  # 15% of 17,500, not of 16,800
            counted += batch
        normal = counted * images["normal"] / sum(images.values())
        for epoch, accuracy in curve.values["accuracy"].items():
            assert accuracy * counted == pytest.approx(round(accuracy * counted), abs=1e-3)
            recall = curve.values["published_way_recall"][epoch]
            # of these batches of shuffled images about as many are normal ones as in all
            there = (abs(recall * n - round(recall * n)) < 1e-3 for n in near(normal))
            assert any(there)


def near(count):
    return range(round(count) - 30, round(count) + 31)


def test_a_study_may_train_on_no_real_images_alone(published_mammography):
    settings = with_baselines(published_mammography)
    without = plan_mixes(["g"], **settings | {"real_only": False})
    assert len(without) == 9
    assert plan_mixes(["g"], **settings)[:9] == without


def test_every_class_share_has_its_real_only_baseline(paper_mixes):
    baselines = {mix.name for mix in paper_mixes if mix.generator is None}
    assert len(baselines) == 3
    assert {mix.baseline for mix in paper_mixes} == baselines


def test_every_selection_has_a_mix_for_each_class_share(published_mammography):
    settings = with_baselines(published_mammography)
    mixes = plan_mixes(["dcgan"], **settings, selections=["fewer", "cleaned"])
    assert mixes[:9] + mixes[15:] == plan_mixes(["dcgan"], **settings)
    assert [mix.selection for mix in mixes[9:15]] == ["fewer"] * 3 + ["cleaned"] * 3
    for mix, baseline in zip(mixes[9:12], mixes[15:], strict=True):
        assert mix.baseline == baseline.name
        assert (mix.is_baseline, baseline.is_baseline) == (False, True)
        assert mix.class_shares == baseline.class_shares
        for split, images in (("train", 14280), ("validation", 2520)):
            counts = mix.counts()[split].values()
            assert sum(origins["real"] for origins in counts) == images
            assert sum(origins["synthetic"] for origins in counts) == 0
    assert mixes[9].name == "fewer-cancer30-normal70"
    assert type(mixes[9]).from_dict(mixes[9].to_dict()) == mixes[9]
    assert pool_size(mixes, "dcgan", "cancer") == 11760


def test_names_tell_mixes_apart(paper_mixes):
    assert len({mix.name for mix in paper_mixes}) == 12
    assert paper_mixes[4].name == "dcgan-cancer50-normal50-real5"


def test_the_pool_holds_the_largest_mix(paper_mixes):
    # the training images of 70/30 and of 30/70, which those that validate are a part of
    assert pool_size(paper_mixes, "dcgan", "cancer") == 11760
    assert pool_size(paper_mixes, "dcgan", "normal") == 11760


def test_class_shares_are_shown_in_percent():
    assert describe_class_shares({"a": 0.335, "b": 0.665}) == "a 33.5 / b 66.5"


def test_a_mix_survives_being_a_parameter(paper_mixes):
    mix = paper_mixes[0]
    assert type(mix).from_dict(mix.to_dict()) == mix


REAL = {"train": {"a": 100, "b": 40, "c": 7}, "validation": {"a": 20, "b": 10, "c": 3}, "test": {}}


@pytest.mark.parametrize(
    ("fill", "ratios", "adds", "expected"),
    [
        ([1], [], True, {"train": (0, 60, 93), "validation": (0, 10, 17)}),
        ([0.5], [], True, {"train": (0, 30, 46), "validation": (0, 5, 8)}),
        ([1], [], False, {"train": (0, 60, 93), "validation": (0, 0, 0)}),
        ([], [0.5], True, {"train": (50, 20, 4), "validation": (10, 5, 2)}),
    ],
)
def test_additions_follow_from_the_real_images(fill, ratios, adds, expected):
    (mix,) = plan_additions(["g"], fill, ratios, adds)
    counts = mix.counts(REAL)
    assert counts.keys() == {"train", "validation"}
    for split, classes in counts.items():
        assert {label: n["real"] for label, n in classes.items()} == REAL[split]
        assert tuple(n["synthetic"] for n in classes.values()) == expected[split]
    needed = sum(split[1] for split in expected.values())
    assert pool_size([mix], "g", "b", REAL) == needed
    assert pool_size([mix], "g", "b") == pool_size([mix], "other", "b", REAL) == 0


def test_what_is_added_after_a_removal_finds_enough_images_whatever_goes():
    additions = {"fill": [1, 0.5], "ratios": [], "validation": "real"}
    additions["after_removal"] = {"tomek": ["h"]}
    mixes = plan_study(["g", "h"], None, additions, ["tomek"])
    names = ["g-filled", "g-filled50", "h-filled", "h-filled50"]
    after = ["h-filled-after-tomek", "h-filled50-after-tomek"]
    assert [mix.name for mix in mixes] == [*names, *after, "tomek", "real_only"]
    assert [mix.selection for mix in mixes] == [None] * 4 + ["tomek"] * 3 + [None]
    assert [describe_addition(mix) for mix in mixes[4:6]] == [
        "filled after tomek",
        "50% filled after tomek",
    ]

    kept = {"train": {"a": 45, "b": 1, "c": 7}, "validation": REAL["validation"]}
    added = mixes[4].counts(kept)["train"]
    assert {label: n["synthetic"] for label, n in added.items()} == {"a": 0, "b": 44, "c": 38}
    # the largest class may have lost all but one, and the others nothing
    for label in "abc":
        assert pool_size(mixes, "h", label, REAL) == 99
    assert pool_size(mixes, "g", "b", REAL) == 60


def test_images_of_a_generator_are_learned_from_as_a_baseline_is():
    additions = {"fill": [1], "ratios": [], "validation": "real", "trained_as": {"h": "large"}}
    mixes = plan_study(["g", "h"], None, additions, (), ["large"])
    found = {mix.name: (mix.training, mix.baseline, mix.is_baseline) for mix in mixes}
    assert found == {
        "g-filled": (None, "real_only", False),
        "h-filled": ("large", "large", False),
        "large": ("large", "real_only", False),
        "real_only": (None, "real_only", True),
    }


def test_a_study_is_planned_in_the_order_of_its_tables():
    additions = {"fill": [1], "ratios": [2], "validation": "real", "generators": ["h"]}
    mixes = plan_study(["g", "h"], None, additions, ["fewer"], ["weighted"])
    names = ["h-filled", "h-added200", "fewer", "weighted", "real_only"]
    assert [mix.name for mix in mixes] == names
    assert {mix.baseline for mix in mixes} == {"real_only"}
    assert [mix.is_baseline for mix in mixes] == [False] * 4 + [True]
    assert [mix.name for mix in plan_study([], None)] == ["real_only"]
    assert [describe_addition(mix) for mix in mixes] == ["filled", "200% added", "", "", ""]


def test_beside_each_mix_there_is_the_same_with_copies():
    additions = {
        "fill": [1],
        "ratios": [0.5],
        "validation": "added",
        "generators": ["g", "h"],
        "trained_as": {"h": "large"},
        "after_removal": {"tomek": ["g"]},
    }
    sections = (["g", "h", "c"], None, additions, ["tomek"], ["large"], ["c"])
    without, mixes = plan_study(*sections), plan_study(*sections, copies="c")
    copied = [mix for mix in mixes if mix.generator == "c"]
    assert [mix for mix in mixes if mix.generator != "c"] == without
    assert [mix.name for mix in copied] == [
        "c-filled",
        "c-added50",
        "c-filled-after-tomek",
        "c-added50-after-tomek",
        "c-filled-as-large",
        "c-added50-as-large",
    ]
    assert [mix.baseline for mix in copied] == ["real_only"] * 4 + ["large"] * 2
    assert not any(mix.adds_to_validation for mix in copied)
    for mix in without:
        if mix.generator:
            control = copy_of(mix, mixes, "c")
            assert (control.fill, control.ratio, control.selection, control.training) == (
                *(mix.fill, mix.ratio, mix.selection, mix.training),
            )


def test_copies_that_are_there_are_not_there_twice():
    additions = {"fill": [1], "ratios": [0.5], "validation": "real"}
    sections = (["g", "smote", "c"], None, additions, [], [], ["c", "smote"])
    assert plan_study(*sections, copies="c") == plan_study(*sections)
    # nor are there copies of copies
    alone = (["c"], *sections[1:])
    assert plan_study(*alone, copies="c") == plan_study(*alone)


def test_copies_for_plain_training_have_a_name_where_another_has_theirs():
    additions = {"fill": [1], "ratios": [], "validation": "real", "trained_as": {"c": "large"}}
    mixes = plan_study(["g", "c"], None, additions, [], ["large"], ["c"], copies="c")
    found = {mix.name: mix.training for mix in mixes if mix.generator == "c"}
    assert found == {"c-filled": "large", "c-filled-as-real_only": None}


def test_mixes_of_a_fixed_size_have_copies_too():
    shares = [{"a": 0.5, "b": 0.5}]
    settings = {
        "class_shares": shares,
        "validation_class_shares": shares[0],
        "real_shares": [0, 0.1],
        "train_images": 10,
        "validation_images": None,
        "when_real_runs_short": "fail",
        "validation": "real",
        "generators": ["g"],
    }
    mixes = plan_study(["g", "c"], settings, copying=["c"], copies="c")
    assert [mix.name for mix in mixes] == [
        *("g-a50-b50-real0", "g-a50-b50-real10"),
        *("c-a50-b50-real0", "c-a50-b50-real10"),
        "real_only-a50-b50",
    ]
    # what validates depends on the real images alone; without these nothing is said of it
    assert mixes[1].counts().keys() == {"train"}
    assert mixes[1].counts(REAL)["validation"] == {
        "a": {"real": 10, "synthetic": 0},
        "b": {"real": 10, "synthetic": 0},
    }
    assert pool_size(mixes, "g", "a") == 5


def test_selections_have_class_shares_where_nothing_is_as_it_is():
    shares = {"a": 0.5, "b": 0.5}
    settings = {
        "class_shares": [shares],
        "validation_class_shares": shares,
        "real_shares": [0],
        "train_images": 10,
        "validation_images": 10,
        "when_real_runs_short": "fail",
    }
    alone = [mix.name for mix in plan_study(["g"], settings, selections=["fewer"])]
    assert alone == ["g-a50-b50-real0", "fewer-a50-b50", "real_only-a50-b50"]
    both = plan_study(["g"], settings, selections=["fewer"], baselines=["weighted"])
    assert [mix.name for mix in both][2:] == ["fewer", "weighted", "real_only"]


def test_validation_images_have_the_shares_of_the_training_where_asked_for(published_mammography):
    settings = with_baselines(published_mammography)
    assert settings["validation_class_shares"] == "as_training"
    mixes = {mix.name: mix.counts() for mix in plan_mixes(["g"], **settings)}
    assert mixes["g-cancer70-normal30-real0"]["validation"] == {
        "cancer": {"synthetic": 1764, "real": 0},
        "normal": {"synthetic": 756, "real": 0},
    }
    settings |= {"validation_class_shares": {"cancer": 0.3, "normal": 0.7}}
    mixes = {mix.name: mix.counts() for mix in plan_mixes(["g"], **settings)}
    assert mixes["g-cancer70-normal30-real0"]["validation"]["cancer"]["synthetic"] == 756
