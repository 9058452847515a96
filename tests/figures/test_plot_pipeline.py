"""The figure of how fast images are read."""

import pytest

from figure_checks import assert_readable
from synthmix.classify.measure_pipeline import tabulate
from synthmix.figures import style
from synthmix.figures.plot_pipeline import plot_pipeline
from synthmix.files import write_table


@pytest.fixture
def drawn(monkeypatch):
    """The figures saved during the test; saving them is left out."""
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, path: figures.append(figure))
    return figures


@pytest.mark.parametrize("store", [1e-4, 0.5, 200.0])
def test_bars_are_as_long_as_the_rates(store, tmp_path, drawn):
    table = tabulate({"store": store, "image_folder": 10.0}, 100)
    write_table(tmp_path / "pipeline.csv", table)
    plot_pipeline(tmp_path / "pipeline.csv", tmp_path / "pipeline.svg", scale="demo")
    assert_readable(drawn[0])
    axis = drawn[0].axes[0]
    assert [bar.get_width() for bar in axis.patches] == pytest.approx([100 / store, 10])
    assert "times as many" in axis.texts[0].get_text()
    assert axis.texts[1].get_text() == " 10"


def test_it_is_the_same_every_time(tmp_path):
    write_table(tmp_path / "pipeline.csv", tabulate({"store": 1, "image_folder": 2}, 9))
    for name in ("one.svg", "two.svg"):
        plot_pipeline(tmp_path / "pipeline.csv", tmp_path / name, scale="paper")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
