"""Figures are drawn, are the same every time, and stay readable whatever the study is like."""

from itertools import product

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from figure_checks import assert_readable
from report_data import make_study
from synthmix.figures import style
from synthmix.figures.mix_names import mix_names
from synthmix.figures.plot_calibration import plot_calibration
from synthmix.figures.plot_classifier_history import plot_classifier_history
from synthmix.figures.plot_comparison import plot_comparison
from synthmix.figures.plot_confusion import plot_confusion
from synthmix.figures.plot_generator_history import plot_generator_history
from synthmix.figures.plot_learning_curve import plot_learning_curve
from synthmix.figures.plot_metrics import plot_metrics
from synthmix.figures.plot_mixes import plot_mixes
from synthmix.figures.plot_real_share import plot_real_share
from synthmix.figures.plot_roc import plot_roc
from synthmix.figures.plot_samples import plot_samples
from synthmix.figures.plot_snapshots import plot_snapshots
from synthmix.figures.plot_synthetic_share import plot_synthetic_share
from synthmix.figures.plot_validation import plot_validation
from synthmix.files import write_table
from synthmix.leakage import AS_PUBLISHED, NONE, leakage_of_job
from synthmix.store import read_table

FIGURES = {
    "samples": lambda files, output, scale: plot_samples(
        files.real, files.split, next(iter(files.pools.values())), output, scale=scale
    ),
    "mixes": lambda files, output, scale: plot_mixes(files.mixes, output, scale=scale),
    "generator_history": lambda files, output, scale: plot_generator_history(
        files.generator_histories, output, scale=scale
    ),
    "classifier_history": lambda files, output, scale: plot_classifier_history(
        files.classifier_histories, output, scale=scale, mixes=files.mixes
    ),
    "real_share": lambda files, output, scale: plot_real_share(files.summary, output, scale=scale),
    "confusion": lambda files, output, scale: plot_confusion(
        files.confusion, output, scale=scale, mixes=files.mixes
    ),
    "synthetic_share": lambda files, output, scale: plot_synthetic_share(
        files.summary, output, scale=scale
    ),
    "roc": lambda files, output, scale: plot_roc(
        files.predictions,
        files.metrics,
        output,
        scale=scale,
        mixes=files.mixes,
        positive_class=files.positive_class,
    ),
    "calibration": lambda files, output, scale: plot_calibration(
        files.predictions, files.metrics, output, scale=scale, mixes=files.mixes
    ),
    "learning_curve": lambda files, output, scale: plot_learning_curve(
        files.learning_curve, output, scale=scale, mixes=files.mixes
    ),
    "metrics": lambda files, output, scale: plot_metrics(files.summary, output, scale=scale),
    "comparison": lambda files, output, scale: plot_comparison(
        files.comparison, output, scale=scale, mixes=files.mixes
    ),
}
OF_MIXES = {
    *("samples", "mixes", "generator_history", "real_share", "synthetic_share", "comparison"),
    "learning_curve",
}
GENERATORS = ("dcgan", "stylegan2_ada")
LONG = "lesion_of_an_unusually_long_name_that_nobody_would_shorten"
STUDIES = {
    "mammography": {},
    "one mix": {"only_mix": True, "seeds": (1, 2)},
    "nan": {"with_nan": True, "only_mix": True},
    "several": {
        "generators": GENERATORS,
        "classifiers": ("vgg16", "resnet50_fine_tuned"),
    },
    "selections": {"selections": ("undersampled", "tomek")},
    "additions": {"additions": True, "selections": ("tomek",), "generators": ("dcgan", "smote")},
    "many selections": {
        "generators": GENERATORS,
        "classifiers": ("vgg16", "resnet50"),
        "selections": ("undersampled", "tomek", f"edited_{LONG}", "condensed", "1"),
    },
    "folds": {"real_only": True, "folds": 3, "classifiers": ("vgg16", "resnet50", "cnn")},
    "ten classes, none positive": {
        "classes": tuple(f"class{i}" for i in range(10)),
        "positive_class": False,
        "real_only": True,
        "classifiers": ("resnet18", "squeezenet1_1"),
    },
    "ten classes": {"classes": tuple(f"class{i}" for i in range(10)), "only_mix": True},
    "long names": {
        "classes": (LONG, f"no_{LONG}"),
        "generators": (f"generator_{LONG}",),
        "classifiers": (f"network_{LONG}",),
    },
    "hostile": {"classes": ("<script>alert(1)</script>", "$x_1$ & \\alpha"), "only_mix": True},
}


