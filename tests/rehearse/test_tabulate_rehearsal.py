"""What rehearsals have found is told with why and where, and stays until it is known better."""

import pandas as pd
import pytest

from synthmix.rehearse.foretell import COLUMNS, Foretold
from synthmix.rehearse.outcome import Job, Outcome
from synthmix.rehearse.tabulate_rehearsal import failure_in, tabulate_rehearsal
from synthmix.store import read_table

LINES = {"s": ["weights by random ones"]}, {"s": ["how well it learns"]}


def test_a_failure_is_told_by_the_last_that_its_log_says(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("10:00:00 training\n10:00:01 too large:\n- lower batch_size\n")
    assert failure_in(log) == "too large:\n- lower batch_size"
    log.write_text("10:00:01 unexpected error\nTraceback (most recent call last):\nKeyError: 3\n")
    assert failure_in(log) == "KeyError: 3"
    assert "left no log" in failure_in(tmp_path / "none.log")


@pytest.fixture
def tabulate(tmp_path):
    """A function that tabulates a run and returns its table; `page` is the same in Markdown."""
    log = tmp_path / "a.log"
    log.write_text("10:00:00 lower batch_size\n")

    def of(study, name, rule="train_generator"):
        return Job(study, rule, name, log)

    def write(stood_in_for=None, unproven=None, known=("s", "t"), foretold=None, **outcome):
        jobs = {
            how: [of(*job) for job in found] if how != "whole" else found
            for how, found in outcome.items()
        }
        lines = stood_in_for or {}, unproven or {}
        tabulate_rehearsal(Outcome(**jobs), *lines, foretold, known, tmp_path)
        return read_table(tmp_path / "rehearsal.csv").astype(object).fillna("")

    write.page = tmp_path / "rehearsal.md"
    return write


def jobs_told(found):
    rows = found[found["rule"] != ""]
    return list(zip(rows["kind"], rows["study"], rows["job"], strict=True))


def test_table_and_page_say_the_same(tabulate):
    found = tabulate(*LINES, failed=[("s", "generator=gan")], waited=[("s", "mix=m", "predict")])
    assert found["kind"].tolist() == ["failed", "not run", "stood in for", "unproven"]
    page = tabulate.page.read_text()
    assert "**1 job failed.**" in page
    assert "- `train_generator` generator=gan: lower batch_size" in page
    tabulate(whole=["s"])
    assert "**Every job that was asked for ran.**" in tabulate.page.read_text()


def test_a_run_of_a_part_leaves_what_is_known_of_the_rest(tabulate):
    tabulate(*LINES, failed=[("s", "a"), ("t", "c")], waited=[("s", "b")])
    found = tabulate(*LINES, done=[("s", "a")])
    assert jobs_told(found) == [("failed", "t", "c"), ("not run", "s", "b")]
    assert "unproven" in set(found["kind"])


def test_a_run_of_a_whole_study_leaves_nothing_of_runs_of_it_before(tabulate):
    tabulate(*LINES, failed=[("s", "of settings before"), ("t", "c")])
    found = tabulate({"s": ["another"]}, {"s": []}, whole=["s"], done=[("s", "a")])
    assert jobs_told(found) == [("failed", "t", "c")]
    assert found.loc[found["rule"] == "", "message"].tolist() == ["another"]


def test_of_a_study_that_is_gone_nothing_is_told(tabulate):
    tabulate({"t": ["weights"]}, failed=[("s", "a"), ("t", "c")])
    assert jobs_told(tabulate(known=["s"])) == [("failed", "s", "a")]


def test_a_job_that_fails_again_is_told_once(tabulate):
    tabulate(failed=[("s", "a")])
    assert jobs_told(tabulate(failed=[("s", "a")])) == [("failed", "s", "a")]


def test_what_several_studies_need_is_said_once(tabulate):
    found = tabulate({"s": ["weights"], "t": ["weights"]})
    assert len(found) == 2
    assert tabulate.page.read_text().count("- weights") == 1


def test_a_table_of_an_earlier_version_is_made_anew(tabulate):
    tabulate.page.with_suffix(".csv").write_text("kind,rule,job,message\nfailed,r,j,m\n")
    assert jobs_told(tabulate(failed=[("s", "a")])) == [("failed", "s", "a")]


def foretold(study, seconds):
    """Return what is foretold of a study of one kind of job."""
    row = {
        **dict.fromkeys(COLUMNS, 0),
        **{"study": study, "dataset": "d", "rule": "train_generator", "kind": "dcgan"},
        **{"jobs": 4, "rehearsed": 4, "device": "cpu", "parts": 1, "steps": 400},
        **{"step_seconds": 0.25, "start_seconds": 5.0, "seconds": seconds, "stops_early": False},
        **{"ram_mb": 900.0, "mem_mb": 2000, "disk_mb": 30.0},
    }
    tight = [(study, "train_generator", "generator=gan", "lower batch_size")]
    return Foretold(pd.DataFrame([row]), tight)


def test_what_was_foretold_of_other_studies_stays(tabulate, tmp_path):
    tabulate({"s": []}, foretold=foretold("s", 3600.0))
    found = tabulate({"t": []}, foretold=foretold("t", 7200.0))
    assert jobs_told(found) == [("tight", each, "generator=gan") for each in ("s", "t")]
    jobs = read_table(tmp_path / "rehearsal_jobs.csv")
    assert jobs[["study", "seconds"]].to_numpy().tolist() == [["s", 3600], ["t", 7200]]
    tabulate({"s": []}, foretold=foretold("s", 60.0))
    jobs = read_table(tmp_path / "rehearsal_jobs.csv")
    assert sorted(jobs["seconds"]) == [60, 7200]
    page = tabulate.page.read_text()
    assert "8 jobs: about 2.0 h, one after the other, and about 60 MB" in page
    assert (
        "| train_generator dcgan | t/d | 4 | 400 | 250 ms | 5 s | 2.0 h | 900 MB | 30 MB |" in page
    )


def test_a_run_that_foretells_nothing_leaves_no_tables_half_made(tabulate, tmp_path):
    tabulate(failed=[("s", "a")])
    assert list(read_table(tmp_path / "rehearsal_jobs.csv").columns) == COLUMNS
    assert "What the full run takes" not in tabulate.page.read_text()
