"""The figure of a stage of a sweep: it marks the chosen candidate and can be read."""

from itertools import product

import pytest
from matplotlib.colors import to_hex

from figure_checks import assert_readable
from synthmix.figures import style
from synthmix.figures.candidates import CHOSEN
from synthmix.figures.plot_sweep import plot_sweep
from synthmix.files import write_table
from synthmix.search.table import table_of

NETWORKS = ["vgg16", "resnet50", "inception_v3"]
STAGES = {
    "batch sizes of networks": {"network": NETWORKS, "batch_size": [32, 64, 128, 256]},
    "rates": {"learning_rate": [1e-1, 1e-2, 1e-3, 1e-4, 1e-5]},
    "augmentation": {
        "augmentation": [None, {"rotation_degrees": 10.0, "zoom": 0.1, "horizontal_flip": True}]
    },
    "four": {"network": NETWORKS[:2], "epochs": [1], "dropout": [0, 0.5], "mixup": [None, 0.2]},
}


def draw(folder, grid, score="macro_f1", stages=3):
    points = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    candidates = {f"c{n}": point for n, point in enumerate(points)}
    values = {name: 0.9 - 0.01 * n for n, name in enumerate(candidates)}
    estimates = {name: (value, value - 0.02, value + 0.01) for name, value in values.items()}
    ranked = sorted(values, key=values.get, reverse=score != "negative_log_likelihood")
    write_table(folder / "stage2.csv", table_of(candidates, score, estimates, ranked))
    output = folder / "sweep.svg"
    options = {"classifier": "best", "stage": 2, "stages": stages, "demo": True}
    plot_sweep(folder / "stage2.csv", output, **options)
    return output


@pytest.fixture
def drawn(monkeypatch):
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, path: figures.append(figure))
    return figures


@pytest.mark.parametrize("grid", STAGES)
def test_labels_stay_apart_and_inside(grid, drawn, tmp_path):
    draw(tmp_path, STAGES[grid])
    assert_readable(drawn[0])
    assert drawn[0].get_suptitle() == "Settings of best by validation, stage 2 of 3"


def test_networks_and_batch_sizes_make_a_map(drawn, tmp_path):
    draw(tmp_path, STAGES["batch sizes of networks"])
    (axis,) = drawn[0].axes
    assert len(axis.texts) == 12
    # the first candidate is the best one: the first batch size of the first network
    (frame,) = axis.patches
    assert frame.get_xy() == (-0.5, -0.5)
    labels = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert labels == ["macro f1, higher is better", "chosen"]


def test_which_way_a_score_is_better(drawn, tmp_path):
    draw(tmp_path, STAGES["batch sizes of networks"], "negative_log_likelihood")
    labels = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert labels[0] == "negative log likelihood, lower is better"


def test_one_setting_makes_a_panel_with_the_best_marked(drawn, tmp_path):
    draw(tmp_path, STAGES["rates"], stages=1)
    (axis,) = drawn[0].axes
    assert len(axis.lines) == 5
    marked = [line for line in axis.lines if to_hex(line.get_color()) == CHOSEN]
    assert [line.get_ydata()[0] for line in marked] == [0.9]
    assert drawn[0].get_suptitle() == "Settings of best by validation"


def test_it_is_written(tmp_path):
    assert draw(tmp_path, STAGES["rates"]).stat().st_size > 5000
