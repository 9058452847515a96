"""Figures of classifiers hold what the predictions say, whatever these are like."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from figure_checks import assert_readable
from synthmix.classify.network import Header, new_network, save_trained
from synthmix.classify.settings import Classifier
from synthmix.evaluate.calibration import calibration_metrics
from synthmix.evaluate.score_predictions import OF_REPEATS
from synthmix.figures import style
from synthmix.figures.examples import RIGHT, UNSURE, WRONG, choose_examples, example_text
from synthmix.figures.pictures import StoredPictures, heat_picture, picture
from synthmix.figures.plot_calibration import plot_calibration, reliability
from synthmix.figures.plot_classifier_history import plot_classifier_history
from synthmix.figures.plot_confusion import plot_confusion
from synthmix.figures.plot_examples import plot_examples
from synthmix.figures.plot_feature_maps import plot_feature_maps
from synthmix.figures.plot_gradcam import plot_gradcam
from synthmix.figures.plot_metrics import plot_metrics
from synthmix.figures.plot_real_share import plot_real_share
from synthmix.figures.plot_roc import NO_CURVE, plot_roc
from synthmix.figures.predictions import PredictionFile, overall, read_predictions
from synthmix.files import write_table
from synthmix.networks.plan import unfrozen_of
from synthmix.store import read_table, save_array

CLASSES = ["bad", "good"]
CPU = torch.device("cpu")


def predictions(labels, chances, classes=("bad", "good")):
    """Return a table of predictions; `chances` are those of the first of two classes."""
    table = pd.DataFrame({"sample_id": [f"i{n}" for n in range(len(labels))], "label": labels})
    first, second = classes
    table["group"] = table["sample_id"]
    table["predicted"] = [first if chance > 0.5 else second for chance in chances]
    table[f"probability_{first}"] = chances
    table[f"probability_{second}"] = 1 - np.array(chances)
    return table


@pytest.fixture
def drawn(monkeypatch):
    """The figures saved during the test; saving them is left out."""
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, path: figures.append(figure))
    return figures


@pytest.fixture
def metrics(tmp_path):
    """A table of metrics with one AUC, over all folds and seeds, and others that are not it."""
    key = {"classifier": "vgg16", "mix": "real_only", "seed": "all", "split": "test"}
    row = key | {"fold": "all", "class": "", "metric": "auc", "value": 0.75}
    row |= {"low": 0.25, "high": 0.955}
    others = [{"seed": "1"}, {"fold": "mean"}, {"class": "bad"}, {"split": "validation"}]
    others = [row | other | {"value": 0.1} for other in others]
    return write(tmp_path / "metrics.csv", pd.DataFrame([*others, row]))


def write(path, table):
    write_table(path, table)
    return path


def run(tmp_path, table, mix="real_only", seed=1, name="vgg16"):
    number = len(list(tmp_path.glob("*.csv")))
    return PredictionFile(name, mix, seed, write(tmp_path / f"{number}.csv", table))


def test_the_metric_of_all_seeds_and_folds_is_found(metrics):
    table = read_table(metrics)
    assert overall(table, "vgg16", "real_only", "auc") == (0.75, 0.25, 0.955)
    assert overall(table, "vgg16", "real_only", "auc", "bad")[0] == 0.1
    assert np.isnan(overall(table, "vgg16", "other", "auc")).all()


def test_folds_of_a_seed_make_one_roc_curve_and_seeds_one_each(tmp_path, metrics, drawn):
    folds = [predictions(["bad", "good"], [0.9, 0.6]), predictions(["bad", "good"], [0.7, 0.8])]
    files = [run(tmp_path, table, seed=seed) for seed in (1, 2) for table in folds]
    assert len(read_predictions(files)) == 8
    plot_roc(files, metrics, tmp_path / "roc.svg", scale="demo", positive_class="bad")
    axis, beside = drawn[0].axes
    curves = [line for line in axis.lines if len(line.get_xdata()) > 2]
    assert len(curves) == 2
    # good at 0.8 lies between the two bad ones, 0.9 and 0.7
    assert curves[0].get_xydata().tolist() == [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]]
    (text,) = [text.get_text() for text in beside.get_legend().get_texts()]
    assert text.startswith("real_only\nAUC 0.750 (0.25\u2013")
    assert_readable(drawn[0])


def test_images_of_one_class_have_no_roc_curve(tmp_path, metrics, drawn):
    file = run(tmp_path, predictions(["bad", "bad"], [0.9, 0.6]))
    plot_roc([file], metrics, tmp_path / "roc.svg", scale="demo", positive_class="bad")
    axis = drawn[0].axes[0]
    assert [text.get_text() for text in axis.texts] == [NO_CURVE]
    assert not axis.lines
    assert_readable(drawn[0])


def test_only_the_first_mixes_have_a_roc_curve_and_the_title_says_so(tmp_path, metrics, drawn):
    table = predictions(["bad", "good"], [0.9, 0.6])
    mixes = [*(f"dcgan-{n}" for n in range(11)), "real_only"]
    files = [run(tmp_path, table, mix) for mix in mixes]
    plot_roc(files, metrics, tmp_path / "roc.svg", scale="demo", positive_class="bad")
    texts = [text.get_text() for text in drawn[0].axes[1].get_legend().get_texts()]
    assert len(texts) == 8
    assert texts[0].startswith("real_only")  # the baseline is among them, wherever it stands
    assert "the first 8 of 12" in drawn[0].get_suptitle().replace("\n", " ")


def test_only_the_first_classes_have_a_roc_curve_and_the_title_says_so(tmp_path, metrics, drawn):
    for count, said in (
        (16, "ROC curves of each class against"),
        (17, "the first 16 of 17 classes"),
    ):
        classes = [f"class{n:02}" for n in range(count)]
        table = predictions(classes, [1 / count] * count, classes[:2])
        table = table.assign(**{f"probability_{label}": 1 / count for label in classes})
        plot_roc([run(tmp_path, table)], metrics, tmp_path / "roc.svg", scale="demo")
        assert said in drawn[-1].get_suptitle().replace("\n", " ")
        assert len(drawn[-1].axes[1].get_legend().get_texts()) == 16


def test_bins_of_the_reliability_diagram_are_those_of_the_calibration_error():
    random = np.random.default_rng(0)
    table = predictions(random.choice(CLASSES, 300), random.uniform(0, 1, 300))
    bins = reliability(table)
    assert bins["images"].sum() == 300
    error = (bins["images"] * (bins["accuracy"] - bins["confidence"]).abs()).sum() / 300
    actual = np.array([CLASSES.index(label) for label in table["label"]])
    chances = table[["probability_bad", "probability_good"]].to_numpy()
    expected = calibration_metrics(actual, chances, np.ones((1, 300)))
    assert error == pytest.approx(expected["expected_calibration_error"][0])


def test_reliability_by_hand():
    bins = reliability(predictions(["bad", "good", "bad"], [0.99, 0.97, 0.4]))
    assert bins["images"].tolist() == [1, 2]
    assert bins["confidence"].tolist() == pytest.approx([0.6, 0.98])
    assert bins["accuracy"].tolist() == [0, 0.5]


def test_every_classifier_has_a_reliability_diagram(tmp_path, metrics, drawn):
    table = predictions(["bad", "good", "bad"], [0.99, 0.97, 0.4])
    files = [run(tmp_path, table, name=f"a_network_of_a_long_name_{n}") for n in range(4)]
    plot_calibration(files, metrics, tmp_path / "calibration.svg", scale="demo")
    assert len(drawn[0].axes) == 8
    assert_readable(drawn[0])


def test_examples_are_the_surest_and_the_least_sure():
    table = predictions(["bad"] * 3 + ["good"] * 3, [0.9, 0.55, 0.2, 0.8, 0.1, 0.49])
    chosen = choose_examples(table, 2)
    assert {kind: list(rows["sample_id"]) for kind, rows in chosen.items()} == {
        WRONG: ["i2", "i3"],
        RIGHT: ["i0", "i4"],
        UNSURE: ["i5", "i1"],
    }
    assert list(chosen[WRONG]["chance"]) == [0.8, 0.8]
    wrong, right = chosen[WRONG].iloc[0], chosen[RIGHT].iloc[0]
    assert example_text(wrong, 20) == "\u2717 good 0.80\ntrue: bad"
    assert example_text(right, 20) == "\u2713 bad\nprobability 0.90"


def test_a_threshold_may_decide_otherwise_than_the_largest_probability():
    table = predictions(["bad", "good"], [0.3, 0.2]).assign(predicted=["bad", "good"])
    right = choose_examples(table, 2)[RIGHT]
    assert dict(zip(right["sample_id"], right["chance"], strict=True)) == {"i0": 0.3, "i1": 0.8}


@pytest.mark.parametrize(
    ("shape", "kind", "width", "columns"),
    [((8, 8, 1), "uint8", 8, 6), ((8, 8, 3), "uint8", 26, 3), ((6, 8, 7), "float16", 22, 3)],
    ids=["picture", "slices", "volume"],
)
def test_examples_show_every_kind_of_image(shape, kind, width, columns, tmp_path, drawn):
    table = predictions(["bad", "good"] * 8, np.linspace(0, 1, 16))
    random = np.random.default_rng(0)
    save_array(tmp_path / "real.npy", shape, kind, [random.normal(100, 50, (16, *shape))])
    depth = 1 if width == 8 else 60
    split = write(tmp_path / "split.csv", table[["sample_id", "label"]].assign(depth=depth))
    file = write(tmp_path / "predictions.csv", table)
    options = {"scale": "demo", "title": "vgg16, real_only"}
    plot_examples(tmp_path / "real.npy", split, [file], tmp_path / "a.png", **options)
    assert all(len(band.axes) == columns for band in drawn[0].subfigs)
    stored = StoredPictures(tmp_path / "real.npy", split)
    shown = stored.picture("i3")
    assert shown.dtype == np.uint8
    assert shown.shape[1] == width
    heat = heat_picture(np.ones(shape if kind == "float16" else (8, 8)), stored.slices)
    assert heat.shape == shown.shape[:2]


def test_a_volume_is_shown_as_axial_coronal_and_sagittal_slice():
    volume = np.zeros((3, 5, 7), np.float16)
    volume[1, 2, 6] = volume[1, 4, 3] = 10  # at the top of the head, and at the nose
    shown = picture(volume)[..., 0]
    assert shown.shape == (7, 3 + 1 + 3 + 1 + 5)
    axial, coronal, sagittal = shown[:, :3], shown[:, 4:7], shown[:, 8:]
    assert np.argwhere(axial == 255).tolist() == [[1, 1]]  # 5 high, in the middle of 7
    assert np.argwhere(coronal == 255).tolist() == [[0, 1]]
    assert np.argwhere(sagittal == 255).tolist() == [[0, 2], [3, 4]]


NETWORKS = {
    "picture": ("cnn", (3, 16, 16), (16, 16, 3)),
    "volume": ("cnn_3d", (1, 12, 10, 8), (12, 10, 8)),
}


def trained(tmp_path, kind):
    """Write a network and what it says of stored images; return their files."""
    network, image_shape, stored_shape = NETWORKS[kind]
    settings = Classifier(network=network, weights="none", cnn={"levels": 2, "filters": 4})
    settings = settings.model_dump(mode="json")
    torch.manual_seed(0)
    built = new_network(settings, image_shape, 2)
    header = Header(settings, CLASSES, list(image_shape), None)
    save_trained(tmp_path / "model.safetensors", built, unfrozen_of(settings), header)
    images = np.random.default_rng(0).normal(100, 60, (8, *stored_shape)).clip(0, 255)
    kind = "uint8" if network == "cnn" else "float16"
    save_array(tmp_path / "real.npy", stored_shape, kind, [images])
    table = predictions(["good", "bad"] * 4, np.linspace(0.1, 0.9, 8))
    split = write(tmp_path / "split.csv", table[["sample_id", "label"]])
    said = write(tmp_path / "said.csv", table)
    return [tmp_path / "model.safetensors", {}, tmp_path / "real.npy", split, said]


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_trained_network_is_looked_into(kind, tmp_path):
    files = trained(tmp_path, kind)
    for name in ("first", "second"):
        maps, heat = tmp_path / f"maps-{name}.png", tmp_path / f"heat-{name}.png"
        plot_feature_maps(*files, "bad", maps, CPU, scale="demo", title="cnn, real_only")
        plot_gradcam(*files, heat, CPU, scale="demo", title="cnn, real_only")
    for what in ("maps", "heat"):
        first, second = (tmp_path / f"{what}-{name}.png" for name in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()
        assert Image.open(first).width == round(style.WIDTH * style.PNG_DPI)


def test_the_image_whose_maps_are_shown_is_of_the_class_asked_for(tmp_path, drawn):
    files = trained(tmp_path, "picture")
    plot_feature_maps(*files, "bad", tmp_path / "a.png", CPU, scale="demo", title="cnn")
    plot_feature_maps(*files, "no such class", tmp_path / "a.png", CPU, scale="demo", title="cnn")
    assert [figure.get_suptitle() for figure in drawn] == [
        "Layers of cnn: an image of bad",
        "Layers of cnn: an image of good",
    ]
    images = np.load(tmp_path / "real.npy")
    for figure, row in zip(drawn, (1, 0), strict=True):
        assert np.array_equal(figure.axes[0].images[0].get_array(), images[row])
    assert len(drawn[0].axes) == 3  # the image and two layers
    assert_readable(drawn[0])


def test_heat_maps_are_of_wrong_and_right_images(tmp_path, drawn):
    plot_gradcam(*trained(tmp_path, "picture"), tmp_path / "a.png", CPU, scale="demo", title="cnn")
    signs = [axis.get_title(loc="left")[:1] for axis in drawn[0].axes if axis.get_title(loc="left")]
    assert signs == ["\u2717"] * 3 + ["\u2713"] * 3


def history(path, rates, losses, kept=1):
    rows = [
        {"epoch": epoch, "split": split, "loss": loss, "accuracy": 1 - loss, "learning_rate": rate}
        for epoch, (rate, loss) in enumerate(zip(rates, losses, strict=True), 1)
        for split in ("train", "validation")
    ]
    table = pd.DataFrame(rows)
    return write(path, table.assign(kept=table["epoch"] == kept))


def test_falls_of_the_learning_rate_and_the_epoch_kept_are_marked(tmp_path, drawn):
    file = history(tmp_path / "h.csv", [1e-3, 1e-3, 1e-4, 1e-4, 1e-5], [0.9, 0.5, 0.6, 0.4, 0.7], 2)
    plot_classifier_history([("real_only", 1, file)], tmp_path / "h.svg", scale="demo")
    lines = {line.get_marker(): list(line.get_xdata()) for line in drawn[0].axes[0].lines}
    assert lines["v"] == [3, 5]
    assert lines["o"] == [2]  # as the training says, whatever the losses are
    labels = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert labels[-2:] == ["epoch kept", "learning rate lowered"]


def test_many_trainings_are_thin_lines(tmp_path, drawn):
    files = [history(tmp_path / f"{n}.csv", [1e-3] * 4, [0.9, 0.5, 0.4, n / 10]) for n in range(5)]
    plot_classifier_history([("m", 1, file) for file in files], tmp_path / "h.svg", scale="demo")
    plot_classifier_history([("m", 1, files[0])], tmp_path / "h.svg", scale="demo")
    many, one = (figure.axes[0].lines[0].get_linewidth() for figure in drawn)
    assert many < one
    assert_readable(drawn[0])


def test_without_a_positive_class_measures_are_of_all_classes(tmp_path, drawn):
    values = ("accuracy", "balanced_accuracy", "macro_f1", "macro_auc")
    row = {"classifier": "cnn", "mix": "real_only", "kind": "real_only", "generator": ""}
    row |= {
        "selection": "",
        "training": "",
        "addition": "",
        "class_shares": "as they are",
        "real_share": 1.0,
    }
    row |= {"missed_positives": np.nan, "sensitivity": np.nan}
    row |= {f"{name}{end}": 0.5 for name in values for end in ("", "_low", "_high")}
    table = pd.DataFrame([row | {"classifier": name} for name in ("resnet18", "squeezenet")])
    plot_metrics(write(tmp_path / "summary.csv", table), tmp_path / "metrics.svg", scale="demo")
    titles = [axis.get_title(loc="left").replace("\n", " ") for axis in drawn[0].axes]
    assert titles == ["accuracy", "balanced accuracy", "macro F1", "macro AUC"]
    labels = [label.get_text() for label in drawn[0].axes[0].get_yticklabels()]
    assert labels == ["resnet18", "squeezenet"]
    plot_real_share(tmp_path / "summary.csv", tmp_path / "share.svg", scale="demo")
    assert drawn[1].get_suptitle() == "Macro F1 against the share of real images"


def test_cells_of_many_classes_have_a_number_or_nothing(tmp_path, drawn):
    classes = [str(n) for n in range(10)]
    rows = [("cnn", "real_only", 1, 1, 1, t, p, 7 * (t == p)) for t in classes for p in classes]
    names = ["classifier", "mix", *OF_REPEATS, "true", "predicted", "images"]
    table = write(tmp_path / "confusion.csv", pd.DataFrame(rows, columns=names))
    plot_confusion(table, tmp_path / "confusion.svg", scale="demo")
    texts = [text.get_text() for text in drawn[0].axes[0].texts]
    assert sorted(set(texts)) == ["", "7"]
    assert texts.count("7") == 10
    assert_readable(drawn[0])
