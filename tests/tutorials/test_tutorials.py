"""The notebooks: all alike in form, made of the library, and run from top to bottom."""

import ast
import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from workflow_project import ROOT

FOLDER = ROOT / "docs" / "tutorials"
NAMES = ("brain_tumor", "covid_xray", "retina")
PARTS = [
    *("Introduction", "Libraries", "Data", "Loading", "Splits", "Callbacks"),
    *("Model", "Training", "Fine-tuning", "Prediction", "Metrics", "Conclusion"),
]
SETTINGS = "parameters"  # the tag of the cell with the settings
FOREIGN = {"sys", "tempfile", "pathlib", "h5py", "pandas", "torch", "IPython"}
TINY = "DRAWN = {'healthy': 10, 'diseased': 10}\nEPOCHS = 1\nTUNING_EPOCHS = 1"

every_notebook = pytest.mark.parametrize("name", NAMES)


def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text_of(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def run(name, folder, settings=""):
    """Run a notebook as it is but for `settings`, and that its files go to `folder`."""
    notebook = read(name)
    first = notebook.cells.index(code_of(notebook)[0])
    changed = f"FOLDER = {str(folder)!r}\nDEVICE = 'cpu'\n{settings}"
    notebook.cells.insert(first + 1, new_code_cell(changed))
    resources = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, timeout=900, kernel_name="python3", resources=resources).execute()
    return {cell.id: cell for cell in code_of(notebook)}


def test_there_is_one_for_each_data_set_of_the_study():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == sorted(NAMES)


@every_notebook
def test_it_is_valid_and_has_no_outputs(name):
    notebook = read(name)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in code_of(notebook):
        assert not cell.outputs, cell.id
        assert cell.execution_count is None, cell.id
        assert set(cell.metadata) <= {"tags"}, cell.id


@every_notebook
def test_the_twelve_parts_stand_in_their_order(name):
    found = re.findall(r"^## (\d+)\. (.+)$", text_of(read(name)), re.MULTILINE)
    assert found == [(str(number), part) for number, part in enumerate(PARTS, 1)]


@every_notebook
def test_cells_have_names_that_say_where_they_are(name):
    part, count = "title", 0
    for cell in read(name).cells:
        heading = re.match(r"## \d+\. (.+)", cell.source)
        if heading:
            part, count = heading[1].lower(), 0
        count += 1
        assert cell.id == f"{part}-{count}"


@every_notebook
def test_the_first_code_cell_has_the_settings_and_they_need_no_network(name):
    first, *others = code_of(read(name))
    assert first.metadata.tags == [SETTINGS]
    assert not any("tags" in cell.metadata for cell in others)
    settings = {}
    exec(first.source, settings)
    assert settings["SCALE"] == "demo"
    assert settings["WEIGHTS"] == "none"
    assert settings["FOLDER"] is None


@every_notebook
def test_it_calls_the_library_rather_than_repeating_it(name):
    for cell in code_of(read(name)):
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda), cell.id
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module]
            for module in modules:
                assert module.split(".")[0] in FOREIGN | {"synthmix"}, cell.id


@every_notebook
def test_links_lead_somewhere(name):
    links = re.findall(r"\]\(([^)#]+)\)", text_of(read(name)))
    own = [link for link in links if not link.startswith("https://")]
    assert own
    assert not [link for link in own if not (FOLDER / link).exists()]


def test_a_notebook_goes_through_with_next_to_no_images(tmp_path):
    cells = run("retina", tmp_path, TINY)
    assert (tmp_path / "retina" / "small" / "test.csv").exists()
    assert "diseased from a probability of" in cells["metrics-6"].outputs[0].text


@pytest.mark.full
@every_notebook
def test_it_runs_from_top_to_bottom_and_writes_nothing_beside_itself(name, tmp_path):
    before = sorted(FOLDER.rglob("*"))
    cells = run(name, tmp_path)
    assert sorted(FOLDER.rglob("*")) == before
    shown = [data for cell in cells.values() for data in cell.outputs if "data" in data]
    assert sum("image/png" in output["data"] for output in shown) >= 8
    assert not any(
        output.get("name") == "stderr" and "Warning" in output.text
        for cell in cells.values()
        for output in cell.outputs
    )
