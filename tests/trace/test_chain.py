"""The jobs behind a file, and what is amiss with their files."""

import os
import shutil
from pathlib import Path

import pytest

from synthmix.errors import UserError
from synthmix.trace.chain import Chain, stale
from synthmix.trace.records import INCOMPLETE, METADATA, Records
from traced_project import DATASET, FETCHED, METRICS, MIX, record_file

SPLIT = f"{DATASET}/split.csv"
WEIGHTS = f"{DATASET}/generators/dcgan/sick/weights.safetensors"
POOL = f"{DATASET}/stores/dcgan/sick.npy"


def chain_of(path=METRICS):
    return Chain(Records.read(Path()), path)


def problems(path=METRICS):
    return [problem for step in chain_of(path) for problem in step.problems]


def edit(path, text="other", later=0):
    """Change a file `later` seconds after it was made."""
    made = Path(path).stat().st_mtime
    Path(path).write_text(text)
    os.utime(path, (made + later, made + later))


def test_every_job_comes_before_those_that_it_was_made_from(untouched):
    chain = chain_of()
    steps = list(chain)
    assert [step.rule for step in steps if step.rule != "train_classifier"] == [
        *("score_predictions", "predict", "predict", "compose_mix", "sample_generator"),
        *("train_generator", "split_samples", "prepare_images", "index_dataset", "fetch_dataset"),
    ]
    for place, step in enumerate(steps):
        assert all(steps.index(source) > place for source in chain.sources(step))
    assert [step.depth for step in steps] == sorted(step.depth for step in steps)
    assert problems() == []


def test_what_led_to_a_file_the_longest_way_comes_first(untouched):
    chain = chain_of(f"{DATASET}/mixes/{MIX}.csv")
    sources = chain.sources(chain.step_of(chain.target))
    assert [source.rule for source in sources] == [
        "sample_generator",
        "train_generator",
        "split_samples",
    ]


def test_a_file_that_is_missing(project):
    Path(WEIGHTS).unlink()
    assert problems() == [f"{WEIGHTS} is missing: run snakemake again"]


def test_a_small_file_with_other_content(project):
    edit(SPLIT, later=-1)  # its time alone would not tell
    found = problems(f"{DATASET}/mixes/{MIX}.csv")
    assert f"{SPLIT} has changed since compose_mix made {DATASET}/mixes/{MIX}.csv" in found[0]
    assert "since train_generator made" in found[1]
    assert len(found) == 2


def test_a_large_file_that_is_newer_than_what_was_made_from_it(project):
    edit(WEIGHTS, later=3600)
    changed, newer = sorted(problems(POOL), key=lambda problem: "newer" in problem)
    assert changed.startswith(f"{WEIGHTS} was changed after train_generator wrote it: remove it")
    assert newer.startswith(f"{WEIGHTS} is newer than {POOL}, which was made from it")


def test_a_small_file_that_is_newer_but_the_same(project):
    os.utime(SPLIT)
    assert problems() == []


def test_a_file_that_was_edited_and_then_used(project):
    edit(SPLIT, later=10)
    project.note("plot_mixes", ["results/report.html"], [SPLIT])
    assert problems("results/report.html") == [
        f"{SPLIT} was changed after split_samples wrote it: remove it and run snakemake again"
    ]


def test_the_asked_file_itself_was_edited(project):
    edit(METRICS, later=10)
    assert problems()[0].startswith(f"{METRICS} was changed after score_predictions wrote it")


def test_a_job_that_was_stopped(project):
    record_file(project.folder / INCOMPLETE, WEIGHTS).write_text("{}")
    assert problems() == [f"{WEIGHTS} is not whole, its job was stopped: run snakemake again"]


def test_a_result_without_a_record_breaks_the_chain_and_a_file_of_the_user_does_not(project):
    Path("mine.csv").write_text("")
    project.note("tabulate_study", ["results/report.html"], ["mine.csv", FETCHED])
    assert problems("results/report.html") == []
    record_file(project.folder / METADATA, FETCHED).unlink()
    (found,) = problems("results/report.html")
    assert found.startswith(f"{FETCHED}: Snakemake has no record of who made it")


def test_records_that_lead_back_to_themselves(project):
    project.note("split_samples", [SPLIT], [METRICS])
    with pytest.raises(UserError, match="recorded as made from itself"):
        chain_of()


def test_a_copy_of_all_results_with_new_times_is_whole_as_far_as_checksums_go(project):
    shutil.copy(METRICS, "copy")
    shutil.copy("copy", METRICS)
    assert not list(stale(Records.read(Path()), [f"{DATASET}/tables/metrics.csv"], [METRICS]))
    assert problems() == []
