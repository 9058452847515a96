"""Files that are no images, in the table of rejected ones and in words."""

import json

import pandas as pd
import pytest
from PIL import Image

from synthmix.files import write_table
from synthmix.prepare.passed_over import (
    CLUTTER,
    in_words,
    passed_over_of,
    unreadable_of,
    with_passed_over,
)
from synthmix.prepare.prepare_images import prepare_images
from synthmix.prepare.settings import Prepare
from synthmix.store import load_store, read_table

UNREADABLE = pd.DataFrame(
    [("a", "sick/a.png", "", "sick", "p", "", "torn")],
    columns=["sample_id", "path", "frame", "label", "group", "part", "reason"],
)


def files(*kinds):
    rows = [(f"x{i}{suffix}", "sick", suffix, why) for i, (suffix, why) in enumerate(kinds)]
    return pd.DataFrame(rows, columns=["path", "label", "suffix", "reason"])


@pytest.mark.parametrize("unreadable", [UNREADABLE, UNREADABLE[:0]])
def test_both_kinds_stand_in_one_table_and_are_told_apart(tmp_path, unreadable):
    others = files((".txt", "unknown suffix"), ("", CLUTTER))
    write_table(tmp_path / "passed_over.csv", others)
    write_table(
        tmp_path / "rejected.csv", with_passed_over(unreadable, tmp_path / "passed_over.csv")
    )
    table = read_table(tmp_path / "rejected.csv")
    assert list(table.columns) == list(UNREADABLE.columns)
    assert list(unreadable_of(table)["path"]) == list(unreadable["path"])
    assert passed_over_of(table)[["path", "label", "reason"]].values.tolist() == [
        ["x0.txt", "sick", "unknown suffix"],
        ["x1", "sick", CLUTTER],
    ]


def test_files_that_are_no_images_do_not_count_as_rejected(tmp_path):
    Image.linear_gradient("L").save(tmp_path / "a.png")
    (tmp_path / "fetched.json").write_text(json.dumps({"root": str(tmp_path)}))
    write_table(tmp_path / "index.csv", UNREADABLE.drop(columns="reason").assign(path="a.png"))
    write_table(tmp_path / "passed_over.csv", files(*[(".txt", "unknown suffix")] * 30))
    prepare_images(
        tmp_path / "index.csv",
        tmp_path / "fetched.json",
        "image_folder",
        tmp_path / "real.npy",
        tmp_path / "rejected.csv",
        Prepare(image_size=8, max_rejected_share=0),
        passed_over=tmp_path / "passed_over.csv",
    )
    assert len(load_store(tmp_path / "real.npy")[0]) == 1
    rejected = read_table(tmp_path / "rejected.csv")
    assert (len(unreadable_of(rejected)), len(passed_over_of(rejected))) == (0, 30)


def test_nothing_passed_over(tmp_path):
    write_table(tmp_path / "none.csv", files())
    assert with_passed_over(UNREADABLE, tmp_path / "none.csv").equals(UNREADABLE)
    assert with_passed_over(UNREADABLE, None) is UNREADABLE


def test_kinds_are_counted_the_most_frequent_first():
    kinds = [(".txt", "unknown suffix")] * 2 + [(".zip", "an archive: unpack it")] * 12
    assert in_words(files(*kinds, ("", "no suffix"), ("", CLUTTER))) == (
        "15 files are no images: 12 .zip (an archive: unpack it), 2 .txt (unknown suffix), "
        f"1 (no suffix); 1 file is {CLUTTER}"
    )
    many = in_words(files(*((f".{letter}", "unknown suffix") for letter in "abcdefghij")))
    assert many.startswith("10 files are no images: 1 .a (unknown suffix), ")
    assert many.endswith("1 .h (unknown suffix), 2 more")
    assert in_words(files()) == ""
