"""A disk that is too small for the full run is told before there is any file."""

import shutil
from types import SimpleNamespace

import pytest

from estimate_graphs import study
from synthmix.errors import UserError
from synthmix.rehearse.check_disk import check_disk
from synthmix.store import read_table


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Check a small study on a disk with so many bytes free."""

    def run(free, published=True):
        monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
        counts = {"s/d": {"cancer": 50_000, "normal": 50_000}} if published else {}
        check_disk(
            lambda config: study().graph,
            {"scale": "paper", "studies": ["studies/first.yaml", "second"]},
            counts,
            tmp_path / "results" / "paper",
            tmp_path / "data",
            tmp_path / "disk.csv",
        )
        return read_table(tmp_path / "disk.csv").set_index("folder")

    return run


def test_what_the_run_keeps_is_written_where_there_is_room(check, tmp_path):
    found = check(10**9)
    assert found.loc[str(tmp_path / "results" / "paper"), "needed_mb"] > 102  # the store alone
    assert set(found["free_mb"]) == {1000}


def test_a_disk_that_is_too_small_is_told_with_the_settings(check):
    told = r"the full run of first, second will keep about 1\d\d MB in .*results/paper and .*data, "
    told += "and that disk has"
    with pytest.raises(UserError, match=told + r" 90 MB free.*data_dir.*pools\.images"):
        check(90_000_000)


def test_what_is_not_known_is_said_and_left_out(check, caplog):
    check(90_000_000, published=False)
    assert "how many images s/d has" in caplog.text