# of figures that look much alike for all studies these are enough
OF_PREDICTIONS = {"roc", "calibration", "synthetic_share"}
HARD = {"many selections", "long names", "hostile", "folds", "ten classes, none positive"}


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """The files of every kind of study, made when asked for."""
    made = {}

    def get(name):
        if name not in made:
            made[name] = make_study(tmp_path_factory.mktemp("study"), **STUDIES[name])
        return made[name]

    return get


@pytest.fixture
def drawn(monkeypatch):
    """The figures saved during the test; saving them is left out."""
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, path: figures.append(figure))
    return figures


@pytest.mark.parametrize("figure", FIGURES)
def test_it_is_written_and_the_same_every_time(figure, studies, tmp_path):
    suffix = ".png" if figure == "samples" else ".svg"
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    FIGURES[figure](studies("one mix"), first, "demo")
    FIGURES[figure](studies("one mix"), second, "demo")
    assert first.stat().st_size > 5000
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("figure", FIGURES)
def test_figures_are_marked_but_for_those_of_paper_scale(figure, studies, drawn, tmp_path):
    scales = ("demo", "rehearsal", "paper")
    for scale in scales:
        FIGURES[figure](studies("one mix"), tmp_path / "figure.svg", scale)
    marks = [[t.get_text() for t in one.texts if t.get_text() in scales] for one in drawn]
    assert marks == [["demo"], ["rehearsal"], []]


@pytest.mark.parametrize("figure", ["metrics", "samples"])
def test_a_leak_is_said_if_and_only_if_there_is_one(figure, studies, drawn, tmp_path):
    for leakage in (AS_PUBLISHED, NONE):
        with leakage_of_job(leakage):
            FIGURES[figure](studies("one mix"), tmp_path / "figure.svg", "demo")
    leaking, other = (drawing.get_suptitle() for drawing in drawn)
    assert leaking == f"{other}\nTest images were seen in training (leakage: as_published)"


@pytest.mark.parametrize(
    ("study", "figure"),
    [
        (study, figure)
        for study, figure in product(STUDIES, FIGURES)
        if not (STUDIES[study].get("real_only") and figure in OF_MIXES)
        and (study in HARD or figure not in OF_PREDICTIONS)
    ],
)
def test_labels_stay_apart_and_inside(study, figure, studies, drawn, tmp_path):
    FIGURES[figure](studies(study), tmp_path / "figure.svg", "demo")
    canvas = FigureCanvasAgg(drawn[0])
    canvas.draw()
    renderer = canvas.get_renderer()
    for axis in drawn[0].axes:
        for labels in (axis.get_xticklabels(), axis.get_yticklabels()):
            check_apart([box for box in map(extent(renderer), labels) if box is not None])
        box = axis.get_tightbbox(renderer)
        width, height = drawn[0].bbox.size
        assert box.x0 > -2
        assert box.y0 > -2
        assert box.x1 < width + 2
        assert box.y1 < height + 2


def extent(renderer):
    """Return a function that gives the box of a label, None where it is not shown."""

    def box_of(label):
        shown = label.get_visible() and label.get_text()
        return label.get_window_extent(renderer) if shown else None

    return box_of


def check_apart(boxes):
    for i, box in enumerate(boxes):
        for other in boxes[i + 1 :]:
            overlap_x = min(box.x1, other.x1) - max(box.x0, other.x0)
            overlap_y = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert overlap_x <= 1 or overlap_y <= 1


