"""The losses of a search: every candidate has its line, and the chosen one its mark."""

import numpy as np
import pandas as pd
import pytest

from figure_checks import assert_readable
from synthmix.figures import style
from synthmix.figures.candidates import CHOSEN
from synthmix.figures.plot_search_curves import mean_curves, plot_search_curves
from synthmix.files import write_table
from synthmix.search.table import table_of

LONG = "a_setting_of_an_unusually_long_name_that_nobody_would_shorten"
GRIDS = {
    "one": {"latent_dim": [300, 600]},
    "of the source": {
        "learning_rate": [2e-4, 5e-5],
        "batch_size": [32, 64, 128],
        "hidden_width": [32, 64, 128],
        "latent_dim": [300, 600],
    },
    "long": {LONG: [LONG, f"no_{LONG}"], "b": list(range(9))},
    "one candidate": {"latent_dim": [300]},
}


@pytest.fixture
def drawn(monkeypatch):
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, path: figures.append(figure))
    return figures


def points_of(grid):
    points = [{}]
    for setting, values in grid.items():
        points = [point | {setting: value} for point in points for value in values]
    return {f"g_c{number}": point for number, point in enumerate(points)}


def draw(folder, grid, output="curves.svg"):
    """Draw losses that end at the number of their candidate, of 30 epochs from the fifth on."""
    points, rows = points_of(grid), []
    epochs = np.arange(1, 31)
    for number, name in enumerate(points):
        losses = np.where(epochs < 5, np.nan, number + 0.01 + 1 / epochs - 1 / 30)
        write_table(folder / f"{name}.csv", pd.DataFrame({"epoch": epochs, "total_loss": losses}))
        rows.append((name, "all_classes", folder / f"{name}.csv"))
    estimates = {name: (n + 0.01, np.nan, np.nan) for n, name in enumerate(points)}
    write_table(folder / "s.csv", table_of(points, "total_loss", estimates, list(points)))
    names = {"name": "deepsmote", "stage": 1, "stages": 1, "scale": "demo"}
    plot_search_curves(rows, folder / "s.csv", folder / output, **names)
    return len(points)


@pytest.mark.parametrize("grid", GRIDS)
def test_every_candidate_has_its_line_in_every_panel(grid, drawn, tmp_path):
    count = draw(tmp_path, GRIDS[grid])
    assert_readable(drawn[0])
    assert len(drawn[0].axes) == len(GRIDS[grid])
    for axis in drawn[0].axes:
        curves = [line for line in axis.lines if len(line.get_xdata()) > 1]
        assert len(curves) == count
        assert sorted(line.get_ydata()[-1] for line in curves) == pytest.approx(
            [number + 0.01 for number in range(count)]
        )
        assert {min(line.get_xdata()) for line in curves} == {5}
        (chosen,) = (line for line in axis.lines if line.get_color() == CHOSEN)
        assert (*chosen.get_xdata(), *chosen.get_ydata()) == pytest.approx((30, 0.01))


def test_lines_have_the_colours_of_the_values(drawn, tmp_path):
    draw(tmp_path, {"batch_size": [32, 64], "latent_dim": [300, 600]})
    left, right = (
        [line.get_color() for line in axis.lines if len(line.get_xdata()) > 1]
        for axis in drawn[0].axes
    )
    assert left[0] == left[1] != left[2] == left[3]
    assert right[0] == right[2] != right[1] == right[3]


def test_a_candidate_of_several_models_is_their_mean(tmp_path):
    for name, values in (("a", [4, 2]), ("b", [2, None])):
        table = pd.DataFrame({"epoch": [1, 2], "critic_loss": values})
        write_table(tmp_path / f"{name}.csv", table)
    curves = mean_curves([("g", n, tmp_path / f"{n}.csv") for n in ("a", "b")], "critic_loss")
    assert curves["g"].to_dict() == {1: 3, 2: 2}


def test_it_is_the_same_every_time(tmp_path):
    for output in ("one.svg", "two.svg"):
        draw(tmp_path, GRIDS["one"], output)
    assert (tmp_path / "one.svg").stat().st_size > 5000
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
