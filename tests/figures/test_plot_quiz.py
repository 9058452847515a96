"""The quiz: who is in it, and that nothing but its key gives the answers."""

import numpy as np
import pandas as pd
import pytest

from figure_checks import assert_readable
from synthmix.figures import style
from synthmix.figures.plot_quiz import plot_quiz
from synthmix.files import write_table
from synthmix.store import read_table, save_array, table_path

CLASSES = ("a", "b")


def write_images(folder, split, classes=CLASSES, made=20, shape=(8, 8, 1), depth=1):
    """Write a store with the parts of `split` in each class, and pools; grey levels tell images."""
    rows = [(f"{label}{n}", label, part) for label in classes for n, part in enumerate(split)]
    table = pd.DataFrame(rows, columns=["sample_id", "label", "split"]).assign(depth=depth)
    write_table(folder / "split.csv", table)
    levels = np.arange(len(table))[:, None, None, None]
    save_array(folder / "real.npy", shape, "uint8", [np.broadcast_to(levels, (len(table), *shape))])
    pools = {}
    for label in classes:
        pools[label] = folder / f"pool {label}.npy"
        levels = np.broadcast_to(200 + np.arange(made)[:, None, None, None], (made, *shape))
        save_array(pools[label], shape, "uint8", [levels])
        names = [f"{label}-{seed}" for seed in range(made)]
        write_table(table_path(pools[label]), pd.DataFrame({"sample_id": names, "label": label}))
    return pools


def draw(folder, pools, seed=1, generator="dcgan", name="quiz", unseen=("test", "validation")):
    output, key = folder / f"{name}.png", folder / f"{name}.csv"
    plot_quiz(
        folder / "real.npy",
        folder / "split.csv",
        pools,
        output,
        key,
        generator=generator,
        unseen=unseen,
        seed=seed,
        scale="demo",
    )
    return read_table(key)


@pytest.fixture
def drawn(monkeypatch):
    """The figures saved during the test; saving them is left out."""
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, path: figures.append(figure))
    return figures


def test_of_each_class_as_many_real_as_synthetic_ones(tmp_path, drawn):
    key = draw(tmp_path, write_images(tmp_path, ["train"] * 9 + ["test"] * 9))
    assert key.groupby(["label", "origin"]).size().to_dict() == {
        (label, origin): 6 for label in CLASSES for origin in ("real", "synthetic")
    }
    assert list(key["number"]) == list(range(1, 25))
    assert key["sample_id"].is_unique


def test_the_key_is_about_the_images_that_are_drawn(tmp_path, drawn):
    key = draw(tmp_path, write_images(tmp_path, ["test"] * 9))
    split = read_table(tmp_path / "split.csv")
    for axis, row in zip(drawn[0].axes, key.itertuples(), strict=True):
        level = axis.images[0].get_array()[0, 0, 0]
        if row.origin == "real":
            assert split["sample_id"][level] == row.sample_id
        else:
            assert row.sample_id == f"{row.label}-{level - 200}"
        assert axis.get_title() == str(row.number)


def test_training_images_are_never_taken_and_validation_images_last(tmp_path, drawn):
    parts = ["train"] * 9 + ["validation"] * 3 + ["held_out"] * 3 + ["test"] * 4
    key = draw(tmp_path, write_images(tmp_path, parts))
    taken = key[key["origin"] == "real"].merge(read_table(tmp_path / "split.csv"), on="sample_id")
    assert taken["split"].value_counts().to_dict() == {"test": 2 * 4, "validation": 2 * 2}


def test_fewer_images_than_places(tmp_path, drawn):
    key = draw(tmp_path, write_images(tmp_path, ["test", "train"], made=3))
    assert key.groupby("origin").size().to_dict() == {"real": 2, "synthetic": 2}
    (tmp_path / "none").mkdir()
    assert draw(tmp_path / "none", write_images(tmp_path / "none", ["train"])).empty
    assert len(drawn) == 2


def test_the_same_seed_draws_the_same(tmp_path, monkeypatch):
    pools = write_images(tmp_path, ["test"] * 30, made=2)
    first, again = draw(tmp_path, pools), draw(tmp_path, pools, name="again")
    assert (tmp_path / "quiz.png").read_bytes() == (tmp_path / "again.png").read_bytes()
    pd.testing.assert_frame_equal(first, again)
    monkeypatch.setattr(style, "save", lambda figure, path: None)
    for changed in ({"seed": 2}, {"generator": "gan"}):
        other = draw(tmp_path, pools, **changed)
        assert list(other["sample_id"]) != list(first["sample_id"])


@pytest.mark.parametrize(
    ("classes", "generator", "shape", "depth"),
    [
        (CLASSES, "dcgan", (8, 8, 1), 1),
        (tuple(f"class{n}" for n in range(13)), "generator_" * 9, (8, 8, 3), 1),
        (CLASSES, "$x_1$", (8, 8, 3), 5),
    ],
)
def test_it_stays_readable(classes, generator, shape, depth, tmp_path, drawn):
    pools = write_images(tmp_path, ["test"] * 9, classes, shape=shape, depth=depth)
    key = draw(tmp_path, pools, generator=generator)
    assert_readable(drawn[0])
    assert len(drawn[0].axes) >= len(key) >= 24
    width = drawn[0].axes[0].images[0].get_array().shape[1]
    assert width == (8 if depth == 1 else 3 * 8 + 2)
    words = {text.get_text() for axis in drawn[0].axes for text in (axis.title, *axis.texts)}
    assert words <= {str(number) for number in range(1, 27)} | {""}


def test_of_what_learns_from_all_any_real_image_is_asked_for(tmp_path, drawn):
    """At the size that its images have, so that no sharpness gives the others away."""
    pools = write_images(tmp_path, ["train"] * 9 + ["held_out"] * 9, classes=("unlabelled",))
    table = read_table(tmp_path / "split.csv").assign(label=["a", "b"] * 9)
    write_table(tmp_path / "split.csv", table)
    plot_quiz(
        tmp_path / "real.npy",
        tmp_path / "split.csv",
        pools,
        tmp_path / "q.png",
        tmp_path / "q.csv",
        generator="every",
        unseen=["test"],
        seed=1,
        scale="demo",
        image_size=4,
    )
    key = read_table(tmp_path / "q.csv")
    assert key["origin"].value_counts().to_dict() == {"real": 12, "synthetic": 12}
    assert set(key["label"]) == {"unlabelled"}
    assert drawn[0].axes[0].images[0].get_array().shape == (4, 4, 3)


def test_what_a_generator_has_learned_from_is_in_no_quiz(tmp_path, drawn):
    pools = write_images(tmp_path, ["validation"] * 9 + ["test"] * 3)
    key = draw(tmp_path, pools, unseen=["test"])
    samples = read_table(tmp_path / "split.csv").set_index("sample_id")
    shown = key.loc[key["origin"] == "real", "sample_id"]
    assert len(shown) > 0
    assert set(samples.loc[shown, "split"]) == {"test"}
