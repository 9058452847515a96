"""What Snakemake takes to build the graph of all studies, and of a search, as multiples of a start.

    PYTHONPATH=tests .venv/bin/python benchmarks/graph.py

Each is a dry run, a process of its own: of the five studies at paper scale, of one study whose
search has 2,000 candidates, and of one job of that search as a node of a cluster starts it. The
unit is the dry run of a workflow without a rule, so that little depends on the machine. A run in
which nothing is left to be done builds its graph too, and looks at all its files and their records.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from workflow_project import ROOT, Project

TEST_STUDIES = ROOT / "tests" / "studies"
GRID = {
    "learning_rate": [round(1e-4 * step, 6) for step in range(1, 26)],
    "batch_size": list(range(2, 42, 2)),
    "dropout": [0, 0.1, 0.2, 0.3],
}
# as Snakemake itself starts a job on a node
OF_A_NODE = [
    *("--allowed-rules", "train_classifier", "--mode", "remote", "--force", "--nolock"),
    *("--ignore-incomplete", "--keep-incomplete", "--no-hooks", "--notemp"),
]


def the_five(folder: Path) -> Project:
    """Return a copy of the project without the studies of the tests."""
    project = Project.copy(folder)
    for study in TEST_STUDIES.iterdir():
        (project.folder / "studies" / study.name).unlink()
    return project


def search_of_2000(project: Project) -> None:
    """Add the study `wide`, with as many candidates of its classifier, to a project."""
    study = yaml.safe_load((TEST_STUDIES / "tiny.yaml").read_text())
    study["classifiers"]["vgg16"]["search"] = {"stages": [GRID]}
    (project.folder / "studies" / "wide.yaml").write_text(yaml.safe_dump(study))


def dry_run(folder: Path, *arguments: str) -> tuple[float, str]:
    """Return the seconds of a dry run, and what it said."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stdout)
    return time.monotonic() - began, done.stdout


def main() -> None:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = the_five(Path(folder) / "synthmix")
        (Path(folder) / "Snakefile").write_text("rule all:\n    input: []\n")
        dry_run(Path(folder))  # the files are read once before anything counts
        unit, _ = dry_run(Path(folder))
        print(f"a workflow without a rule: {unit:.1f} s")
        everything = ("all_studies", "--config", "scale=paper", "device=cpu")
        wide = ("--config", "studies=wide", "scale=paper", "device=cpu")
        _show("all studies at paper scale", *dry_run(project.folder, *everything), unit)
        search_of_2000(project)
        seconds, said = dry_run(project.folder, *wide)
        _show("a search of 2,000 candidates", seconds, said, unit)
        candidate = re.search(r"results/\S*/classifiers/vgg16_c\S*/weights.safetensors", said)
        seconds, said = dry_run(project.folder, candidate[0], *OF_A_NODE, *wide)
        _show("one job of it, on a node", seconds, said, unit)


def _show(what: str, seconds: float, said: str, unit: float) -> None:
    jobs = next(line.split()[1] for line in said.splitlines() if line.startswith("total "))
    print(f"{what}: {jobs} jobs, {seconds:.1f} s, {seconds / unit:.1f} starts")


if __name__ == "__main__":
    main()
