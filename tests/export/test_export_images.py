"""The zip of a generator of a study: pixels of its pool, and a card with all that is known."""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from synthmix.errors import UserError
from synthmix.export.export_images import export_images
from synthmix.files import write_table, write_text
from synthmix.generate.sample_generator import sample_generator
from synthmix.generate.tabulate_ready_images import COLUMNS
from synthmix.registry import load_generator
from synthmix.store import load_store
from tiny_generators import CLASSES, CPU, train_tiny

ABOUT = {
    "title": "Films of the county",
    "licence": "CC BY-NC 4.0",
    "citation": "Someone 2020",
    "homepage": "https://example.org/films",
}
NAN = float("nan")


def score(label, name, value, low=NAN, high=NAN, caution=""):
    scope = "all_classes" if label == "all_classes" else "class"
    facts = {"generator": "mine", "label": label, "scope": scope, "score": name, "value": value}
    counts = {"features": "own", "images_real": 9, "images_synthetic": 1200, "caution": caution}
    return facts | {"low": low, "high": high} | counts


@pytest.fixture
def study(tmp_path):
    """Return the files of a study whose generator has a model for each class."""
    for seed, label in enumerate(CLASSES):
        generator = train_tiny("dcgan", epochs=1, batch_size=4 + seed)
        generator.save(tmp_path / label / "weights.safetensors", [label])
        seen = pd.DataFrame({"sample_id": [f"{label}{i}" for i in range(7 + seed)], "group": "p"})
        write_table(tmp_path / label / "trained_on.csv", seen)
    rows = [(f"{label}{i}", label, "train") for label in CLASSES for i in range(20)]
    samples = pd.DataFrame(rows, columns=["sample_id", "label", "split"])
    write_table(tmp_path / "split.csv", samples)
    write_text(tmp_path / "fetched.json", json.dumps({"root": "x", "about": ABOUT}))
    scores = [
        score("cancer", "frechet_distance_own_features", 12.5, caution="few images"),
        score("cancer", "precision", 0.75, 0.7, 0.8),
        score("cancer", "recall", -0.0, -0.0, 0.0),
        score("cancer", "suspiciously_near", 0.25),
        score("cancer", "suspiciously_near_by_chance", 0.01, 0.0, 0.02),
        score("normal", "suspiciously_near", 0.01),
        score("normal", "suspiciously_near_by_chance", 0.01, 0.0, 0.02),
        score("all_classes", "suspiciously_near", NAN),
        score("all_classes", "suspiciously_near_by_chance", NAN),
    ]
    write_table(tmp_path / "scores.csv", pd.DataFrame(scores))
    pairs = {"label": "cancer", "part": "training", "distance": [0.0, 0.5, 2.0], "limit": 1.0}
    write_table(tmp_path / "nearest.csv", pd.DataFrame(pairs))
    return tmp_path


def export(study, output="out.zip", **changes):
    settings = {
        "generator": "mine",
        "classes": CLASSES,
        # in another order than the classes: a file says what it has learned
        "weights": [study / label / "weights.safetensors" for label in reversed(CLASSES)],
        "trained_on": [study / label / "trained_on.csv" for label in CLASSES],
        "split": study / "split.csv",
        "fetched": study / "fetched.json",
        "scores": study / "scores.csv",
        "pairs": study / "nearest.csv",
        "title": "My study",
        "stand_in": False,
        "scale": "paper",
        "images": 5,
        "first_seed": 0,
        "truncation": 1.0,
        "scored_truncation": 1.0,
        "output": study / output,
        "device": CPU,
    }
    export_images(**settings | changes)
    return zipfile.ZipFile(study / output)


def card(study, **changes):
    with export(study, **changes) as archive:
        return archive.read("README.md").decode()


def test_equal_seeds_make_the_images_of_the_pool(study):
    with export(study, first_seed=2, images=4, truncation=0.7) as archive:
        for label in CLASSES:
            file = study / label / "weights.safetensors"
            pool = study / "pool" / f"{label}.npy"
            sample_generator("dcgan", "mine", {label: 0}, file, pool, {label: 10}, 0.7, CPU)
            images, table = load_store(pool)
            for seed in (2, 5):
                content = archive.read(f"{label}/seed{seed:06d}.png")
                picture = np.asarray(Image.open(io.BytesIO(content)))
                np.testing.assert_array_equal(picture, images[table["seed"] == seed][0, :, :, 0])
        listed = pd.read_csv(archive.open("manifest.csv"))
    assert listed["label"].tolist() == ["cancer"] * 4 + ["normal"] * 4
    assert listed["seed"].tolist() == [2, 3, 4, 5] * 2
    assert listed["checkpoint_sha256"].nunique() == 2


def test_the_card_tells_what_was_done_and_from_what(study):
    text = card(study)
    assert "# Synthetic images: My study" in text
    for fact in ABOUT.values():
        assert fact in text
    assert "| cancer | 7 |\n| normal | 8 |" in text
    assert '| model | `"dcgan"` |' in text
    assert "| epochs | `1` |" in text
    assert "Radford, Metz and Chintala (2015)" in text
    assert "| cancer | Precision | 0.75 (0.7 to 0.8) | higher |  |" in text
    assert "| cancer | Recall | 0 (0 to 0) | higher |  |" in text
    assert "(own features) | 12.5 | lower | few images |" in text
    assert "Demo" not in text
    assert "stand-ins" not in text
    assert "unknown:" in text  # memorisation over all classes
    assert "at truncation" not in text


