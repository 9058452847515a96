"""What the metadata says of all images is counted, and sizes are those of the files."""

import json

import pandas as pd
from PIL import Image

from synthmix.prepare.tabulate_census import count_values, tabulate_census, with_sizes
from synthmix.store import read_table

COLUMNS = ["image", "path", "left_out", "width", "height", "collection"]


def test_sizes_are_those_of_the_files_where_there_are_any(tmp_path):
    Image.new("L", (5, 3)).save(tmp_path / "a.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    rows = [
        ("a", "a.png", "", "7", "7", "x"),
        ("b", "broken.png", "", "9", "8", "x"),
        ("c", "", "no file", "6", "4", "x"),
        ("d", "", "no file", "", "4", "x"),
    ]
    table = with_sizes(pd.DataFrame(rows, columns=COLUMNS), tmp_path)
    assert list(table["size"]) == ["5 x 3", "9 x 8", "6 x 4", "unknown"]
    assert list(table["width"]) == ["5", "9", "6", ""]


def test_values_are_counted_the_largest_first_and_how_many_are_used():
    rows = [
        ("x", "2 x 1", ""),
        ("y", "2 x 1", "too dark"),
        ("y", "2 x 1", ""),
    ]
    census = pd.DataFrame(rows, columns=["collection", "size", "left_out"])
    counts = count_values(census, ["collection"])
    assert counts.to_numpy().tolist() == [
        ["collection", "y", 2, 66.67, 1],
        ["collection", "x", 1, 33.33, 1],
        ["size", "2 x 1", 3, 100, 2],
        ["left_out", "used", 2, 66.67, 2],
        ["left_out", "too dark", 1, 33.33, 0],
    ]
    assert list(counts.columns) == ["fact", "value", "images", "percent", "used"]


def test_a_data_set_gets_both_tables(tmp_path):
    root = tmp_path / "isic"
    root.mkdir()
    names = [f"ISIC_000000{number}" for number in range(3)]
    for name in names[:2]:
        Image.new("RGB", (4, 3)).save(root / f"{name}.png")
    labels = ("benign", "malignant", "")
    lines = [f"{name},{label},MSK-1" for name, label in zip(names, labels, strict=True)]
    table = "\n".join(["isic_id,benign_malignant,collection", *lines])
    (root / "metadata.csv").write_text(table, encoding="utf-8")
    fetched = tmp_path / "fetched.json"
    fetched.write_text(json.dumps({"root": str(root)}))
    images, counts = tmp_path / "census.csv", tmp_path / "counts.csv"
    tabulate_census({"source": "isic"}, fetched, images, counts)
    assert list(read_table(images)["size"]) == ["4 x 3", "4 x 3", "unknown"]
    values = read_table(counts).set_index(["fact", "value"])["images"]
    assert values["collection", "MSK-1"] == 3
    assert values["left_out", "used"] == 2
    assert set(read_table(counts)["fact"]) == {
        *("collection", "label", "diagnosis", "size", "left_out"),
    }
