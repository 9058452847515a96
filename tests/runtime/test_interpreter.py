"""Python in a folder that a shell would take apart."""

import subprocess
import sys

import pytest

from synthmix.runtime.interpreter import quote_python


@pytest.mark.parametrize("name", ["My Projects", "it's $HOME", "a&b;(c)", "a*"])
def test_a_shell_finds_python_in_any_folder(tmp_path, monkeypatch, name):
    link = tmp_path / name / "python"
    link.parent.mkdir()
    link.symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(link))
    quote_python()
    quote_python()  # of what is quoted nothing is left to quote
    command = f"{sys.executable} -S -c 'print(7)'"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout == "7\n"


def test_a_path_that_needs_no_quotes_stays(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3.11")
    quote_python()
    assert sys.executable == "/usr/bin/python3.11"