def test_the_card_says_who_copied(study):
    text = card(study)
    assert "**cancer**: **too many are suspiciously near: it has copied** (25.0% of 1,200" in text
    assert "**normal**: no more are suspiciously near than chance allows (1.0% of" in text
    assert "**all classes**: unknown" in text
    assert "Of the 3 nearest pairs 2 are that near; 1 is at no distance at all." in text


def test_the_card_warns_of_what_is_no_full_result(study):
    text = card(study, scale="demo", stand_in=True, truncation=0.5)
    assert "**Demo.**" in text
    assert "**not** trained on that data set itself" in text
    assert "They are of images at truncation 1, not 0.5." in text


def test_the_card_warns_of_a_generator_that_saw_test_images(study):
    text = card(study, leakage="as_published")
    assert "> **Test images were seen in training (leakage: as_published).** The generator" in text
    assert "leakage" not in card(study)


def test_of_the_users_own_images_the_licence_is_said_to_be_unknown(study):
    write_text(study / "fetched.json", json.dumps({"root": "x", "about": None}))
    assert "Their **licence** is not known to the workflow" in card(study)


def test_a_generator_that_copies_is_not_said_to_have_made_its_images(study):
    generator = train_tiny("resampling", method="random_over_sampling")
    generator.save(study / "resampling.safetensors", CLASSES)
    text = card(study, weights=[study / "resampling.safetensors"])
    assert "is a copy of a training image, or a blend of two" in text
    assert "made by a program" not in text
    assert "made by a program" in card(study)


def test_where_it_started_from_is_told_without_its_folder(study):
    start = study / "private" / "start.safetensors"
    train_tiny("stylegan2_ada").save(start, ["a"])
    generator = train_tiny("stylegan2_ada", init_from=str(start))
    generator.save(study / "style.safetensors", ["cancer"])
    text = card(study, classes=["cancer"], weights=[study / "style.safetensors"])
    assert "started from the weights `start.safetensors`" in text
    assert "private" not in text


def test_a_zip_of_before_stays_when_the_new_one_fails(study):
    export(study).close()
    before = (study / "out.zip").read_bytes()
    file = study / "normal" / "weights.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[:-4])
    with pytest.raises(UserError, match="cut off"):
        export(study)
    file.write_bytes(whole)
    assert (study / "out.zip").read_bytes() == before
    assert not [path for path in study.iterdir() if path.name.startswith(".")]


def test_two_models_of_one_class_are_refused(study):
    twice = [study / "cancer" / "weights.safetensors"] * 2
    with pytest.raises(UserError, match="both make images of class cancer"):
        export(study, weights=twice)


@pytest.fixture
def ready(study):
    """Return the same study with ready images, three of each class, and what is known of them."""
    settings = {"model": "ready_images", "images": "/home/x/pool.zip", "learned_from": "unknown"}
    kind = load_generator("ready_images")
    generator = kind(kind.Settings(**settings), (32, 32, 1), 2, CPU)
    images = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(6, 1, 32, 32)
    generator.finish(images.contiguous(), torch.arange(6) % 2)
    (study / "all").mkdir()
    generator.save(study / "all" / "weights.safetensors", CLASSES)
    write_table(study / "all" / "trained_on.csv", pd.DataFrame(columns=["sample_id", "group"]))
    known = dict.fromkeys(COLUMNS, 0) | {"generator": "mine", "images": 6}
    return study, known | {"learned_from": "unknown", "split_number": 1}


def ready_card(study, known, **more):
    write_table(study / "ready.csv", pd.DataFrame([known | more]))
    return card(
        study,
        weights=[study / "all" / "weights.safetensors"],
        trained_on=[study / "all" / "trained_on.csv"],
        ready_images=study / "ready.csv",
        images=3,
    )


def test_the_card_of_ready_images_says_what_is_not_known_of_them(ready):
    text = ready_card(*ready)
    assert "**These images were made elsewhere**" in text
    assert "**What the images of mine were made from is not known (learned_from: unknown)." in text
    assert "a leak that can't be ruled out" in text
    assert "Every image here was made by a program" not in text
    assert "The workflow has read `pool.zip` as `mine`" in text
    assert "trained on that data set" not in text
    assert "/home/x" not in text
    assert "training images |" not in text


def test_the_card_of_ready_images_names_test_images_that_they_know(ready):
    known = {"learned_from": "a list", "listed": 9, "listed_train": 5, "listed_test": 4}
    text = ready_card(*ready, **known, listed_test_patients=2, equal_test=1)
    assert "**mine was made from 4 test images of 2 patients" in text
    assert "**1 image of mine is one of the real test images, pixel by pixel" in text
    assert "lists 9 images that they were made from; 9 are real images of the study, 4 of" in text
    assert "can't be ruled out" not in text


def test_no_more_ready_images_are_packed_than_there_are(ready):
    study, _ = ready
    with pytest.raises(UserError, match=r"mine: there are 3 ready images .*export\.images"):
        export(study, weights=[study / "all" / "weights.safetensors"], images=4)
