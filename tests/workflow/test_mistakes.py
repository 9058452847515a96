"""A user's mistakes: a clear message at the end of the screen, exit code 1, no traceback."""

import zipfile

import numpy as np
import pytest
import yaml
from PIL import Image

from workflow_project import ROOT, Project

SCREEN = 30


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mistakes") / "synthmix"
    return Project.copy(folder, "tiny", "mammography")


@pytest.fixture
def folder(tmp_path):
    """Two classes of six images."""
    rng = np.random.default_rng(0)
    for label in ("sick", "well"):
        (tmp_path / "images" / label).mkdir(parents=True)
        for i in range(6):
            pixels = rng.integers(0, 256, (20, 12)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "images" / label / f"{i}.png")
    return tmp_path / "images"


def mistake(project, name, path, **changes):
    """Run a study of the images at `path` as far as the split and return what the user sees."""
    study = yaml.safe_load((ROOT / "tests" / "studies" / "tiny.yaml").read_text())
    study["positive_class"] = "sick"
    classes = {"sick": ["sick"], "well": ["well"]}
    study["datasets"] = {"mine": {"source": "image_folder", "path": str(path), "classes": classes}}
    study["mixes"] |= {
        "class_shares": [{"sick": 0.5, "well": 0.5}],
        "validation_class_shares": {"sick": 0.5, "well": 0.5},
    }
    for place, value in changes.items():
        block = study
        *parents, key = place.split("__")
        for parent in parents:
            block = block[parent]
        block[key] = value
    (project.folder / "studies" / f"{name}.yaml").write_text(yaml.safe_dump(study))
    result = project.run(f"results/paper/{name}/mine/split.csv", studies=name)
    assert result.returncode == 1, result.stdout
    assert "Traceback" not in result.stdout
    return "\n".join(result.stdout.splitlines()[-SCREEN:])


def test_an_unknown_study(project):
    result = project.run(studies="mamography")
    assert result.returncode == 1
    assert "Traceback" not in result.stdout
    assert len(result.stdout.splitlines()) < SCREEN
    assert "mamography" in result.stdout
    assert "did you mean mammography?" in result.stdout


def test_names_of_study_files_break_no_other_study(project):
    """One called as a rule runs and says what to do, one that can't be a study is passed over."""
    studies = project.folder / "studies"
    names = ("train_generator", "all", "2021", "x{y}", "my study")
    files = [studies / f"{name}.yaml" for name in names]
    for file in files:
        file.write_text((studies / "tiny.yaml").read_text())
    try:
        result = project.run("--dry-run", "all", "2021", studies="train_generator")
    finally:
        for file in files:
            file.unlink()
    assert result.returncode == 0, result.stdout
    for name in ("train_generator", "2021"):
        assert f"results/paper/{name}/phantoms/split.csv" in result.stdout
    for name in ("x{y}", "my study"):
        assert f"synthmix: studies/{name}.yaml is passed over: " in result.stdout
    for name in ("train_generator", "all"):
        assert f"{name}.yaml is called as the rule {name} of the workflow is" in result.stdout
    assert result.stdout.count("synthmix: ") == 4


def test_a_class_without_images(project, folder):
    for file in (folder / "sick").iterdir():
        file.unlink()
    seen = mistake(project, "no_images", folder)
    assert "sick" in seen
    assert "no image" in seen.lower() or "without images" in seen.lower() or "holds no" in seen


def test_a_class_map_that_names_no_folder(project, folder):
    changes = {"datasets__mine__classes": {"sick": ["sik"], "well": ["well"]}}
    seen = mistake(project, "no_folder", folder, **changes)
    assert "sik" in seen
    assert "did you mean sick?" in seen


def test_a_share_above_one(project, folder):
    seen = mistake(project, "share", folder, mixes__real_shares=[95])
    assert "mixes.real_shares[0]: 95 is not between 0 and 1; did you mean 0.95?" in seen


def test_an_unreadable_image(project, folder):
    (folder / "sick" / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    seen = mistake(project, "unreadable", folder)
    assert "sick/3.png" in seen
    assert "prepare.max_rejected_share" in seen


def test_an_empty_zip(project, tmp_path):
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    assert "empty.zip: holds no files" in mistake(project, "empty", tmp_path / "empty.zip")


def test_a_zip_that_reaches_outside(project, folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.write(folder / "sick" / "0.png", "../../outside.png")
    seen = mistake(project, "evil", tmp_path / "evil.zip")
    assert "../../outside.png" in seen
    assert not list(project.folder.parent.rglob("outside.png"))


def test_fewer_patients_than_splits(project, folder):
    for file in list((folder / "well").iterdir())[2:]:
        file.unlink()
    seen = mistake(project, "patients", folder)
    assert "class well has images of 2 patient(s)" in seen


def test_the_published_leakage_with_another_split(project, folder):
    split = {"method": "folds", "folds": 3}
    shown = mistake(project, "leaking", folder, leakage="as_published", split=split)
    assert "studies/leaking.yaml: leakage: as_published draws all images from one pool" in shown
    assert "needs split.method: shares, not folds" in shown
