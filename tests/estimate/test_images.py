"""How many images data sets will have, before they are there."""

import zipfile

import pandas as pd
import pytest

from synthmix.datasets.image_folder import ImageFolder
from synthmix.estimate.images import Images, counted, expected

SHARES = {"split": {"method": "shares", "train": 0.6, "validation": 0.2, "test": 0.2}}
PUBLIC = {"source": "covid_xray"}
CLASSES = ("sick", "well")
PUBLISHED = {"sick": 100, "well": 300}


def test_published_images_are_dealt_out():
    found = expected(PUBLIC, SHARES, CLASSES, PUBLISHED)
    assert found.of("train") == pytest.approx(240)
    assert found.of("train", ["sick"]) == pytest.approx(60)
    assert (found.total, found.basis) == (400, "as published")


def test_folds_leave_all_but_two_to_train_on():
    split = {"split": {"method": "folds", "folds": 10}}
    found = expected(PUBLIC, split, CLASSES, PUBLISHED)
    assert [found.of(part) for part in ("train", "validation", "test")] == [320, 40, 40]


def test_counts_are_taken_as_they_stand_and_test_samples_cap_the_test():
    counts = {part: {"sick": 10, "well": 30} for part in ("train", "validation", "test")}
    split = {"split": {"method": "counts", **counts}, "test_sample": {"images": 20}}
    found = expected(PUBLIC, split, CLASSES, {})
    assert found.by_class("train") == {"sick": 10, "well": 30}
    assert found.of("test") == pytest.approx(20)


def test_subsamples_thin_out():
    balanced = expected(PUBLIC, SHARES | {"subsample": {"method": "balanced"}}, CLASSES, PUBLISHED)
    assert balanced.by_class("train") == {"sick": 60, "well": 60}
    tail = {"method": "long_tail", "train": {"sick": 10, "well": 90}, "test_images": 50}
    split = {"split": {"method": "official", "validation": 0.2}, "subsample": tail}
    found = expected({"source": "mnist"}, split, CLASSES, {})
    assert found.of("train") == pytest.approx(80)
    assert found.of("test") == pytest.approx(50)
    assert found.total == 70_000


def test_drawn_images_are_counted_by_their_settings():
    index = {"source": "covid_xray", "embedded": {"normal": 30, "covid": 10, "size": 99, "seed": 1}}
    assert expected(index, SHARES, CLASSES, {}).total == 40


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_files_of_class_folders_are_counted(tmp_path, kind):
    names = [f"all/{label}/{n}.png" for label in CLASSES for n in range(5)]
    names += ["all/sick/a_mask.png", "all/sick/notes.txt", "all/elsewhere/0.png"]
    place = tmp_path / "pictures"
    for name in names:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).touch()
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for name in names:
                archive.write(place / name, name)
        place = tmp_path / "a.zip"
    classes = {label: [label] for label in CLASSES}
    dataset = ImageFolder(
        source="image_folder", path=str(place), classes=classes, exclude=["*_mask*"]
    )
    found = expected(dataset.index_settings(), SHARES, CLASSES, {})
    assert (found.total, found.basis) == (10, "files found")


def test_nothing_is_known_of_a_folder_that_is_not_there_and_of_others():
    classes = {label: [label] for label in CLASSES}
    gone = {"source": "image_folder", "path": "gone", "classes": classes}
    assert expected(gone, SHARES, CLASSES, {}) is None
    assert expected(PUBLIC, SHARES, CLASSES, {}) is None
    assert expected(PUBLIC, SHARES, CLASSES, {"sick": 3}) is None


def test_a_table_of_splits_is_counted(tmp_path):
    rows = [("sick", "train")] * 3 + [("well", "test")] * 2 + [("well", "held_out")]
    pd.DataFrame(rows, columns=["label", "split"]).to_csv(tmp_path / "split.csv", index=False)
    found = counted(tmp_path / "split.csv")
    assert found.of("train", ["sick"]) == 3
    assert (found.of("test"), found.total) == (2, 6)


def test_a_generator_of_no_class_learns_from_all_there_are(tmp_path):
    rows = {"label": ["a", "a", "b", "unlabelled"], "split": ["train", "test", *["held_out"] * 2]}
    pd.DataFrame(rows).to_csv(tmp_path / "split.csv", index=False)
    found = counted(tmp_path / "split.csv")
    assert found.of("train", ["unlabelled"]) == 4
    assert found.of("train", ["a"]) == 1


def test_a_share_has_fewer_training_images_and_no_fewer_others():
    whole = Images({"a": {"train": 40, "test": 8}, "b": {"train": 60, "validation": 6}}, 114, "x")
    half = whole.with_share(0.5)
    assert (half.of("train"), half.of("test"), half.of("validation")) == (50, 8, 6)
    assert half.total == 114
    assert whole.with_share(1) is whole
