"""What the README promises."""

import re

import yaml

from synthmix.config.load import load
from workflow_project import ROOT


def test_the_study_in_the_readme_is_valid_and_ten_lines_long(tmp_path):
    text = re.search(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]
    assert len(text.splitlines()) <= 10
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    study = load({"studies": [str(file)], "scale": "paper"}, ROOT).studies["mine"]
    assert study.datasets["mine"].class_names() == ("sick", "well")
    assert yaml.safe_load(text)["title"] == study.title
