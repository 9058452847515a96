import copy
import shutil

import pytest

from traced_project import TracedProject


@pytest.fixture(scope="session")
def made_project(tmp_path_factory):
    """Results that are whole, to be copied."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("traced")
        patch.chdir(folder)
        return TracedProject(folder)


@pytest.fixture
def project(made_project, tmp_path, monkeypatch):
    """Results that are whole, in the working directory."""
    project = copy.copy(made_project)
    project.folder = shutil.copytree(made_project.folder, tmp_path / "project")
    monkeypatch.chdir(project.folder)
    return project


@pytest.fixture
def untouched(made_project, monkeypatch):
    """The same for tests that change nothing, without a copy."""
    monkeypatch.chdir(made_project.folder)
    return made_project
