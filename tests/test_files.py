import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from synthmix.files import (
    expanded,
    fingerprint,
    is_file,
    remove_leftovers,
    write_beside,
    write_table,
    write_text,
)
from workflow_project import ROOT


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "table.csv"
    write_text(path, "old")

    def fail_halfway():
        with write_beside(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_makes_the_folder_and_keeps_the_suffix(tmp_path):
    with write_beside(tmp_path / "new" / "array.npy") as temporary:
        assert temporary.suffix == ".npy"
        temporary.write_bytes(b"x")
    assert (tmp_path / "new" / "array.npy").read_bytes() == b"x"


def test_tables_are_written_without_an_index(tmp_path):
    write_table(tmp_path / "t.csv", pd.DataFrame({"a": [1, 2]}, index=[7, 8]))
    assert (tmp_path / "t.csv").read_bytes() == b"a\n1\n2\n"


def test_a_rewritten_file_has_another_fingerprint(tmp_path):
    path = tmp_path / "a"
    path.write_text("1")
    before = fingerprint(path)
    assert fingerprint(path) == before
    write_text(path, "1")
    assert fingerprint(path) != before


WRITE = """
import os, signal, sys
from synthmix.files import write_beside

with write_beside(sys.argv[1]) as temporary:
    temporary.write_text("half")
    if sys.argv[2] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    print("writing", flush=True)
    sys.stdin.read()
"""


def writer(path, what):
    """Start a process that writes half of `path`, and then dies or waits for its input to end."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITE, path, what],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
    )


def test_a_write_removes_what_killed_writers_have_left_and_nothing_else(tmp_path):
    path, other = tmp_path / "table.csv", tmp_path / "table-of.csv"
    for killed in (path, other):
        process = writer(killed, "die")
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    left_of_other = max(tmp_path.iterdir(), key=lambda file: len(file.name))
    assert not path.exists()
    write_text(path, "whole")
    assert sorted(tmp_path.iterdir()) == sorted([path, left_of_other])
    remove_leftovers(other)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("nfs_locks")
def test_what_killed_writers_have_left_is_removed_from_nfs_too(tmp_path):
    path = tmp_path / "table.csv"
    writer(path, "die").communicate()
    write_text(path, "whole")
    assert list(tmp_path.iterdir()) == [path]


def test_what_another_process_is_writing_is_no_leftover(tmp_path):
    path = tmp_path / "table.csv"
    with writer(path, "wait") as process:
        assert process.stdout.readline() == b"writing\n"
        write_text(path, "whole")
        process.communicate()
        assert process.returncode == 0
    assert path.read_text() == "half"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_is_found_in_either_form_of_its_umlauts(tmp_path):
    composed, apart = ("\u00c4rzte", "A\u0308rzte")
    for written, there in ((composed, apart), (apart, composed)):
        folder = tmp_path / there / "Ma\u0308rz"
        folder.mkdir(parents=True)
        (folder / "x.csv").touch()
        for march in ("M\u00e4rz", "Ma\u0308rz"):
            assert expanded(f"{tmp_path}/{written}/{march}/x.csv") == folder / "x.csv"
            # a file that is yet to come lies beside those that are there
            assert expanded(f"{tmp_path}/{written}/{march}/new.csv") == folder / "new.csv"
        shutil.rmtree(tmp_path / there)


def test_nothing_is_made_of_names_that_are_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert expanded("\u00fc/x") == Path("\u00fc/x")
    assert expanded("~nobody_here/x") == Path("~nobody_here/x")
    assert not is_file("x" * 300)
    assert not is_file("a\0b")
