"""The file that a user's text means."""

import unicodedata
from pathlib import Path

import pytest

from synthmix.datasets.file_names import FileNames, existing

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "sick/Jürgen.png") for form in ("NFC", "NFD"))
FILES = ["sick/a.png", "sick/b c.png", "well/A.jpg", "well/ d.png", DECOMPOSED, "raw/sick/a.png"]


@pytest.fixture
def root(tmp_path):
    return tmp_path / "my data" / "raw"


@pytest.mark.parametrize(
    ("text", "file"),
    [
        *((file, file) for file in FILES),
        *(("./sick/a.png", "sick/a.png"), (r"sick\a.png", "sick/a.png")),
        *((r".\sick\\a.png", "sick/a.png"), ("sick//a.png", "sick/a.png")),
        *(("sick/./x/../a.png", "sick/a.png"), (" sick/a.png\n", "sick/a.png")),
        *(("sick /b\u00a0c.png ", "sick/b c.png"), ("well/d.png", "well/ d.png")),
        *((COMPOSED, DECOMPOSED), ("\ufeffsick/a.png", "sick/a.png")),
        # a folder of the root's own name is a folder first
        *(("raw/sick/a.png", "raw/sick/a.png"), ("raw/well/A.jpg", "well/A.jpg")),
        *(("my data/raw/well/A.jpg", "well/A.jpg"), (r"my data\raw\sick\b c.png", "sick/b c.png")),
        *(("{root}/sick/a.png", "sick/a.png"), ("{root}/../raw/sick/a.png", "sick/a.png")),
        *(("sick/A.png", None), ("a.png", None), ("well/a.jpg", None), ("other/sick/a.png", None)),
    ],
)
def test_ways_of_writing(root, text, file):
    assert FileNames(FILES, root, str(root)).find(text.format(root=root)) == file


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ".", "..", "../sick/a.png", "sick/../../x.png", r"..\x.png", "/etc/passwd"),
        *(r"C:\raw\sick\a.png", r"\\server\raw\sick\a.png", "{root}/../x.png", "{root}"),
    ],
)
def test_what_leads_out_is_none(root, text):
    names = FileNames([*FILES, "x.png", "etc/passwd"], root, str(root))
    assert names.below(text.format(root=root)) is None
    assert names.find(text.format(root=root)) is None


def test_an_archive_is_known_by_its_name(root):
    names = FileNames(FILES, root / "files", "~/Set 1.tar.gz")
    assert names.find("Set 1/sick/a.png") == "sick/a.png"


@pytest.mark.parametrize(
    "text", ["sick/a.png", "B/sick/a.png", "A/B/sick/a.png", r"A\B\sick\a.png"]
)
def test_folders_around_all_need_not_be_named(root, text):
    names = FileNames(["A/B/sick/a.png", "A/B/well/a.png"], root, str(root))
    assert names.find(text) == "A/B/sick/a.png"


def test_two_files_of_one_name_are_told_apart_by_how_they_are_written(root):
    names = FileNames([COMPOSED, DECOMPOSED, "a b.png", "a  b.png"], root, str(root))
    assert (names.find(COMPOSED), names.find(DECOMPOSED)) == (COMPOSED, DECOMPOSED)
    assert names.find("a\u00a0b.png") is None


@pytest.mark.parametrize(
    ("text", "file"),
    [("sick/B C.PNG", "sick/b c.png"), ("sick/b c", "sick/b c.png"), ("b c.png", "sick/b c.png")],
)
def test_hints(root, text, file):
    assert FileNames(FILES, root, str(root)).hint(text) == (f"; is {text!r} meant to be {file!r}?")


@pytest.mark.parametrize("text", ["a.png", "z.png", "", "../a.png"])
def test_no_hint_where_none_or_several_are_near(root, text):
    assert FileNames(FILES, root, str(root)).hint(text) == ""


@pytest.mark.parametrize("place", [DECOMPOSED, "plain.csv", "a /b.csv"])
def test_a_path_whose_names_are_written_in_another_form(tmp_path, place):
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).touch()
    assert existing(tmp_path / unicodedata.normalize("NFC", place)) == tmp_path / place
    assert existing(tmp_path / place.replace("a /", "a/")) == tmp_path / place
    assert existing(tmp_path / "gone" / "x.csv") == tmp_path / "gone" / "x.csv"


def test_a_relative_path_stays_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").touch()
    assert str(existing(Path("a.csv"))) == "a.csv"
