"""Names of files that tables and messages can hold, and the files that they mean."""

import os

import pandas as pd
import pytest

from synthmix.files import write_table
from synthmix.raw_names import printable, raw_file
from synthmix.store import read_table

NAMES = [
    (b"plain.png", "plain.png"),
    ("Müller 画像.png".encode(), "Müller 画像.png"),
    ("narrow\u202fspace.png".encode(), "narrow\u202fspace.png"),
    (b"M\xfcller.png", r"M\xfcller.png"),
    (b"two\nlines.png", r"two\x0alines.png"),
    (b"carriage\rreturn.png", r"carriage\x0dreturn.png"),
    ("line\u2028end.png".encode(), r"line\xe2\x80\xa8end.png"),
    (b"\x95\x5c\x8e\x6c.png", r"\x95\\x8el.png"),  # two letters of Shift JIS, one with a backslash
    (rb"with \x41 backslash.png", r"with \x41 backslash.png"),
]


@pytest.mark.parametrize(("name", "shown"), NAMES)
def test_a_name_goes_through_a_table_and_back(tmp_path, name, shown):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / os.fsdecode(name)).write_bytes(name)
    path = printable(f"sub/{os.fsdecode(name)}")
    assert path == f"sub/{shown}"
    write_table(tmp_path / "t.csv", pd.DataFrame({"path": [path]}))
    assert len((tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()) == 2
    found = raw_file(tmp_path, read_table(tmp_path / "t.csv")["path"][0])
    assert found.read_bytes() == name


def test_a_link_to_nothing_is_found_by_its_name(tmp_path):
    link = tmp_path / os.fsdecode(b"\xe9.png")
    link.symlink_to("gone")
    assert raw_file(tmp_path, r"\xe9.png") == link


@pytest.mark.parametrize("path", ["gone.png", r"gone\xe9.png", r"null\x00.png"])
def test_what_is_not_there_keeps_its_name(tmp_path, path):
    assert raw_file(tmp_path, path) == tmp_path / path
