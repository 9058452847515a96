import pandas as pd
import pytest

from synthmix.files import fingerprint, write_beside, write_table, write_text


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
