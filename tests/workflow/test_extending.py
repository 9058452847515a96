"""What `docs/extending.md` promises: its examples work, and no other job reruns."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import yaml
from PIL import Image

import doc_examples
from synthmix.registry import classifier_modules, generator_modules
from synthmix.runtime import digest
from synthmix.store import load_store, read_table
from workflow_project import ROOT, Project

FILES_OF_A_KIND = 2


def test_each_costs_two_files_and_a_line_at_the_most():
    kinds = [path.split("/")[2] for path in doc_examples.files()]
    assert set(kinds) == {"datasets", "generate", "networks"}
    assert all(kinds.count(kind) <= FILES_OF_A_KIND for kind in kinds)
    assert all(line.count("\n") == 1 for line in doc_examples.lines().values())


def test_they_change_the_code_of_no_other_job(tmp_path, monkeypatch):
    scripts = tmp_path / "scripts"
    shutil.copytree(ROOT / "scripts", scripts, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(digest, "SCRIPTS", scripts)

    def digests():
        for function in vars(digest).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()
        rules = ("train_generator", "sample_generator", "train_classifier", "predict")
        modules = (generator_modules("dcgan"), classifier_modules("vgg16"), ())
        return {(rule, used): digest.code_digest(rule, *used) for rule in rules for used in modules}

    before = digests()
    doc_examples.add_to(tmp_path)
    assert digests() == before
    settings = scripts / "synthmix" / "networks" / "vgg16" / "settings.py"
    settings.write_text(settings.read_text().replace("minimum_size=32", "minimum_size=33"))
    changed = {key for key, value in digests().items() if value != before[key]}
    assert changed == {key for key in before if key[1] == classifier_modules("vgg16")}
    monkeypatch.undo()
    digests()


def named_pictures(folder):
    """Write twelve pictures of noise of each class, bright ones and dark ones."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(24):
        label, least = ("sick", 100) if number % 2 else ("well", 0)
        pixels = rng.integers(least, least + 100, (20, 20)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{label}-p{number}-1.png")
    Image.new("L", (9, 9)).save(folder / "other-p1-1.png")


def test_a_data_set_a_generator_and_a_classifier_are_used_together(tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    doc_examples.add_to(project.folder)
    named_pictures(project.folder / "my_pictures")
    shares = {"sick": 0.5, "well": 0.5}
    study = {
        "title": "The examples",
        "prepare": {"image_size": 16},
        "mixes": {
            "train_images": 24,
            "class_shares": [shares],
            "validation_class_shares": shares,
            "real_shares": [0.5],
        },
        "scores": {"network": "own"},
        **doc_examples.sections(),
    }
    project.study = "examples"
    (project.folder / "studies" / "examples.yaml").write_text(yaml.safe_dump(study))
    results = project.folder / "results" / "paper" / "examples" / "mine"
    mix = "faces-sick50-well50-real50"
    result = project.run(f"results/paper/examples/mine/predictions/linear/{mix}/seed1.csv")
    assert result.returncode == 0, result.stdout[-3000:]

    real, samples = load_store(results / "stores" / "real.npy")
    assert samples["label"].value_counts().to_dict() == {"sick": 12, "well": 12}
    split = read_table(results / "split.csv")["split"]
    for label, number in (("sick", 150), ("well", 50)):
        pool, _ = load_store(results / "stores" / "faces" / f"{label}.npy")
        assert pool.shape == (100, 16, 16, 1)
        own = real[(samples["label"] == label).to_numpy() & (split == "train").to_numpy()]
        assert abs(pool.mean() - own.mean()) < 3
        assert abs(pool.mean() - number) < 10
    predictions = read_table(results / "predictions" / "linear" / mix / "seed1.csv")
    assert (predictions["label"] == predictions["predicted"]).mean() > 0.8


def test_a_generator_and_a_classifier_rerun_nothing(tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    stores = project.results().relative_to(project.folder) / "stores"
    epochs = project.edit("studies/tiny.yaml", "epochs: 40", "epochs: 1")
    with epochs:
        assert project.run(f"{stores}/dcgan/cancer.npy").returncode == 0
    doc_examples.add_to(project.folder, "GENERATORS", "CLASSIFIERS")
    faces = "generators:\n  faces: { model: eigenfaces }"
    linear = "classifiers:\n  linear: { network: linear, weights: none }"
    with (
        epochs,
        project.edit("studies/tiny.yaml", "generators:", faces),
        project.edit("studies/tiny.yaml", "classifiers:", linear),
    ):
        planned = project.planned(*(f"{stores}/{name}/cancer.npy" for name in ("dcgan", "faces")))
    assert planned == {"train_generator": 1, "sample_generator": 1}


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "scripts/synthmix/registry.py",
            "models.eigenfaces:",
            "models.eigenface:",
            "scripts/synthmix/registry.py: GENERATORS: eigenfaces: there is no "
            "scripts/synthmix/generate/models/eigenface/settings.py: write it, or mend the line",
        ),
        (
            "studies/tiny.yaml",
            "model: dcgan",
            "model: eigenfaces, devices: 2",
            "generators.dcgan: eigenfaces does not go through a batch in parts: leave out devices",
        ),
    ],
)
def test_mistakes_are_messages(tmp_path, file, old, new, told):
    project = Project.copy(tmp_path / "synthmix")
    doc_examples.add_to(project.folder)
    with (
        project.edit("studies/tiny.yaml", ", latent_dim: 16, base_channels: 8", ""),
        project.edit(file, old, new),
    ):
        result = project.run("--dry-run")
    assert result.returncode == 1
    assert told in result.stdout
    assert "Traceback" not in result.stdout


@pytest.mark.full
def test_the_tests_of_all_of_a_kind_try_them_too(tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    for part in ("tests", "docs", "results/README.md", "README.md", "pyproject.toml", "Makefile"):
        source, target = ROOT / part, project.folder / part
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    doc_examples.add_to(project.folder)
    tests = ["tests/test_registry.py", "tests/generate/models", "tests/networks"]
    tests.append("tests/estimate/test_networks.py")
    names = "eigenfaces or linear or named_files"
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", names, *tests],
        cwd=project.folder,
        capture_output=True,
        text=True,
        timeout=3600,
    )
    assert result.returncode == 0, result.stdout[-3000:]
    assert int(re.search(r"(\d+) passed", result.stdout)[1]) > 15
