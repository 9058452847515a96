"""The figure of where the uncertainty of each difference is from."""

import pandas as pd
import pytest

from figure_checks import assert_readable
from synthmix.figures import style
from synthmix.figures.plot_variance import plot_variance
from synthmix.files import write_table

SHARES = {"patients": 0.5, "splits": 0.3, "generators": 0.15, "classifiers": 0.05}


@pytest.fixture
def variance(tmp_path):
    rows = [
        {"classifier": classifier, "mix": mix, "baseline": "real_only", "family": "mixes"}
        | {"source": source, "variance": 4e-4 * share, "share": share}
        for classifier in ("vgg16", "resnet18")
        for mix in ("deepsmote-filled", "copies-filled")
        for source, share in SHARES.items()
    ]
    write_table(tmp_path / "variance.csv", pd.DataFrame(rows))
    return tmp_path / "variance.csv"


def test_bars_are_as_long_as_the_shares_and_the_error_stands_beside(variance, monkeypatch):
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, path: figures.append(figure))
    plot_variance(variance, "unused.svg", scale="demo")
    (figure,) = figures
    assert_readable(figure)
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["vgg16", "resnet18"]
    for axis in figure.axes:
        widths = [bar.get_width() for bar in axis.patches]
        assert widths == pytest.approx([*SHARES.values()] * 2)
        assert [text.get_text() for text in axis.texts].count("0.020") == 2
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["test patients", "splits", "generators", "classifiers"]


def test_it_is_the_same_every_time(variance, tmp_path):
    for name in ("a.svg", "b.svg"):
        plot_variance(variance, tmp_path / name, scale="paper")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
