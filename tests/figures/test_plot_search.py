"""The figure of a stage: it has all candidates, marks the chosen one and can be read."""

from itertools import product

import numpy as np
import pytest
from matplotlib.colors import to_hex

from figure_checks import assert_readable
from synthmix.figures import style
from synthmix.figures.candidates import CHOSEN
from synthmix.figures.plot_search import plot_search
from synthmix.files import write_table
from synthmix.search.table import table_of

LONG = "a_setting_of_an_unusually_long_name_that_nobody_would_shorten"
GRIDS = {
    "one setting": {"learning_rate": [1e-5, 1e-4, 1e-3]},
    "two settings": {"learning_rate": [1e-5, 1e-4, 1e-3], "latent_dim": [100, 200]},
    "three settings": {"a": [1, 2], "method": ["smote", "adasyn"], "c": [[8, 16], [32], None]},
    "one candidate": {"latent_dim": [100]},
    "two settings, one of a single value": {"beta1": [0.5], "latent_dim": [100, 200, 300]},
    "many": {"a": list(range(12)), "b": [0.0001 * n for n in range(1, 9)]},
    "long": {LONG: [[8] * 20, [16] * 20, LONG], f"other_{LONG}": ["$x$", "<y>"]},
    "batch sizes of networks": {
        "network": ["vgg16", "resnet50", "inception_v3"],
        "batch_size": [32, 64, 128, 256],
    },
    "sections": {
        "augmentation": [None, {"rotation_degrees": 10.0, "zoom": 0.1, "horizontal_flip": True}]
    },
    "four long": {f"{LONG}_{n}": [LONG, f"no_{LONG}"] for n in range(4)},
}


def write_search(path, grid, score="frechet_distance_own_features", undefined=()):
    """Write the table of a stage in which the second candidate, if any, is the best."""
    points = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    values = {f"c{n}": 10.0 + (n - 1) ** 2 for n in range(len(points))}
    values |= {f"c{n}": np.nan for n in undefined}
    estimates = {name: (value, value * 0.9, value * 1.2) for name, value in values.items()}
    ranked = sorted((name for name in values if values[name] == values[name]), key=values.get)
    candidates = dict(zip(values, points, strict=True))
    write_table(path, table_of(candidates, score, estimates, ranked))
    return path


@pytest.fixture
def drawn(monkeypatch):
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, path: figures.append(figure))
    return figures


OF_GENERATOR = {"kind": "generators", "name": "deepsmote", "stage": 1, "stages": 1}


def draw(folder, name, **options):
    table = write_search(folder / "stage1.csv", GRIDS[name], **options)
    plot_search(table, folder / "search.svg", **OF_GENERATOR, scale="demo")


def test_it_is_written_and_the_same_every_time(tmp_path):
    table = write_search(tmp_path / "search.csv", GRIDS["two settings"])
    first, second = tmp_path / "first.svg", tmp_path / "second.svg"
    for output in (first, second):
        plot_search(table, output, **OF_GENERATOR, scale="paper")
    assert first.stat().st_size > 5000
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("undefined", [(), (0,)])
@pytest.mark.parametrize("grid", GRIDS)
def test_labels_stay_apart_and_inside(grid, undefined, drawn, tmp_path):
    if grid == "one candidate" and undefined:
        return
    draw(tmp_path, grid, undefined=undefined)
    assert_readable(drawn[0])


@pytest.mark.parametrize("grid", ["one setting", "three settings"])
def test_a_panel_has_a_point_for_each_candidate_with_a_score(grid, drawn, tmp_path):
    draw(tmp_path, grid, undefined=(2,))
    points = int(np.prod([len(values) for values in GRIDS[grid].values()])) - 1
    for axis in drawn[0].axes[: len(GRIDS[grid])]:
        assert len(axis.lines) == points
        marked = [line for line in axis.lines if to_hex(line.get_color()) == CHOSEN]
        assert [line.get_ydata()[0] for line in marked] == [10]


def test_a_map_has_each_score_in_its_cell_and_frames_the_best(drawn, tmp_path):
    draw(tmp_path, "two settings", undefined=(5,))
    axis = drawn[0].axes[0]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["1e-05", "0.0001", "0.001"]
    cells = {text.get_position(): text.get_text() for text in axis.texts}
    # candidates c0, c1 have the first learning rate and the two latent_dims
    assert cells == {
        **{(0, 0): "11", (0, 1): "10", (1, 0): "11", (1, 1): "14", (2, 0): "19", (2, 1): "none"}
    }
    (frame,) = axis.patches
    assert frame.get_xy() == (-0.5, 0.5)
    shades = axis.images[0].get_array()
    assert shades[1, 0] == shades.max() == 1
    assert shades[1, 2] == 0
    # c0 and c2 are equally far from the best; the first in the grid comes first
    assert 1 > shades[0, 0] > shades[0, 1] > shades[1, 1] > shades[0, 2] > 0


def test_scores_near_and_far_can_be_told_apart(drawn, tmp_path):
    for largest, scale in ((190, "linear"), (210, "log")):
        points = {"c1": {"a": 1}, "c2": {"a": 2}}
        estimates = {"c1": (10, np.nan, np.nan), "c2": (largest, np.nan, np.nan)}
        write_table(tmp_path / "s.csv", table_of(points, "fid", estimates, ["c1", "c2"]))
        plot_search(tmp_path / "s.csv", tmp_path / "s.svg", **OF_GENERATOR, scale="paper")
        assert drawn[-1].axes[0].get_yscale() == scale


@pytest.mark.parametrize(
    ("searched", "title"),
    [
        (("generators", "deepsmote", 1, 1), "Search for settings of deepsmote"),
        (("generators", "deepsmote", 2, 2), "Search for settings of deepsmote, stage 2 of 2"),
        (("classifiers", "best", 1, 1), "Search for settings of best by validation"),
        (("classifiers", "best", 2, 3), "Search for settings of best by validation, stage 2 of 3"),
    ],
)
def test_the_title_says_what_was_searched(searched, title, drawn, tmp_path):
    table = write_search(tmp_path / "s.csv", GRIDS["two settings"])
    names = dict(zip(("kind", "name", "stage", "stages"), searched, strict=True))
    plot_search(table, tmp_path / "s.svg", **names, scale="demo")
    assert drawn[0].get_suptitle() == title
    assert_readable(drawn[0])


@pytest.mark.parametrize(
    ("score", "better"),
    [("macro_f1", "higher"), ("negative_log_likelihood", "lower"), ("fid", "lower")],
)
def test_which_way_a_score_is_better(score, better, drawn, tmp_path):
    draw(tmp_path, "batch sizes of networks", score=score)
    labels = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert labels == [f"{score.replace('_', ' ')}, {better} is better", "chosen"]
