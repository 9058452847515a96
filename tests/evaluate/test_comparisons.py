import pytest

from synthmix.evaluate.comparisons import Comparison, pairs_of, plan_comparisons
from synthmix.mix.plan import plan_study

ADDITIONS = {"fill": [0.5, 1], "ratios": [], "validation": "added"}
MIXES = plan_study(
    ["g", "h", "smote"],
    None,
    ADDITIONS | {"after_removal": {"tomek": ["smote"]}},
    ["tomek"],
    ["weighted"],
    ["smote"],
)


def test_mixes_are_compared_with_their_baselines():
    compared = plan_comparisons(MIXES)
    assert [one.mix for one in compared] == [mix.name for mix in MIXES if not mix.is_baseline]
    assert {(one.baseline, one.family, one.is_pair) for one in compared} == {
        ("real_only", "mixes", False)
    }


def test_a_mix_without_its_baseline_is_compared_where_asked_for():
    alone = [mix for mix in MIXES if not mix.is_baseline]
    assert plan_comparisons(alone) == []
    (pair,) = plan_comparisons(alone, [["g-filled", "weighted"]])
    assert (pair.mix, pair.baseline, pair.is_pair) == ("g-filled", "weighted", True)


def test_generators_are_compared_by_the_mixes_that_differ_in_them_alone():
    pairs = [one for one in plan_comparisons(MIXES, [["g", "h"]]) if one.is_pair]
    assert pairs == [
        Comparison("g-filled50", "h-filled50", "pairs"),
        Comparison("g-filled", "h-filled", "pairs"),
    ]
    # those after a removal have no mate, and a generator of copies adds none to validation
    assert len(list(pairs_of(MIXES, "smote", "h"))) == 2


def test_mixes_are_compared_with_the_same_of_copies_in_a_family_of_their_own():
    additions = {**ADDITIONS, "validation": "real", "trained_as": {"h": "large"}}
    mixes = plan_study(["g", "h", "c"], None, additions, [], ["large"], ["c"], "c")
    compared = plan_comparisons(mixes, [["g-filled", "c-filled"], ["g", "h"]], copies="c")
    pairs = [one for one in compared if one.is_pair]
    assert [one for one in pairs if one.family == "copies"] == [
        Comparison("g-filled50", "c-filled50", "copies"),
        # g-filled was asked for already
        Comparison("h-filled50", "c-filled50-as-large", "copies"),
        Comparison("h-filled", "c-filled-as-large", "copies"),
    ]
    assert [one.family for one in pairs].count("pairs") == 3
    assert not any(one.family == "copies" for one in plan_comparisons(mixes))


def test_mixes_are_compared_by_their_names_and_once():
    asked = [["g-filled", "h-filled"], ["g", "h"], ["h", "g"], ["weighted", "tomek"]]
    pairs = plan_comparisons(MIXES, [*asked, ["tomek", "weighted"]])
    named = [(one.mix, one.baseline) for one in pairs if one.is_pair]
    assert named == [
        ("g-filled", "h-filled"),
        ("g-filled50", "h-filled50"),
        ("weighted", "tomek"),
    ]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (["g"], ["g-filled50", "g-filled"]),
        (["g-filled", "weighted"], ["g-filled", "weighted"]),
        (["tomek"], ["smote-filled50-after-tomek", "smote-filled-after-tomek", "tomek"]),
    ],
)
def test_a_family_names_mixes_or_what_they_are_made_by(named, expected):
    compared = plan_comparisons(MIXES, families={"question": named})
    assert [one.mix for one in compared if one.family == "question"] == expected
    assert {one.family for one in compared} == {"question", "mixes"}


def test_a_comparison_survives_being_a_parameter():
    one = Comparison("g-filled", "h-filled", "pairs")
    assert Comparison.from_dict(one.to_dict()) == one
