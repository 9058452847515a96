"""The table and the picture of all data sets."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from synthmix.figures.plot_datasets import plot_datasets
from synthmix.files import write_table
from synthmix.prepare.tabulate_datasets import DatasetFiles, tabulate_datasets
from synthmix.store import read_table, save_array


def make_dataset(folder, name, depth=1, published=None):
    """Write the tables and the store of a data set of three sick and five well images."""
    labels = ["sick"] * 3 + ["well"] * 5
    split = pd.DataFrame(
        {
            "sample_id": [f"s{i}" for i in range(8)],
            "label": labels,
            "group": ["1", "1", "2", "3", "3", "4", "5", "5"],
            "split": ["train", "train", "test", "train", "train", "validation", "test", "held_out"],
            "width": range(20, 28),
            "height": 30,
            "depth": depth,
            "content": "x",
        }
    )
    write_table(folder / f"{name}.csv", split)
    rejected = pd.DataFrame({"sample_id": ["x1", "x2", ""], "label": "well", "reason": "torn"})
    write_table(folder / f"{name}-rejected.csv", rejected)
    write_table(folder / f"{name}-duplicates.csv", split.head(1)[["label"]])
    shape, dtype = ((9, 8, 7), "float16") if depth > 1 else ((8, 8, 1), "uint8")
    pixels = np.random.default_rng(1).uniform(0, 200, (8, *shape))
    save_array(folder / f"{name}.npy", shape, dtype, [pixels.astype(dtype)])
    files = [folder / f"{name}{suffix}.csv" for suffix in ("", "-rejected", "-duplicates")]
    return DatasetFiles("study", name, *files, published or {})


@pytest.fixture
def datasets(tmp_path):
    return [
        make_dataset(tmp_path, "pictures", published={"sick": 3, "well": 9}),
        make_dataset(tmp_path, "volumes", depth=5),
    ]


def tabulate(tmp_path, datasets, scale="paper"):
    tabulate_datasets(datasets, tmp_path / "t.csv", tmp_path / "t.md", scale)
    return read_table(tmp_path / "t.csv").set_index(["dataset", "label"])


def test_images_patients_splits_and_trouble_of_each_class(tmp_path, datasets):
    row = tabulate(tmp_path, datasets).loc[("pictures", "well")]
    assert row["images"] == 5
    assert row["patients"] == 3
    splits = ["train", "validation", "test", "held_out"]
    assert row[splits].tolist() == [2, 1, 1, 1]
    assert (row["rejected"], row["passed_over"], row["duplicates"]) == (2, 1, 0)


def test_parts_that_overlap_are_told(tmp_path, datasets):
    samples = read_table(datasets[0].split)
    tested = samples["split"] == "test"
    pool = samples.assign(split="train", tested=tested, validates=samples.index % 4 == 0)
    write_table(datasets[0].split, pool)
    table = tabulate(tmp_path, datasets)
    splits = ["train", "validation", "test", "held_out", "leakage"]
    assert table.loc[("pictures", "well"), splits].tolist() == [4, 1, 1, 0, "as_published"]
    assert table.loc[("volumes", "well"), "leakage"] == "none"


def test_the_range_of_sizes(tmp_path, datasets):
    table = tabulate(tmp_path, datasets)
    assert table.loc[("pictures", "sick"), "size"] == "20-22 x 30"
    assert table.loc[("volumes", "sick"), "size"] == "20-22 x 30 x 5"


def test_a_difference_to_the_published_count_is_told(tmp_path, datasets, caplog):
    table = tabulate(tmp_path, datasets)
    assert table.loc[("pictures", "sick"), "difference"] == 0
    # rejected images are there, even if they can't be read
    assert table.loc[("pictures", "well"), "difference"] == -2
    assert np.isnan(table.loc[("volumes", "well"), "difference"])
    told = [record.getMessage() for record in caplog.records]
    assert told == ["study, pictures: 7 images of class well, and the source counts 9"]


def test_the_markdown_has_a_row_a_class_and_says_demo(tmp_path, datasets):
    tabulate(tmp_path, datasets, scale="demo")
    text = (tmp_path / "t.md").read_text()
    assert text.startswith("Demo")
    assert text.count("| study | pictures |") == 2
    tabulate(tmp_path, datasets)
    assert "emo" not in (tmp_path / "t.md").read_text()


def test_the_picture_is_the_same_every_time(tmp_path, datasets):
    tabulate(tmp_path, datasets)
    listed = [
        ("study", one.dataset, tmp_path / f"{one.dataset}.npy", one.split) for one in datasets
    ]
    for name in ("a.png", "b.png"):
        plot_datasets(listed, tmp_path / "t.csv", tmp_path / name, scale="demo")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        assert image.width > 1000
