"""Plans of studies, without Snakemake."""

from functools import cache
from pathlib import Path

import yaml

from synthmix.config.load import load
from synthmix.plan.plan import Plan
from synthmix.plan.view import View

ROOT = Path(__file__).parents[1]
STUDIES = ROOT / "tests" / "studies"


def plan_of(*studies: str | Path, needed: tuple[str, ...] = (), **config: object) -> Plan:
    """Return the plan of some studies of the project, or of files, and of no others."""
    asked = {"studies": [str(study) for study in studies], "scale": "paper"} | config
    return Plan.of(load(asked, ROOT, needed=needed))


@cache
def view_of(study: str, dataset: str = "phantoms") -> View:
    """Return the view of a study of the tests."""
    return plan_of(STUDIES / f"{study}.yaml").view(study, dataset)


def study_file(folder: Path, study: str, **sections: object) -> Path:
    """Write a study of the tests with other sections to `folder`, and return its file."""
    settings = yaml.safe_load((STUDIES / f"{study}.yaml").read_text()) | sections
    file = folder / f"{study}.yaml"
    file.write_text(yaml.safe_dump(settings, sort_keys=False))
    return file


def changed(folder: Path, study: str, **sections: object) -> View:
    """Return the view of a study of the tests with other sections, written to `folder`."""
    return plan_of(study_file(folder, study, **sections)).view(study, "phantoms")