def test_samples_can_be_more_than_there_are_images(studies, tmp_path):
    files = studies("mammography")
    output = tmp_path / "samples.png"
    plot_samples(files.real, files.split, files.pools["dcgan"], output, per_class=30, scale="paper")
    assert Image.open(output).width == round(style.WIDTH * style.PNG_DPI)


def test_mixes_keep_their_names_without_the_table_of_mixes(studies, drawn, tmp_path):
    files = studies("one mix")
    plot_comparison(files.comparison, tmp_path / "figure.svg", scale="paper")
    labels = [label.get_text() for label in drawn[0].axes[0].get_yticklabels()]
    assert [label.replace("\n", "") for label in labels] == ["dcgan-cancer30-normal70-real0"]


def test_pairs_of_mixes_are_drawn_below_those_with_baselines(studies, drawn, tmp_path):
    files = studies("one mix")
    table = read_table(files.comparison)
    pair = table.head(1).assign(family="pairs", verdict="better", difference=0.03)
    pair["baseline"] = pair["mix"]
    write_table(tmp_path / "table.csv", pd.concat([table, pair]))
    plot_comparison(tmp_path / "table.csv", tmp_path / "f.svg", scale="paper", mixes=files.mixes)
    axis = drawn[0].axes[0]
    labels = [label.get_text().replace("\n", " ") for label in axis.get_yticklabels()]
    assert labels[-1] == "one mix against another"
    assert " \u2212 " in labels[1]
    places = [line.get_ydata()[0] for line in axis.lines if line.get_linestyle() == "None"]
    assert len(places) == 2
    assert drawn[0].get_suptitle().endswith(", and with each other")


def test_pairs_of_mixes_may_be_all_that_is_compared(studies, drawn, tmp_path):
    files = studies("mammography")
    table = read_table(files.comparison).head(3)
    pairs = table.assign(family="pairs", verdict="better", baseline=table["mix"].iloc[-1])
    write_table(tmp_path / "table.csv", pairs)
    plot_comparison(tmp_path / "table.csv", tmp_path / "f.svg", scale="paper", mixes=files.mixes)
    assert drawn[0].get_suptitle() == "Accuracy compared with each other"
    assert drawn[0].axes[0].get_xlabel() == "Accuracy minus that of the second mix".lower()


def test_real_images_alone_have_a_place_where_they_were_trained_on(studies, drawn, tmp_path):
    for study in ("mammography", "one mix"):
        plot_real_share(studies(study).summary, tmp_path / "f.svg", scale="paper")
    labels = [[label.get_text() for label in f.axes[0].get_xticklabels()] for f in drawn]
    assert labels == [["0%", "5%", "10%", "real only"], ["0%"]]


def test_validation_stands_beside_test_for_each_network(studies, drawn, tmp_path):
    files = studies("additions")
    table = read_table(files.metrics)
    there = (table["split"] == "validation") & (table["metric"] == "macro_f1")
    there &= table["mix"] == "smote-filled"
    table.loc[there, ["value", "low", "high"]] = [0.99, 0.98, 1.0]
    write_table(tmp_path / "metrics.csv", table)
    plot_validation(tmp_path / "metrics.csv", files.mixes, tmp_path / "f.svg", scale="demo")
    (figure,) = drawn
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles == [
        "accuracy, validation images",
        "accuracy, test images",
        "macro F1, validation images",
        "macro F1, test images",
    ]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["dcgan, filled", "smote, filled", "real only"]
    shown = [line.get_xdata().tolist() for line in figure.axes[2].lines]
    assert len(shown) == 3
    assert shown[1] == [0.99]
    assert max(shown[0] + shown[2]) < 0.99
    assert_readable(figure)


