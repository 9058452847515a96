"""Ready images through the whole graph."""

import numpy as np
import pytest
from PIL import Image

from ready_pools import files, png, zip_of
from synthmix.store import load_store
from workflow_project import Project

CLASSES = ("cancer", "normal")


def mammograms(number):
    """Return 2,000 pictures by name, brighter within one class."""
    found = {}
    for place, label in enumerate(CLASSES):
        for n in range(number // 2):
            rng = np.random.default_rng([place, n])
            small = rng.integers(0, 120 + 80 * place, (8, 8)).astype(np.uint8)
            image = Image.fromarray(small).resize((64, 64), Image.Resampling.BICUBIC)
            found[f"their pool/{label.upper()}/{n:05d}.png"] = png(image)
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = Project.copy(tmp_path_factory.mktemp("ready") / "synthmix", "ready_images", "tiny")
    zip_of(project.folder / "pool.zip", files(each=60, top="pool/"))
    return project


def results_of(project):
    return project.folder / "results" / "paper" / project.study / "phantoms"


@pytest.mark.full
def test_ready_images_are_scored_audited_mixed_and_judged(project):
    result = project.run("all", "export_all", "export_mixes")
    assert result.returncode == 0, result.stdout[-5000:]
    results = results_of(project)
    pool, table = load_store(results / "ready_images" / "theirs.npy")
    drawn, described = load_store(results / "stores" / "theirs" / "all_classes.npy")
    np.testing.assert_array_equal(drawn, pool)
    assert list(described["label"]) == list(table["label"])
    page = (project.folder / "results" / "report.html").read_text()
    assert "What the images of theirs were made from is not known" in page
