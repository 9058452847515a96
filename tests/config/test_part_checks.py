"""Official parts as folders: asked for where there are none, and there where they are not asked."""

import pytest

PARTS = {"train": "train", "test": "test"}
CLASSES = {"sick": "SICK", "well": "NORMAL"}
IN_PARTS = {"sick": ["train/SICK", "test/SICK"], "well": ["train/NORMAL", "test/NORMAL"]}


def study(split=None, **dataset):
    mine = {"source": "image_folder", "path": "images", "classes": CLASSES} | dataset
    split = {"split": split} if split else {}
    return {"title": "x", "datasets": {"mine": mine}, "prepare": {"image_size": 64}} | split


def test_parts_that_are_named_may_be_official(project):
    project.write(study({"method": "official"}, parts=PARTS))
    project.load()


@pytest.mark.parametrize(
    ("classes", "proposal"),
    [
        (CLASSES, "parts: {train: train, test: test}"),
        (
            IN_PARTS,
            "parts: {train: train, test: test} and classes: {sick: SICK, well: NORMAL}",
        ),
    ],
)
def test_official_parts_that_nothing_names(mistakes, classes, proposal):
    (line,) = mistakes(study({"method": "official"}, classes=classes))
    assert "split: mine has no parts: name the folders of train and test" in line
    assert line.endswith(f"such as {proposal}")


def test_parts_that_would_be_dealt_out_anew(mistakes):
    (line,) = mistakes(study(parts=PARTS))
    assert (
        "datasets.mine.parts: names parts that are dealt out anew: set split: {method: off" in line
    )
