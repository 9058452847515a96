"""Data sets through the workflow: all of them embedded, and real files where they are at hand."""

import re

import pandas as pd
import pytest
import yaml

from synthmix.store import load_store, read_table
from workflow_project import ROOT, STUDIES, Project

SHARED = ROOT.parent / "shared" / "data"
MNIST_COUNTS = [4000, 2000, 1000, 750, 500, 350, 200, 100, 60, 40]  # table 4.1 of the source
CIFAR_CLASSES = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
]

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs the images in {SHARED}")


@pytest.fixture
def project(tmp_path):
    project = Project.copy(tmp_path / "synthmix", *STUDIES)
    project.study = "mammography"
    return project


@pytest.fixture
def mammography(tmp_path):
    """The project with that study alone."""
    return Project.copy(tmp_path / "synthmix", "mammography")


def test_fetch_all_is_of_the_studies_that_are_asked_for(project):
    targets = ("fetch_all", "check_downloads")
    shown = project.run("--dry-run", *targets, studies="imbalance,mammography")
    assert shown.returncode == 0, shown.stdout
    studies = [(ROOT / "studies" / f"{name}_as_published.yaml").read_text() for name in STUDIES]
    datasets = [yaml.safe_load(study)["datasets"].values() for study in studies]
    for name, sets in zip(STUDIES, datasets, strict=True):
        for source in {dataset["source"] for dataset in sets}:
            fetched = f"data/{source}/fetched.json" in shown.stdout
            assert fetched == (name in ("imbalance", "mammography")), source
    assert "results/paper/downloads.txt" in shown.stdout
    assert "weights/vgg16-imagenet" in shown.stdout
    assert "data/weights/pt_inception" in shown.stdout
    assert "data and weights of imbalance, mammography at scale paper; others" in shown.stdout


def test_fetch_all_has_no_weights_of_fid_where_no_study_asks_for_it(mammography):
    with mammography.edit(
        "studies/mammography.yaml", "\nmixes:", "\nscores: { network: own }\nmixes:"
    ):
        shown = mammography.run("--dry-run", "fetch_all")
    assert shown.returncode == 0, shown.stdout
    assert "weights/vgg16-imagenet" in shown.stdout
    assert "pt_inception" not in shown.stdout


def test_credentials_are_asked_for_before_anything_has_run(project, monkeypatch):
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(project.folder))
    result = project.run("fetch_all", studies="mammography,transfer_learning")
    assert result.returncode == 1
    assert "Traceback" not in result.stdout
    for text in ("data_dir/mini_ddsm/", "data_dir/covid_xray/", "data_dir/retina/"):
        assert text in result.stdout
    assert result.stdout.count("run the same command again") == 1
    assert not (project.folder / "data").exists()


@pytest.mark.full
def test_downloads_are_checked(mammography, monkeypatch):
    """All is there already; without the films there are no credentials to get them by."""
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(mammography.folder))
    data = mammography.folder / "data"
    (data / "weights").mkdir(parents=True)
    (data / "weights" / "vgg16-imagenet.safetensors").write_bytes(b"weights")
    films = data / "mini_ddsm" / "MINI-DDSM-Complete-JPEG-8"
    films.mkdir(parents=True)
    result = mammography.run("check_downloads")
    assert result.returncode == 0, result.stdout[-3000:]
    assert "data and weights of mammography at scale paper" in result.stdout
    assert re.findall(r"^(\S+) +there already$", result.stdout, re.MULTILINE) == [
        "mini_ddsm",
        "vgg16-imagenet",
    ]
    films.rmdir()
    result = mammography.run("check_downloads")
    assert result.returncode == 1
    assert "mini_ddsm: cheddad/miniddsm2 is to be downloaded from Kaggle" in result.stdout
    assert "Traceback" not in result.stdout


def test_a_folder_of_raw_data_that_belongs_to_another_scale_is_explained(project):
    result = project.run("--dry-run", "data/mnist/fetched.json", scale="demo")
    assert result.returncode == 1
    assert "--config scale=paper has the public ones" in result.stdout


def test_a_study_that_is_wrong_stops_only_what_is_about_all_studies(mammography):
    (mammography.folder / "studies" / "broken.yaml").write_text("title: [")
    assert mammography.run("--dry-run").returncode == 0
    result = mammography.run("--dry-run", "index_all")
    assert result.returncode == 1
    assert "studies/broken.yaml" in result.stdout
    assert "Traceback" not in result.stdout


def test_embedded_data_sets_go_as_far_as_the_split(project):
    """The short form of the test below: a picture, a volume."""
    splits = [f"results/demo/{name}/split.csv" for name in ("skin_lesions/isic", "mri_qc/volumes")]
    census = "results/demo/skin_lesions/isic/figures/census.svg"
    result = project.run(*splits, census, scale="demo")
    assert result.returncode == 0, result.stdout[-3000:]
    assert (project.folder / census).stat().st_size > 10_000
    for split in splits:
        found = set(read_table(project.folder / split)["split"])
        assert found >= ({"train", "validation", "test"} if "skin" in split else {"train"})