@pytest.mark.parametrize(("measure", "name"), [("accuracy", "accuracy"), ("macro_f1", "macro F1")])
def test_figures_name_the_measure_of_the_verdict(drawn, tmp_path, measure, name):
    files = make_study(tmp_path, judged_by=measure)
    for number, draw in enumerate(FIGURES[which] for which in ("comparison", "real_share")):
        draw(files, tmp_path / f"{number}.svg", "paper")
    compared, shares = drawn
    label = f"{name} minus that of real images only, same class shares"
    assert compared.axes[0].get_xlabel() == label
    assert compared.get_suptitle().startswith(f"{name[0].upper()}{name[1:]} compared with")
    assert shares.axes[0].get_ylabel() == name
    FIGURES["metrics"](files, tmp_path / "metrics.svg", "paper")
    titles = [axis.get_title(loc="left") for axis in drawn[2].axes]
    assert titles.count(name) == 1


def test_mixes_are_named_by_what_differs(studies):
    names = {study: mix_names(read_table(studies(study).mixes)) for study in ("several", "one mix")}
    group = "cancer 30 / normal 70"
    expected = [
        *(f"{generator}, {share}% real" for generator in GENERATORS for share in (0, 5, 10)),
        "real only",
    ]
    shown = [name.full.replace("\u00a0", " ") for name in names["several"].values()]
    assert shown[:7] == [f"{group}, {name}" for name in expected]
    assert [name.full.replace("\u00a0", " ") for name in names["one mix"].values()] == ["0% real"]


def test_selections_come_before_their_baseline_and_have_a_panel(studies, drawn, tmp_path):
    files = studies("selections")
    names = [
        name.short.replace("\u00a0", " ") for name in mix_names(read_table(files.mixes)).values()
    ]
    series = ["0% real", "5% real", "10% real"]
    assert names[:6] == [*series, "undersampled, real only", "tomek, real only", "real only"]
    plot_real_share(files.summary, tmp_path / "figure.svg", scale="paper")
    shares, selections = drawn[0].axes
    assert [axis.get_title(loc="left") for axis in (shares, selections)] == [
        "dcgan",
        "real images alone",
    ]
    labels = [label.get_text() for label in selections.get_xticklabels()]
    assert labels == ["undersampled", "tomek", "real only"]
    accuracy = read_table(files.summary).set_index("mix")["accuracy"]
    drawn_values = {round(y, 4) for line in selections.lines for y in line.get_ydata()}
    selected = [mix for mix in accuracy.index if mix.startswith(("undersampled", "tomek"))]
    assert len(selected) == 6
    assert set(accuracy[selected]) <= drawn_values


def test_wrapping_keeps_every_character():
    text = "a_very_long_name/with parts and aVeryLongWordWithoutAnyPlaceToBreak"
    wrapped = style.wrap(text, 12)
    assert max(map(len, wrapped.split("\n"))) <= 12
    assert wrapped.replace("\n", "").replace(" ", "") == text.replace(" ", "")


def test_generators_without_losses_have_an_empty_panel(tmp_path):
    write_table(tmp_path / "history.csv", pd.DataFrame({"epoch": [1]}))
    plot_generator_history(
        {"resampling": tmp_path / "history.csv"}, tmp_path / "history.svg", scale="paper"
    )
    assert (tmp_path / "history.svg").stat().st_size > 1000


@pytest.mark.parametrize("values", [[40.0, 12.0, 15.0], [40.0, float("nan"), 0.0], [3.0], []])
def test_snapshots_are_drawn_whatever_they_are(tmp_path, values):
    table = pd.DataFrame({"value": values})
    table["epoch"] = table.index + 1
    table["images_seen"], table["seconds"] = 1000 * table["epoch"], 7.5 * table["epoch"]
    table["score"] = "fid"
    table["best"] = table["value"] == table["value"].min()
    write_table(tmp_path / "snapshots.csv", table)
    names = {"dcgan, cancer": tmp_path / "snapshots.csv", LONG: tmp_path / "snapshots.csv"}
    for output in ("one.svg", "two.svg"):
        plot_snapshots(names, tmp_path / output, scale="demo")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert (tmp_path / "one.svg").stat().st_size > 1000
