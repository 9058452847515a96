import pandas as pd
import pytest

from figure_checks import assert_readable
from published_data import printed, write_published
from synthmix.figures import style
from synthmix.figures.plot_published import NOTHING, plot_published
from synthmix.figures.plot_published_curves import plot_published_curves
from synthmix.files import write_table
from synthmix.leakage import AS_PUBLISHED, leakage_of_job
from synthmix.published.compare_published import compare_published
from synthmix.published.protocol import Protocol
from synthmix.published.results import Results
from synthmix.published.rows import curves_file

MIXES = ("stylegan2_ada-cancer30-normal70-real0", "stylegan2_ada-cancer30-normal70-real10")


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are saved."""
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, path: figures.append(figure))
    return figures


def compare(folder, rows, results):
    published = write_published(folder / "p.csv", rows, {"B.1": ("batch sizes " * 12, "")})
    compare_published(published, "d", results, folder / "o.csv", folder / "o.md", scale="demo")
    return folder / "o.csv"


def test_every_measure_has_axes_with_a_line_for_each_published_value(tmp_path, drawn):
    names = ("accuracy", "macro_f1", "macro_recall", "published_way_precision", "total")
    known = {"seed": "all", "fold": "all", "split": "test", "class": "", "classifier": "vgg16"}
    metrics = [
        {**known, "mix": mix, "metric": name, "value": 0.5, "low": 0.4, "high": 0.6}
        for mix in MIXES
        for name in names
    ]
    write_table(tmp_path / "metrics.csv", pd.DataFrame(metrics))
    rows = [
        printed("B.1", "metrics", name, 0.45, 0.8, mix=mix, classifier="vgg16", split="test")
        for mix in MIXES
        for name in names
    ]
    rows += [printed("9", "images", "images", 3000.0, split="test"), printed("1", "none", note="x")]
    write_table(tmp_path / "split.csv", pd.DataFrame({"split": ["test"] * 7, "label": "a"}))
    results = Results(
        ["vgg16"], MIXES, [], 0.95, metrics=tmp_path / "metrics.csv", split=tmp_path / "split.csv"
    )
    plot_published(compare(tmp_path, rows, results), tmp_path / "f.svg", scale="demo")
    (figure,) = drawn
    assert_readable(figure)
    assert [axis.get_xlabel().replace("\n", " ") for axis in figure.axes] == [
        *("accuracy", "macro F1", "macro recall", "precision (source's way)", "total", "images"),
    ]
    assert [axis.get_xscale() for axis in figure.axes] == ["linear"] * 5 + ["log"]
    first = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(first) == 2
    published = [line for line in figure.axes[0].lines if line.get_marker() == "D"]
    assert [list(line.get_xdata()) for line in published] == [[0.45, 0.8]] * 2


def test_a_figure_without_any_number_says_so(tmp_path, drawn):
    table = compare(tmp_path, [printed("1", "none", note="x")], Results([], [], [], 0.95))
    plot_published(table, tmp_path / "f.svg", scale="demo")
    (figure,) = drawn
    assert_readable(figure)
    assert NOTHING in [text.get_text() for text in figure.texts]


def test_published_curves_are_dashed_and_ours_drawn_through(tmp_path, drawn):
    curves = [
        {"table": "figure 3", "dataset": "d", "classifier": "vgg16", "mix": mix, "split": split}
        | {"epoch": epoch, "loss": 1 / epoch, "published_way_recall": 0.9}
        for mix in MIXES
        for split in ("train", "validation")
        for epoch in (1, 2, 3)
    ]
    published = write_published(tmp_path / "p.csv", [], curves=curves)
    history = {"epoch": [1, 2, 1, 2], "split": ["train"] * 2 + ["validation"] * 2, "loss": 0.5}
    write_table(tmp_path / "h.csv", pd.DataFrame(history))
    ours = [("vgg16", MIXES[0], tmp_path / "h.csv"), ("vgg16", "not_printed", tmp_path / "h.csv")]
    output = tmp_path / "f.svg"
    plot_published_curves(curves_file(published), ours, output, dataset="d", scale="demo")
    (figure,) = drawn
    assert_readable(figure)
    assert len(figure.axes) == 2 * 2
    solid = [sum(line.get_linestyle() == "-" for line in axis.lines) for axis in figure.axes]
    dashed = [sum(line.get_linestyle() != "-" for line in axis.lines) for axis in figure.axes]
    assert sorted(solid) == [0, 0, 0, 2]
    assert dashed == [2] * 4


def test_where_test_images_were_trained_on_a_line_says_so(tmp_path, drawn):
    table = compare(tmp_path, [printed("1", "none", note="x")], Results([], [], [], 0.95))
    with leakage_of_job(AS_PUBLISHED):
        plot_published(table, tmp_path / "f.svg", scale="demo")
    (figure,) = drawn
    assert_readable(figure)
    assert "Test images were seen in training" in figure.get_suptitle()


def test_values_of_another_protocol_are_drawn_as_such(tmp_path, drawn):
    write_table(tmp_path / "split.csv", pd.DataFrame({"split": ["test"] * 7, "label": "a"}))
    results = Results([], [], [], 0.95, split=tmp_path / "split.csv")
    rows = [printed("9", "images", "images", value, split="test") for value in (7.0, 8.0)]
    published = write_published(tmp_path / "p.csv", rows)

    def texts(protocol):
        files = (tmp_path / "o.csv", tmp_path / "o.md")
        compare_published(published, "d", results, *files, scale="paper", protocol=protocol)
        plot_published(files[0], tmp_path / "f.svg", scale="demo")
        figure = drawn.pop()
        assert_readable(figure)
        legend = [text.get_text() for text in figure.legends[0].get_texts()]
        return figure.get_suptitle(), legend

    title, legend = texts(Protocol(False))
    assert title.startswith("Beside the published values of another protocol")
    assert legend == ["published", "ours, of another protocol"]
    title, legend = texts(Protocol(True))
    assert "another protocol" not in title
    assert legend == ["published", "ours, published inside", "ours, published outside"]
