"""Images that somebody made elsewhere, through the whole graph."""

import os
import re
import time

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ready_pools import files, png, zip_of
from synthmix.store import load_store
from workflow_project import Project

POOL = 2000
MINUTES = 5  # on two cores that have nothing else to do
CORES = 2


def mammograms():
    """Return a pool as a collaborator sends it: by the names in the zip, 1,000 of each class."""
    found = {}
    for place, label in enumerate(("Malignant", "healthy")):
        for n in range(POOL // 2):
            random = np.random.default_rng([place, n])
            coarse = random.integers(0, 150 + 60 * place, (9, 7), np.uint8)
            size = (96 + n % 64, 128 + n % 32)
            image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
            found[f"Export 2025/{label}/IMG_{n:05d}.png"] = png(image)
    return found | {f"__MACOSX/{name}": b"fork" for name in list(found)[:9]}


@pytest.mark.full
def test_two_thousand_images_of_a_zip_go_through_the_mammography_mixes(tmp_path):
    project = Project.copy(tmp_path / "synthmix", "ready_mammograms", "mammography")
    zip_of(project.folder / "pool.zip", mammograms())
    others, start = os.getloadavg()[0], time.monotonic()
    result = project.run(scale="demo")
    seconds = time.monotonic() - start
    assert result.returncode == 0, result.stdout[-5000:]
    results = project.folder / "results" / "demo" / "ready_mammograms" / "mammograms"
    pool, table = load_store(results / "ready_images" / "theirs.npy")
    drawn, described = load_store(results / "stores" / "theirs" / "all_classes.npy")
    assert table["label"].value_counts().to_dict() == {"cancer": 1000, "normal": 1000}
    for label, rows in described.groupby("label"):
        # those that mixes take are the first of the pool
        first = np.flatnonzero(table["label"] == label)[: len(rows)]
        assert len(rows) >= 100
        np.testing.assert_array_equal(drawn[rows.index], pool[first])
    summary = pd.read_csv(results / "tables" / "summary.csv")
    mixed = summary[summary["generator"] == "theirs"]
    assert len(mixed) == 9
    assert set(mixed["leakage"]) == {"not_ruled_out"}
    assert set(summary.loc[summary["kind"] == "real_only", "leakage"]) == {"none"}
    scores = pd.read_csv(results / "tables" / "scores.csv")
    assert "suspiciously_near_test" in set(scores["score"])
    page = (project.folder / "results" / "report.html").read_text()
    assert "What the images of theirs were made from is not known" in page
    used = pd.concat([pd.read_csv(file, sep="\t") for file in results.rglob("benchmarks/**/*.tsv")])
    busy = pd.to_numeric(used["cpu_time"], errors="coerce").fillna(used["s"]).sum()
    print(f"{seconds:.0f} seconds, {busy:.0f} of a processor; before it a load of {others:.1f}")
    assert busy / CORES < 60 * MINUTES
    if others < 0.5:  # nothing else was at work
        assert seconds < 60 * MINUTES


@pytest.mark.full
def test_leaked_images_are_said_loudly_and_a_changed_pool_reruns_what_is_of_it(tmp_path):
    project = Project.copy(tmp_path / "synthmix", "ready_images", "tiny")
    pool = zip_of(project.folder / "pool.zip", files(each=60, top="pool/"))
    split = "results/paper/ready_images/phantoms/split.csv"
    assert project.run(split).returncode == 0
    results = project.folder / "results" / "paper" / "ready_images" / "phantoms"
    images, samples = load_store(results / "stores" / "real.npy")
    samples = pd.read_csv(results / "split.csv")
    tested = samples.index[samples["split"] == "test"]
    # they have copied a test image each, and say that they learned from another
    contents = files(each=60)
    for n, row in enumerate(tested[:4]):
        image = Image.fromarray(images[row][:, :, 0])
        contents[f"{samples['label'][row]}/leaked{n}.png"] = png(image)
    zip_of(pool, contents)
    (project.folder / "ids.txt").write_text("\n".join(samples["sample_id"][tested[:5]]) + "\n")
    table = "results/paper/ready_images/phantoms/tables/ready_images.csv"
    with project.edit(
        "studies/ready_images.yaml", "learned_from: unknown", "learned_from: ids.txt"
    ):
        result = project.run(table)
        assert result.returncode == 0, result.stdout[-3000:]
        assert "4 images of theirs are real test images, pixel by pixel" in result.stdout
        found = pd.read_csv(project.folder / table).iloc[0]
        assert (found["equal_test"], found["listed_test"], found["images"]) == (4, 5, 124)
        assert project.planned(table) == {}
        zip_of(pool, files(each=61))
        rerun = set(project.planned(table))
    assert rerun == {"read_ready_images", "tabulate_ready_images"}
    again = project.planned()
    assert {"read_ready_images", "train_generator", "score_generator"} <= set(again)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("pool.zip", "gone.zip", r"theirs\.images: .*gone\.zip does not exist"),
        (
            "unknown",
            "gone.csv",
            r"learned_from: there is no file gone\.csv.*or say unknown",
        ),
        (", learned_from: unknown", "", r"generators\.theirs\.learned_from: is missing"),
        ("unknown", "unknown, epochs: 3", r"theirs: .*epochs: means nothing for ready"),
        ("unknown", "unknown, init_from: a.pkl", r"generators\.theirs\.init_from: "),
        (
            "unknown",
            "unknown, classes: { bad: cancre }",
            r"theirs\.classes\.bad: 'cancre' is not one of .* did you mean cancer",
        ),
    ],
)
def test_mistakes_are_told_before_anything_runs(ready_project, old, new, said):
    with ready_project.edit("studies/ready_images.yaml", old, new):
        result = ready_project.run("--dry-run")
    assert result.returncode == 1
    assert re.search(said, result.stdout), result.stdout


@pytest.fixture(scope="module")
def ready_project(tmp_path_factory):
    project = Project.copy(tmp_path_factory.mktemp("ready") / "synthmix", "ready_images", "tiny")
    zip_of(project.folder / "pool.zip", files(each=2))
    return project
