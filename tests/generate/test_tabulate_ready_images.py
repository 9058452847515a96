"""What is known of ready images, and what is said of it."""

import logging

import pandas as pd
import pytest

from synthmix.errors import UserError
from synthmix.generate.origin import leaks, listed_ids, listed_samples, remarks, unknown_origin
from synthmix.generate.tabulate_ready_images import tabulate_ready_images, worst
from synthmix.store import read_table

SPLITS = ["train"] * 4 + ["validation"] * 2 + ["test"] * 3 + ["held_out"]
SAMPLES = pd.DataFrame(
    {
        "sample_id": [f"s{n}" for n in range(10)],
        "label": "sick",
        "group": [f"p{n // 2}" for n in range(10)],
        "content": [f"c{n}" for n in range(10)],
        "split": SPLITS,
    }
)


def tabulate(tmp_path, contents, listed=None, splits=(SAMPLES,), rejected=0):
    """Return the table about one pool whose images have these `contents`."""
    pool = pd.DataFrame({"sample_id": range(len(contents)), "content": contents})
    pool.to_csv(tmp_path / "pool.csv", index=False)
    bad = pd.DataFrame({"sample_id": ["x"] * rejected + [""], "reason": "no image"})
    bad.to_csv(tmp_path / "rejected.csv", index=False)
    if listed is not None:
        (tmp_path / "list.csv").write_text("\n".join(listed) + "\n")
    tables = []
    for number, split in enumerate(splits, start=1):
        split.to_csv(tmp_path / f"split{number}.csv", index=False)
        tables.append((tmp_path / f"split{number}.csv", (number, None)))
    tabulate_ready_images(
        {"theirs": tmp_path / "pool.csv"},
        {"theirs": tmp_path / "rejected.csv"},
        {"theirs": None if listed is None else tmp_path / "list.csv"},
        tables,
        tmp_path / "ready.csv",
    )
    return read_table(tmp_path / "ready.csv")


def test_images_that_are_real_ones_are_counted_by_their_split_and_told(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        table = tabulate(tmp_path, ["c6", "c7", "c7", "c4", "c0", "c9", "new", "new"], rejected=2)
    (row,) = table.to_dict("records")
    assert (row["images"], row["repeated"], row["unreadable"]) == (8, 2, 2)
    equal = {part: row[f"equal_{part}"] for part in ("train", "validation", "test", "held_out")}
    assert equal == {"train": 1, "validation": 1, "test": 3, "held_out": 1}
    assert "3 images of theirs are real test images, pixel by pixel" in caplog.text
    assert "1 image of theirs is one of the real training images" in caplog.text
    assert "2 of the 8 images of theirs are the same as an earlier one" in caplog.text
    assert "Test images may be among it: a leak that can't be ruled out" in caplog.text


def test_a_list_is_held_against_the_split_with_patients(tmp_path, caplog):
    listed = ["sample_id,why", "s0,a", "s6,b", "s7,b", "s8,b", "s8,b", "s5,c", "gone,d"]
    with caplog.at_level(logging.WARNING):
        (row,) = tabulate(tmp_path, ["new"], listed).to_dict("records")
    assert (row["learned_from"], row["listed"], row["listed_unknown"]) == ("a list", 6, 1)
    assert (row["listed_train"], row["listed_validation"], row["listed_test"]) == (1, 1, 3)
    assert row["listed_test_patients"] == 2
    assert "theirs was made from 3 test images of 2 patients, as its list says" in caplog.text
    assert "1 of the 6 identifiers that theirs says it was made from are none" in caplog.text
    assert "can't be ruled out" not in caplog.text


def test_a_pool_that_knows_training_images_alone_is_no_leak(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        (row,) = tabulate(tmp_path, ["a", "b"], ["s0", "s1"]).to_dict("records")
    assert row["listed_train"] == 2
    assert leaks(row) == remarks(row) == []
    assert caplog.text == ""


def test_of_several_splits_the_worst_is_told(tmp_path):
    turned = SAMPLES.assign(split=["test"] * 4 + SPLITS[4:6] + ["train"] * 4)
    table = tabulate(tmp_path, ["c6"], ["s0", "s1"], (SAMPLES, turned))
    assert list(table["listed_test"]) == [0, 2]
    assert list(table["equal_test"]) == [1, 0]
    (row,) = worst(table)
    assert (row["listed_test"], row["equal_test"], row["learned_from"]) == (2, 1, "a list")


@pytest.mark.parametrize(
    "text",
    ["a\nb\nb\n", "\ufeffa\r\nb\r\n\r\n", "sample_id\na\nb\n", "n;Sample ID\n1;a\n2;b\n"],
)
def test_lists_are_read_as_people_write_them(tmp_path, text):
    (tmp_path / "list.txt").write_text(text, encoding="utf-8")
    assert listed_ids(tmp_path / "list.txt") == ["a", "b"]


def test_a_list_of_other_columns_is_told(tmp_path):
    (tmp_path / "list.csv").write_text("name,patient\na,b\n")
    with pytest.raises(UserError, match="has no column sample_id, but name, patient"):
        listed_ids(tmp_path / "list.csv")
    with pytest.raises(UserError, match=r"there is no file .*gone"):
        listed_ids(tmp_path / "gone.csv")


def test_without_a_list_no_sample_is_known():
    assert listed_samples(SAMPLES, None).empty
    assert unknown_origin([]) == ""
    assert "images of a and b were made from" in unknown_origin(["a", "b"])
