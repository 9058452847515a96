"""The figure of accuracies against the alpha of mixup."""

import pandas as pd
import pytest

from figure_checks import assert_readable
from synthmix.figures import style
from synthmix.figures.plot_mixup import plot_mixup
from synthmix.files import write_table

SERIES = [
    {
        "label": label,
        "points": [
            {"alpha": alpha, "classifier": f"{name}{alpha}", "published": printed}
            for alpha, printed in values
        ],
    }
    for label, name, values in (
        ("dropout off", "off", [(0.2, None), (0.3, 0.99), (0.4, 0.95)]),
        ("dropout on, 20 passes", "on", [(0.2, 0.985), (0.3, 0.985)]),
    )
]
VALUES = {"off0.2": 0.7, "off0.3": 0.8, "off0.4": 0.75, "on0.2": 0.6, "on0.3": 0.9}


@pytest.fixture
def metrics(tmp_path):
    rows = [
        {"classifier": name, "mix": "real_only", "split": split, "seed": seed, "fold": fold}
        | {"metric": metric, "value": value + shift, "low": value - 0.1, "high": value + 0.05}
        for name, value in VALUES.items()
        for split, seed, fold, metric, shift in (
            ("test", "all", "mean", "accuracy", 0),
            ("test", "1", "mean", "accuracy", 0.01),
            ("test", "all", "all", "accuracy", 0.02),
            ("test", "all", "mean", "auc", 0.03),
            ("validation", "all", "mean", "accuracy", 0.04),
        )
    ]
    write_table(tmp_path / "metrics.csv", pd.DataFrame(rows))
    return tmp_path / "metrics.csv"


def test_lines_have_the_means_over_folds_and_hollow_the_printed(metrics, monkeypatch):
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, path: figures.append(figure))
    plot_mixup(metrics, "real_only", SERIES, "unused.svg", scale="demo")
    assert_readable(figures[0])
    (axis,) = figures[0].axes
    lines = {container.get_label(): container for container in axis.containers}
    for label, names in (("dropout off", "off"), ("dropout on, 20 passes", "on")):
        drawn = list(lines[label].lines[0].get_ydata())
        assert drawn == [value for name, value in VALUES.items() if name.startswith(names)]
    printed = {line.get_label(): list(line.get_ydata()) for line in axis.lines}
    assert printed["dropout off, as published"] == [0.99, 0.95]
    assert printed["dropout on, 20 passes, as published"] == [0.985, 0.985]


def test_it_is_the_same_every_time(metrics, tmp_path):
    for name in ("one.svg", "two.svg"):
        plot_mixup(metrics, "real_only", SERIES, tmp_path / name, scale="paper")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
