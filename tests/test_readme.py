"""What the README promises."""

import re
import tomllib

import pytest
import yaml

from synthmix.config.load import load
from workflow_project import ROOT

PAGES = [ROOT / "README.md", ROOT / "results" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_study_in_the_readme_is_valid_and_ten_lines_long(tmp_path):
    text = re.search(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]
    assert len(text.splitlines()) <= 10
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    study = load({"studies": [str(file)], "scale": "paper"}, ROOT).studies["mine"]
    assert study.datasets["mine"].class_names() == ("sick", "well")
    assert yaml.safe_load(text)["title"] == study.title


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    own = [link for link in links if not link.startswith("https://")]
    missing = [link for link in own if not (page.parent / link).exists()]
    assert not missing


def test_the_conda_environment_has_the_versions_of_the_lock():
    lock = "\n" + (ROOT / "requirements.txt").read_text()
    environment = yaml.safe_load((ROOT / "envs" / "synthmix.yaml").read_text())
    pins = dict(pin.split("=") for pin in environment["dependencies"])
    assert pins.pop("python") == "3.11"
    pins["torch"] = pins.pop("pytorch")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[<>=]", name)[0] for name in project["dependencies"]}
    outside = {"snakemake", "snakemake-executor-plugin-slurm"}  # what starts the jobs
    assert set(pins) == needed - outside
    for name, version in pins.items():
        assert f"\n{name}=={version} " in lock, name
