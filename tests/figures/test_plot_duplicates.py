"""The sheet of pairs: which are shown, in which order, and what stands above them."""

import numpy as np
import pandas as pd
import pytest

from synthmix.figures import style
from synthmix.figures.plot_duplicates import MOST, plot_duplicates
from synthmix.files import write_table
from synthmix.store import save_array

IMAGES = 60


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Return a function that draws pairs of (first, second, kind, correlation)."""
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, path: figures.append(figure))
    names = [f"{number:02d}" for number in range(IMAGES)]
    split = pd.DataFrame({"sample_id": names, "label": ["a", "b"] * (IMAGES // 2), "depth": 1})
    split["group"] = [f"p{number // 2}" for number in range(IMAGES)]
    split["split"] = ["train"] * 40 + ["test"] * 20
    write_table(tmp_path / "split.csv", split)
    levels = np.arange(IMAGES, dtype=np.uint8)[:, None, None, None]
    save_array(tmp_path / "real.npy", (8, 8, 1), "uint8", [np.broadcast_to(levels, (60, 8, 8, 1))])

    def draw(*pairs):
        table = pd.DataFrame(pairs, columns=["first", "second", "kind", "correlation"])
        groups = {side: table[side].map(lambda n: f"p{n // 2}") for side in ("first", "second")}
        table = table.assign(first_group=groups["first"], second_group=groups["second"])
        table = table.assign(distance=1 - table["correlation"].astype(float))
        for side in ("first", "second"):
            table[side] = table[side].map(lambda number: f"{number:02d}")
        write_table(tmp_path / "near.csv", table)
        files = (tmp_path / name for name in ("near.csv", "real.npy", "split.csv", "sheet.png"))
        plot_duplicates(*files, scale="paper")
        return figures[-1]

    return draw


def shown(figure):
    return [axis for axis in figure.axes if axis.images]


def test_pairs_of_two_patients_come_first_the_least_alike_of_them_first(drawn):
    figure = drawn((0, 1, "near", 0.971), (2, 50, "mirrored", 0.99), (4, 6, "near", 0.98))
    titles = [axis.get_title(loc="left") for axis in shown(figure)]
    assert [title.split("\n")[0] for title in titles] == [
        "near, 0.0200, two patients",
        "mirrored, 0.0100, two patients",
        "near, 0.0290, one patient",
    ]
    assert titles[1].split("\n")[1:] == ["a", "train | test"]
    assert titles[2].split("\n")[1:] == ["a | b", "train | train"]
    strip = shown(figure)[1].images[0].get_array()
    assert (strip[0, 0, 0], strip[0, -1, 0]) == (2, 50)
    assert figure.get_suptitle() == "3 pairs of images that are nearly the same"


def test_equal_images_are_left_out_and_so_are_more_than_a_sheet_holds(drawn):
    pairs = [(0, number, "near", 0.98) for number in range(2, 2 + MOST + 3)]
    figure = drawn((40, 50, "equal", 1), *pairs)
    assert len(shown(figure)) == MOST
    assert "35 pairs" in figure.get_suptitle()
    assert "3 more are not shown" in figure.get_suptitle()


def test_no_pair_at_all(drawn):
    figure = drawn((40, 50, "equal", 1))
    assert not shown(figure)
    assert figure.get_suptitle() == "No two images are nearly the same"
