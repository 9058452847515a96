"""Real images through the whole graph, and the demo at its full size."""

import pandas as pd
import pytest

from workflow_project import ROOT, Project

BRAIN_MRI = ROOT.parent / "shared" / "data" / "brain_mri.zip"
needs_brain_mri = pytest.mark.skipif(
    not BRAIN_MRI.exists(), reason="no ../shared/data/brain_mri.zip"
)


def brain_mri_project(folder):
    project = Project.copy(folder / "synthmix", "brain_mri")
    file = project.folder / "studies" / "brain_mri.yaml"
    file.write_text(file.read_text().replace("../shared/data/brain_mri.zip", str(BRAIN_MRI)))
    return project, project.folder / "results" / "paper" / "brain_mri" / "brain_mri"


@needs_brain_mri
def test_real_images_are_read_and_split(tmp_path):
    project, results = brain_mri_project(tmp_path)
    result = project.run(str((results / "split.csv").relative_to(project.folder)))
    assert result.returncode == 0, result.stdout[-3000:]
    split = pd.read_csv(results / "split.csv")
    assert split["label"].value_counts().to_dict() == {"abnormal": 450, "normal": 150}
    counts = split["split"].value_counts().to_dict()
    # without patients each picture counts as one, and some pictures are there twice
    held_out = counts.pop("held_out")
    assert counts == {"train": 360, "validation": 120, "test": 120 - held_out}
    duplicates = pd.read_csv(results / "duplicates.csv")
    assert held_out == (duplicates["split"] == "test").sum() > 0


@pytest.mark.full
@needs_brain_mri
def test_real_images_end_in_a_report(tmp_path):
    project, results = brain_mri_project(tmp_path)
    result = project.run()
    assert result.returncode == 0, result.stdout[-3000:]
    report = (project.folder / "results" / "report.html").read_text()
    assert "Brain MRI, abnormal against normal" in report
    assert "Demo:" not in report
    summary = pd.read_csv(results / "tables" / "summary.csv")
    print(summary[["mix", "accuracy", "sensitivity", "specificity", "auc", "verdict"]].to_string())
    baseline = summary[summary["kind"] == "real_only"].iloc[0]
    assert baseline["auc_low"] > 0.7


@pytest.mark.full
def test_the_demo_repeats_itself_within_three_gigabytes(tmp_path):
    predictions = []
    for name in ("one", "two"):
        project = Project.copy(tmp_path / name / "synthmix", "mammography")
        result = project.run(scale="demo")
        assert result.returncode == 0, result.stdout[-3000:]
        results = project.folder / "results" / "demo"
        benchmarks = [pd.read_csv(file, sep="\t") for file in results.rglob("*.tsv")]
        assert len(benchmarks) >= 65
        assert pd.concat(benchmarks)["max_rss"].max() < 3000
        trained = sorted(results.rglob("classifiers/*/*/*/weights.safetensors"))
        files = sorted(results.rglob("predictions/**/*.csv"))
        assert len(files) == 2 * len(trained) > 0  # test and validation images of each training
        predictions.append([file.read_bytes() for file in files])
    assert predictions[0] == predictions[1]
