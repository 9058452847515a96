"""What candidates reach on test images: all are there, each at its settings."""

from itertools import product

import pandas as pd
import pytest

from figure_checks import assert_readable
from synthmix.figures import style
from synthmix.figures.plot_candidate_tests import MEASURES, plot_candidate_tests
from synthmix.files import write_table

NETWORKS, SIZES = ["vgg16", "resnet50", "inception_v3"], [32, 64, 128, 256]
BY_NETWORK = [f"network: {name}, batch_size: {size}" for name, size in product(NETWORKS, SIZES)]
BY_RATE = [f"learning_rate: {rate}" for rate in (0.1, 0.01, 1e-05)]
OF_MANY = [f"a: {n}, b: [{n}, 8], c: {'x' * 20}{n}" for n in range(9)]


@pytest.fixture
def drawn(monkeypatch):
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, path: figures.append(figure))
    return figures


def write_candidates(path, *stages):
    """Write a table in which the candidate n of a stage reaches 0.1 n + its number of measure."""
    rows = []
    for stage, settings in enumerate(stages, start=1):
        for place, text in enumerate(settings):
            values = {f"test_{name}": 0.1 * place + n for n, name in enumerate(MEASURES)}
            limits = {f"{name}_low": value - 0.05 for name, value in values.items()}
            limits |= {f"{name}_high": value + 0.1 for name, value in values.items()}
            rows.append({"stage": stage, "settings": text} | values | limits)
    write_table(path, pd.DataFrame(rows))
    return path


def draw(folder, stage, *stages):
    table = write_candidates(folder / "candidates.csv", *stages)
    about = {"name": "best", "stage": stage, "stages": len(stages)}
    plot_candidate_tests(table, folder / "tests.svg", **about, scale="demo")


def test_each_network_is_a_series_over_the_batch_sizes(tmp_path, drawn):
    draw(tmp_path, 1, BY_NETWORK, BY_RATE)
    (figure,) = drawn
    assert [axis.get_title(loc="left") for axis in figure.axes] == list(MEASURES.values())
    for number, axis in enumerate(figure.axes):
        assert axis.get_legend_handles_labels()[1] == NETWORKS
        (points, _, (bars,)) = axis.containers[1]
        assert list(points.get_ydata()) == pytest.approx([number + 0.1 * n for n in range(4, 8)])
        assert [round(x) for x in points.get_xdata()] == [0, 1, 2, 3]
        first = bars.get_segments()[0]
        assert list(first[:, 1]) == pytest.approx([number + 0.35, number + 0.5])
    below = [text.get_text() for text in figure.axes[3].get_xticklabels()]
    assert below == [str(n) for n in SIZES]
    assert figure.get_suptitle().endswith("stage 1 of 2")
    assert_readable(figure)


def test_another_stage_has_its_own_candidates(tmp_path, drawn):
    draw(tmp_path, 2, BY_NETWORK, BY_RATE)
    (figure,) = drawn
    assert [text.get_text() for text in figure.axes[3].get_xticklabels()] == [
        "0.1",
        "0.01",
        "1e-05",
    ]
    assert not figure.legends
    assert figure.axes[3].get_xlabel() == "learning rate"
    assert_readable(figure)


def test_many_settings_stand_whole_along_the_axis(tmp_path, drawn):
    draw(tmp_path, 1, OF_MANY)
    (figure,) = drawn
    assert len(figure.axes[0].get_xticks()) == 9
    assert_readable(figure)


def test_it_is_written_where_measures_are_undefined(tmp_path):
    table = write_candidates(tmp_path / "c.csv", BY_RATE)
    frame = pd.read_csv(table)
    frame.loc[0, [column for column in frame if "macro" in column]] = float("nan")
    write_table(table, frame)
    about = {"name": "best", "stage": 1, "stages": 1}
    plot_candidate_tests(table, tmp_path / "tests.svg", **about, scale="paper")
    assert (tmp_path / "tests.svg").stat().st_size > 5000
