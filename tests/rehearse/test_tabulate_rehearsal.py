"""What a rehearsal has found is told with why and where."""

from synthmix.rehearse.tabulate_rehearsal import Job, failure_in, tabulate_rehearsal
from synthmix.store import read_table


def test_a_failure_is_told_by_the_last_that_its_log_says(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("10:00:00 training\n10:00:01 too large:\n- lower batch_size\n")
    assert failure_in(log) == "too large:\n- lower batch_size"
    log.write_text("10:00:01 unexpected error\nTraceback (most recent call last):\nKeyError: 3\n")
    assert failure_in(log) == "KeyError: 3"
    assert "left no log" in failure_in(tmp_path / "none.log")


def test_table_and_page_say_the_same(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("10:00:00 lower batch_size\n")
    files = tmp_path / "t.csv", tmp_path / "t.md"
    failed, waited = [Job("train_generator", "generator=gan", log)], [Job("predict", "mix=m", log)]
    tabulate_rehearsal(failed, waited, ["weights by random ones"], ["how well it learns"], *files)
    assert read_table(files[0])["kind"].tolist() == [
        *("failed", "not run"),
        *("stood in for", "unproven"),
    ]
    page = files[1].read_text()
    assert "**1 jobs failed.**" in page
    assert "- `train_generator` generator=gan: lower batch_size" in page
    tabulate_rehearsal([], [], [], [], *files)
    assert "**Every job ran.**" in files[1].read_text()