@pytest.mark.full
def test_every_embedded_data_set_is_indexed(project):
    result = project.run("index_all", scale="demo")
    assert result.returncode == 0, result.stdout[-3000:]
    table = read_table(project.folder / "results" / "demo" / "datasets.csv")
    assert set(table["study"]) == set(STUDIES)
    assert (table["rejected"] == 0).all()
    assert (table[["train", "validation", "test"]] > 0).all(axis=None)
    assert (project.folder / "results" / "demo" / "datasets.png").stat().st_size > 10_000
    assert (project.folder / "results" / "demo" / "datasets.md").read_text().startswith("Demo")
    again = project.run("index_all", scale="demo")
    assert "Nothing to be done" in again.stdout


def split_of(project, name, dataset, prepare, **study):
    """Run a study of one data set as far as its split; return the folder of its results."""
    settings = {"title": name, "datasets": {"images": dataset}, "prepare": prepare} | study
    (project.folder / "studies" / f"{name}.yaml").write_text(yaml.safe_dump(settings))
    results = project.folder / "results" / "paper" / name / "images"
    result = project.run(studies=name)
    assert result.returncode == 0, result.stdout[-3000:]
    return results


@needs_shared
@pytest.mark.full
def test_mnist_gives_the_counts_of_the_source_exactly(project):
    study = yaml.safe_load((project.folder / "studies" / "imbalance_as_published.yaml").read_text())
    # put there by hand, one by one: the folder itself can't be written to
    (project.folder / "data" / "mnist").mkdir(parents=True)
    for file in (SHARED / "mnist").iterdir():
        (project.folder / "data" / "mnist" / file.name).symlink_to(file)
    results = split_of(
        project, "digits", study["datasets"]["mnist"], study["prepare"], split=study["split"]
    )
    split = read_table(results / "split.csv")
    assert len(split) == 70_000
    counts = pd.crosstab(split["label"], split["split"])
    assert counts[["train", "validation"]].sum(axis=1).tolist() == MNIST_COUNTS
    assert counts["validation"].tolist() == [count // 5 for count in MNIST_COUNTS]
    # digits that are alike are told; one that is another, pixel by pixel, is not tested on
    same = read_table(results / "duplicates.csv").query("kind == 'equal' and split == 'test'")
    assert counts["test"].sum() + len(same) == 2069


@needs_shared
def test_dermatoscopic_images_by_their_table(mammography):
    results = split_of(
        mammography,
        "lesions",
        {
            "source": "manifest",
            "path": "metadata.csv",
            "root": str(SHARED / "skin_lesions.zip"),
            "path_template": "images/{isic_id}.jpg",
            "columns": {"label": "benign_malignant", "patient": "patient_id"},
            "classes": {"benign": "benign", "malignant": "malignant"},
            "subsample": {"method": "balanced"},
        },
        {"image_size": 32, "channels": 3},
    )
    split = read_table(results / "split.csv")
    assert split["label"].value_counts().to_dict() == {"benign": 500, "malignant": 250}
    assert split["group"].str.match(r"HAM_\d+|dummy_\d+").all()
    same = read_table(results / "duplicates.csv")
    held_out = (split["split"] == "held_out").sum() - (same["split"] == "test").sum()
    assert held_out == 250  # of the benign
    assert split[split["split"] != "held_out"].groupby("group")["split"].nunique().max() == 1


@needs_shared
def test_chest_films_from_class_folders(mammography):
    results = split_of(
        mammography,
        "films",
        {
            "source": "image_folder",
            "path": str(SHARED / "chest_xray.zip"),
            "classes": {"covid": "Covid-19", "none": "No_findings", "pneumonia": "Pneumonia"},
        },
        {"image_size": 32},
    )
    images, table = load_store(results / "stores" / "real.npy")
    assert images.shape == (374, 32, 32, 1)
    counts = table["label"].value_counts().to_dict()
    assert counts == {"covid": 124, "none": 125, "pneumonia": 125}


@needs_shared
@pytest.mark.full
def test_colour_pictures_from_class_folders(mammography):
    results = split_of(
        mammography,
        "pictures",
        {
            "source": "image_folder",
            "path": str(SHARED / "cifar10.zip"),
            "classes": {name: [f"train/{name}", f"test/{name}"] for name in CIFAR_CLASSES},
        },
        {"image_size": 32, "channels": 3},
    )
    images, table = load_store(results / "stores" / "real.npy")
    assert images.shape == (14_080 + 3_050, 32, 32, 3)
    assert table["label"].nunique() == 10
