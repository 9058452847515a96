"""The figure of all images that the metadata lists."""

import pandas as pd
import pytest

from figure_checks import assert_readable
from synthmix.figures import style
from synthmix.figures.plot_census import MOST_VALUES, plot_census, shown_values
from synthmix.files import write_table

COLUMNS = ["fact", "value", "images", "percent", "used"]


def table_of(collections):
    rows = [
        *(("collection", f"collection {number}", 30, 1.5, 10) for number in range(collections)),
        ("size", "600 x 450", 14_655, 100.0, 5000),
        ("left_out", "used", 12_000, 81.88, 12_000),
        (
            "left_out",
            "a reason that goes on and on, far beyond what has a place here",
            2655,
            18.1,
            0,
        ),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture
def drawn(monkeypatch):
    """The figures saved during the test; saving them is left out."""
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, path: figures.append(figure))
    return figures


@pytest.mark.parametrize("collections", [1, 40])
def test_bars_are_used_images_and_those_left_out(collections, tmp_path, drawn):
    write_table(tmp_path / "census.csv", table_of(collections))
    plot_census(tmp_path / "census.csv", tmp_path / "census.svg", scale="demo")
    assert_readable(drawn[0])
    by_collection, by_size, left_out = drawn[0].axes
    assert [axis.get_title(loc="left") for axis in drawn[0].axes] == [
        *("by collection", "by size", "used or left out"),
    ]
    assert len(by_collection.patches) == 2 * min(collections, MOST_VALUES + 1)
    assert [bar.get_width() for bar in by_size.patches] == [5000, 14_655 - 5000]
    assert by_size.texts[0].get_text() == " 14,655 (100.00%)"
    assert [bar.get_width() for bar in left_out.patches] == [12_000, 0, 0, 2655]


def test_rare_values_are_one_bar_of_their_sums():
    rows = shown_values(table_of(40).query("fact == 'collection'"))
    assert len(rows) == MOST_VALUES + 1
    last = rows.iloc[-1]
    assert (last["value"], last["images"], last["used"]) == ("28 others", 28 * 30, 28 * 10)
    assert last["percent"] == pytest.approx(28 * 1.5)
    assert len(shown_values(table_of(MOST_VALUES + 1).query("fact == 'collection'"))) == 13


def test_it_is_the_same_every_time(tmp_path):
    write_table(tmp_path / "census.csv", table_of(3))
    for name in ("one.svg", "two.svg"):
        plot_census(tmp_path / "census.csv", tmp_path / name, scale="paper")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
