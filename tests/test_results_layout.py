from pathlib import Path

import pytest

from synthmix import results_layout
from synthmix.results_layout import MARKER, mark, mark_new, of_earlier_version, study_folders, told

STUDY = Path("results/paper/mine")


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def fill(folder):
    folder.mkdir(parents=True)
    (folder / "split.csv").touch()


def test_the_folders_of_studies():
    files = [
        "results/paper/mine/films/split.csv",
        "results/paper/mine/report.html",
        "results/demo/mine/films/split.csv",
        "results/paper/datasets.csv",
        "results/report.html",
        "data/mnist/fetched.json",
    ]
    assert study_folders(files) == {STUDY, Path("results/demo/mine")}


def test_a_folder_without_a_marker_is_of_an_earlier_version():
    other = Path("results/demo/mine")
    fill(STUDY)
    mark(other)
    assert of_earlier_version([STUDY, other]) == [STUDY]
    said = "results/paper/mine: made by an earlier version, or another; run"
    assert told([STUDY]).startswith(said)
    mark(STUDY)
    assert of_earlier_version([STUDY]) == []


def test_so_is_one_of_another_layout(monkeypatch):
    mark(STUDY)
    monkeypatch.setattr(results_layout, "LAYOUT", results_layout.LAYOUT + 1)
    assert of_earlier_version([STUDY]) == [STUDY]


def test_so_is_one_whose_marker_is_broken():
    fill(STUDY)
    (STUDY / MARKER).write_text("{")
    assert of_earlier_version([STUDY]) == [STUDY]


def test_a_folder_that_is_away_or_empty_is_of_none():
    assert of_earlier_version([STUDY]) == []
    STUDY.mkdir(parents=True)
    assert of_earlier_version([STUDY]) == []
    (STUDY / ".DS_Store").touch()
    assert of_earlier_version([STUDY]) == []


def test_only_new_folders_are_marked_before_they_are_filled():
    old = Path("results/paper/old")
    fill(old)
    mark_new(["results/paper/mine/films/split.csv", "results/paper/old/films/index.csv"])
    assert (STUDY / MARKER).is_file()
    assert of_earlier_version([STUDY, old]) == [old]
