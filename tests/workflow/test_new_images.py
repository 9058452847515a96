"""Exporting classifiers and classifying new images, as targets of the workflow."""

import numpy as np
import pandas as pd
import pytest

from synthmix.classify.classify_images import main
from tiny_classifiers import CLASSES, picture
from workflow_project import Project

STUDY = """
title: Own pictures
positive_class: bad
datasets:
  mine: { source: image_folder, path: pictures, classes: { bad: [bad], good: [good] },
    near_duplicates: tell }
prepare: { image_size: 16 }
classifiers:
  small: { network: cnn, weights: none, cnn: { levels: 2, filters: 2 }, batch_size: 4, epochs: 2 }
evaluation: { bootstrap_samples: 200, threshold: { sensitivity: 0.9 } }
"""
EXPORTED = "results/paper/own/mine/classifiers/small/real_only/seed1/model.safetensors"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The project with a study of pictures of its own, which `pictures/` holds."""
    folder = tmp_path_factory.mktemp("new_images") / "synthmix"
    project = Project.copy(folder, "tiny", "volumes")
    project.study = "own"
    (project.folder / "studies" / "own.yaml").write_text(STUDY)
    for number in range(30):
        file = project.folder / "pictures" / CLASSES[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture(number).save(file)
    return project


def test_every_classifier_is_exported_on_every_mix_once(project):
    shown = project.run("export_classifiers", "--dry-run", seeds="2,1").stdout
    assert EXPORTED.replace("seed1", "seed2") in shown
    assert EXPORTED not in shown
    shown = project.run("export_classifiers", "--dry-run", studies="volumes,tiny").stdout
    folder = "results/paper/volumes/slices/{}/classifiers/cnn_2d/real_only/seed1"
    assert f"{folder.format('fold1')}/model.safetensors" in shown
    # of a cross-validated study all folds are exported, and answer together
    assert f"{folder.format('fold3')}/model.safetensors" in shown
    assert shown.count("Exporting vgg16 of real_only") == 1
    assert shown.count("Exporting vgg16 of dcgan") == 1


@pytest.mark.parametrize(
    ("config", "match"),
    [({}, "add it to --config, such as new_images="), ({"new_images": "gone"}, "is not there")],
)
def test_what_is_missing_is_said(project, config, match):
    result = project.run("classify_images", **config)
    assert result.returncode == 1
    assert match in result.stdout
    assert "Traceback" not in result.stdout
    assert len(result.stdout.splitlines()) < 10


@pytest.mark.full
def test_new_images_are_classified_and_changed_ones_again(project, tmp_path):
    result = project.run("classify_images", new_images="pictures")
    assert result.returncode == 0, result.stdout[-5000:]
    results = project.folder / "results" / "paper" / "own" / "mine"
    found = pd.read_csv(results / "new_images" / "small" / "real_only.csv").set_index("file")
    assert len(found) == 30
    predictions = pd.read_csv(results / "predictions" / "small" / "real_only" / "seed1.csv")
    samples = pd.read_csv(results / "stores" / "real.csv")[["sample_id", "path"]]
    expected = predictions.merge(samples).set_index("path")
    assert len(expected) > 4
    given = found.loc[expected.index]
    np.testing.assert_allclose(given["probability_bad"], expected["probability_bad"], atol=2e-6)
    assert set(given["threshold"]) == set(expected["threshold"])

    asked = [str(project.folder / EXPORTED), str(project.folder / "pictures")]
    assert main([*asked, "--output", str(tmp_path / "out.csv"), "--device", "cpu"]) == 0
    written = (results / "new_images" / "small" / "real_only.csv").read_bytes()
    assert (tmp_path / "out.csv").read_bytes() == written

    (project.folder / "more").mkdir()
    picture(3).save(project.folder / "more" / "a.png")
    again = project.run("classify_images", "--dry-run", new_images="pictures").stdout
    assert "Nothing to be done" in again
    assert "predict_new" in project.run("classify_images", "--dry-run", new_images="more").stdout
    picture(4).save(project.folder / "pictures" / "bad" / "new.png")
    changed = project.run("classify_images", "--dry-run", new_images="pictures").stdout
    assert "predict_new" in changed
