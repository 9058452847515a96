"""Every figure is declared, and a declaration is all that its rule and the report need."""

import inspect
import re
import shutil
import subprocess
import sys

import pytest

from synthmix.figures.catalogue import FIGURES
from synthmix.figures.plot_figure import drawing
from synthmix.runtime import digest
from workflow_project import ROOT

NAMES = [figure.name for figure in FIGURES]
FOLDER = ROOT / "scripts" / "synthmix" / "figures"
# of all studies together, so no part of the report on one
OF_ALL_STUDIES = {"plot_datasets"}


def test_every_module_of_a_figure_is_declared_once():
    modules = {file.stem for file in FOLDER.glob("plot_*.py")} - {"plot_figure"}
    assert sorted(NAMES) == sorted(modules - OF_ALL_STUDIES)


@pytest.mark.parametrize("figure", FIGURES, ids=NAMES)
def test_its_function_takes_what_the_rule_gives(figure):
    takes = inspect.signature(drawing(figure.name)).parameters
    gives = {*figure.inputs, *figure.params, *figure.tables, "output", "scale"}
    needs = {name for name, taken in takes.items() if taken.default is taken.empty}
    assert needs <= gives <= set(takes)


def test_the_catalogue_loads_no_library():
    """Each start of Snakemake does."""
    code = "import sys; import synthmix.figures.catalogue; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    shown = subprocess.run(
        command, cwd=ROOT / "scripts", capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in shown.stdout.split()}
    assert "synthmix" in loaded
    assert not loaded & {"matplotlib", "numpy", "pandas", "torch", "jinja2"}


@pytest.fixture
def digests(tmp_path, monkeypatch):
    """Return a function that gives the digest of each figure, of a copy of the scripts."""
    shutil.copytree(digest.SCRIPTS, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(digest, "SCRIPTS", tmp_path)

    def forget():
        for name in ("code_digest", "_module_file", "_read"):
            getattr(digest, name).cache_clear()

    def found():
        forget()
        modules = {name: f"synthmix.figures.{name}" for name in NAMES}
        return {name: digest.code_digest("plot_figure", of) for name, of in modules.items()}

    yield found
    forget()


def test_an_edited_figure_redraws_no_other(tmp_path, digests):
    before = digests()
    assert len(set(before.values())) == len(NAMES)
    edited = tmp_path / "synthmix" / "figures" / "plot_roc.py"
    edited.write_text(edited.read_text().replace("MOST_MIXES = 8", "MOST_MIXES = 9"))
    after = digests()
    assert [name for name in NAMES if before[name] != after[name]] == ["plot_roc"]
    with (tmp_path / "synthmix" / "figures" / "catalogue.py").open("a") as catalogue:
        catalogue.write("CAPTIONS = 1\n")
    assert digests() == after


def test_files_do_not_collide():
    """Two figures of one file would be two rules for it."""
    files = [re.sub(r"\{\w+\}", "*", figure.file) for figure in FIGURES]
    assert len(set(files)) == len(files)
