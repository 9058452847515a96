"""How large a difference a run can show."""

from dataclasses import replace

import pandas as pd
import pytest

from estimate_graphs import graph, job, study
from synthmix.estimate.detectable import detectable, in_words
from synthmix.evaluate.components import Design
from synthmix.evaluate.power import assumed_components, smallest_difference

COMPARISONS = [{"mix": f"m{i}", "baseline": "real_only", "family": "mixes"} for i in range(3)]


def sizes(repeats=((1, 1, 1),), folds=("",), comparisons=COMPARISONS, split=None):
    """Return the sizes of a study whose 200 images are split into 40 test images, or folds."""
    base = study(split=split)
    params = {
        "comparisons": list(comparisons),
        "repeats": [("m0", list(repeats)), ("real_only", [(1, 1, 1)])],
        "folds": list(folds),
        "classifiers": ["a", "b"],
        "evaluation": {"significance": 0.05},
    }
    return replace(base, graph=graph(*base.graph.jobs, job("compare_mixes", params)))


def test_one_training_of_each_shows_what_patients_allow():
    (found,) = detectable(sizes())
    assert (found.name, found.patients, found.are_images) == ("s/d", 40, True)
    assert found.comparisons == 6
    error = assumed_components(40).error(Design(1, 1, 1, 40))
    assert found.difference == smallest_difference(error, 0.05, 6)
    (line, assumed) = in_words([found], 6).splitlines()
    assert line.startswith(
        "s/d: with 40 test images, 1 split, 1 generator training, 1 classifier training and "
        "6 comparisons a difference in accuracy of about 0."
    )
    assert line.endswith("can be seen, between the networks that are trained alone.")
    assert "80% of such runs" in assumed
    assert "10% of the patients" in assumed


def test_more_splits_and_trainings_show_more():
    few, many = (
        detectable(sizes([(s, g, 1) for s in range(1, 1 + splits) for g in (1, 2)]))[0]
        for splits in (3, 10)
    )
    assert (many.splits, many.generators) == (10, 2)
    assert many.difference < few.difference
    assert "3 splits, 2 generator trainings" in in_words([few], 6)


def test_folds_test_every_image_once():
    (found,) = detectable(sizes(folds=["/fold1", "/fold2", "/fold3", "/fold4"]))
    assert (found.patients, found.folds) == (200, 4)
    components = assumed_components(50, shared_patients=0.0)
    expected = smallest_difference(components.error(Design(4, 1, 1, 50)), 0.05, 6)
    assert found.difference == pytest.approx(expected)


def test_patients_are_counted_where_the_split_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = pd.DataFrame(
        {"label": "cancer", "split": ["train", *["test"] * 9], "group": [*"abbbccddee"]}
    )
    table.to_csv("split.csv", index=False)
    (found,) = detectable(sizes())
    assert (found.patients, found.are_images) == (4, False)


def test_nothing_is_said_where_nothing_is_compared_or_known():
    assert detectable(sizes(comparisons=[])) == []
    assert detectable(study()) == []
    assert in_words([], 6) == ""


def test_many_data_sets_are_told_in_short():
    (found,) = detectable(sizes())
    lines = in_words([replace(found, name=f"s/{i}") for i in range(9)], 6).splitlines()
    assert len(lines) == 8
    assert lines[6] == "and 3 more data sets"
