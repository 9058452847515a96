"""The figures of the scores are the same every time and stay readable."""

import numpy as np
import pandas as pd
import pytest

from figure_checks import assert_readable
from synthmix.figures import style
from synthmix.figures.plot_nearest import plot_nearest
from synthmix.figures.plot_pca import plot_pca
from synthmix.figures.plot_scores import plot_scores
from synthmix.files import write_table
from synthmix.scopes import ALL_CLASSES
from synthmix.score.compare import COLUMNS
from synthmix.score.project_images import principal_plane, project_images
from synthmix.score.settings import HELD_OUT_REAL
from synthmix.store import read_table, save_array, table_path

LONG = "lesion_of_an_unusually_long_name_that_nobody_would_shorten"
STUDIES = {
    "two classes": (("cancer", "normal"), ("dcgan",)),
    "many": (tuple(f"class{n}" for n in range(10)), tuple(f"generator{n}" for n in range(9))),
    "long": ((LONG, f"no_{LONG}"), (f"generator_{LONG}",)),
    "hostile": (("$x_1$", "<script>"), ("$y$",)),
}
SCORES = (
    *("frechet_distance_own_features", "kernel_distance_own_features", "precision", "recall"),
    *("density", "coverage", "suspiciously_near", "suspiciously_near_by_chance"),
)


def write_scores(path, classes, generators, undefined=False):
    random = np.random.default_rng(0)
    rows = []
    for generator in (*generators, HELD_OUT_REAL):
        for label in (*classes, ALL_CLASSES):
            for score in SCORES:
                value = np.nan if undefined else random.uniform()
                value *= 3000 if "distance" in score else 1
                rows.append((generator, label, "class", score, value, value * 0.8, value * 1.1))
    table = pd.DataFrame(rows, columns=COLUMNS[:7])
    write_table(path, table.assign(features="own", images_real=9, images_synthetic=9, caution=""))


def write_images(folder, classes, count=40):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, 16, 16, 1))
    save_array(folder / "real.npy", (16, 16, 1), "uint8", [images])
    samples = pd.DataFrame({"sample_id": range(count), "group": range(count)})
    samples["label"] = [classes[n % len(classes)] for n in range(count)]
    samples["split"] = ["train" if n < count * 3 // 4 else "test" for n in range(count)]
    write_table(folder / "split.csv", samples)
    pools = {}
    for number, label in enumerate(classes):
        pools[label] = folder / f"pool{number}.npy"
        save_array(pools[label], (16, 16, 1), "uint8", [random.integers(0, 256, (20, 16, 16, 1))])
        write_table(table_path(pools[label]), pd.DataFrame({"label": [label] * 20}))
    return pools


def draw(figure, folder, study, output):
    classes, generators = STUDIES[study]
    if figure == "scores":
        write_scores(folder / "scores.csv", classes, generators)
        plot_scores(folder / "scores.csv", output, scale="demo")
        return
    pools = write_images(folder, classes)
    if figure == "pca":
        plane = folder / "plane.csv"
        project_images(folder / "real.npy", folder / "split.csv", pools, 30, plane)
        plot_pca(plane, output, scale="demo")
        return
    pairs = pd.DataFrame({"label": [classes[n % 2] for n in range(12)], "row": range(12)})
    pairs["real_label"], pairs["real_row"] = pairs["label"], pairs["row"]
    pairs["part"] = ["training", "test"] * 6
    pairs["distance"] = np.linspace(0, 2, 12)
    pairs["limit"] = [np.nan, 0.0, *np.ones(10)]
    write_table(folder / "pairs.csv", pairs)
    plot_nearest(folder / "pairs.csv", folder / "real.npy", pools, output, scale="demo")


FIGURES = {"scores": ".svg", "pca": ".svg", "nearest": ".png"}


@pytest.mark.parametrize("figure", FIGURES)
def test_it_is_written_and_the_same_every_time(figure, tmp_path):
    first, second = (tmp_path / f"{name}{FIGURES[figure]}" for name in ("first", "second"))
    draw(figure, tmp_path, "two classes", first)
    draw(figure, tmp_path, "two classes", second)
    assert first.stat().st_size > 5000
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("study", STUDIES)
def test_labels_stay_apart_and_inside(figure, study, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(style, "save", lambda figure, path: drawn.append(figure))
    draw(figure, tmp_path, study, tmp_path / "figure.png")
    assert_readable(drawn[0])


def test_scores_that_could_not_be_had_leave_their_place_empty(tmp_path):
    write_scores(tmp_path / "scores.csv", ("a", "b"), ("dcgan",), undefined=True)
    plot_scores(tmp_path / "scores.csv", tmp_path / "scores.svg", scale="paper")
    assert (tmp_path / "scores.svg").stat().st_size > 1000


def test_the_plane_is_that_of_a_principal_component_analysis():
    rows = np.random.default_rng(0).integers(0, 256, (30, 40000)).astype(np.uint8)
    rows[:, :9000] = np.linspace(0, 255, 30).astype(np.uint8)[:, None]
    coordinates, explained = principal_plane(rows)
    centred = rows - rows.mean(0, dtype=float)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    expected = left[:, :2] * singular[:2]
    np.testing.assert_allclose(np.abs(coordinates), np.abs(expected), atol=1e-6)
    np.testing.assert_allclose(explained, singular[:2] ** 2 / (singular**2).sum())
    assert (coordinates.max(0) > -coordinates.min(0)).all()


def test_equal_images_have_no_plane():
    coordinates, explained = principal_plane(np.full((4, 10), 7, np.uint8))
    assert not coordinates.any()
    assert not explained.any()


def test_the_plane_has_as_many_synthetic_images_of_each_class(tmp_path):
    pools = write_images(tmp_path, ("a", "b"))
    plane = tmp_path / "plane.csv"
    project_images(tmp_path / "real.npy", tmp_path / "split.csv", pools, 10, plane)
    counts = read_table(plane).groupby(["origin", "label"]).size().to_dict()
    assert sum(n for (origin, _), n in counts.items() if origin == "real") == 10
    for label in ("a", "b"):
        assert counts["real", label] == counts["synthetic", label] > 0


def test_the_plane_of_what_learns_from_all_images_is_of_any_at_its_own_size(tmp_path):
    """Real images of every split and class, shrunk as the generator's are."""
    write_images(tmp_path, ("a", "b"))
    grey = np.random.default_rng(1).integers(0, 256, (40, 16, 16, 1)).astype(np.uint8)
    save_array(tmp_path / "pool.npy", (16, 16, 1), "uint8", [grey])
    write_table(tmp_path / "pool.csv", pd.DataFrame({"label": ["unlabelled"] * 40}))
    pools = {"unlabelled": tmp_path / "pool.npy"}
    for size in (None, 4):
        project_images(
            *(tmp_path / "real.npy", tmp_path / "split.csv", pools, 40),
            tmp_path / f"{size}.csv",
            image_size=size,
        )
    plane, small = (read_table(tmp_path / f"{size}.csv") for size in (None, 4))
    assert plane["origin"].value_counts().to_dict() == {"real": 40, "synthetic": 40}
    assert set(plane["label"]) == {"unlabelled"}
    # of noise a plane holds the more the fewer pixels there are
    assert small["x_explained"].iloc[0] > 2 * plane["x_explained"].iloc[0]
