"""The command line that says where a result comes from."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from synthmix.results_layout import MARKER
from synthmix.trace.chain import sha256
from synthmix.trace.show import SHORT
from synthmix.trace.trace import main
from traced_project import DATASET, METRICS, MIX, RAW
from workflow_project import ROOT

JOB = re.compile(r"^( *)(\d+) (\w+)(?:, from [\d, ]+)?$", re.MULTILINE)
NAMES = ["--study", "mine", "--classifier", "vgg16", "--mix", MIX]


def test_a_value_is_traced_to_the_raw_files(untouched, capsys):
    assert main([METRICS, "--metric", "macro_f1", "--seed", "2"]) == 0
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert lines[0].startswith(f"macro_f1 of vgg16 on {MIX}: 0.")
    assert "recomputed: equal" in said
    rules = [rule for _, _, rule in JOB.findall(said)]
    assert rules[:3] == ["score_predictions", "predict", "train_classifier"]
    assert f"{sha256(METRICS)[:SHORT]}  " in said
    assert sha256(METRICS) not in said
    assert f"{RAW}/0.png, as recorded when it came" in said
    assert "and 7 more: --images lists them" in said
    assert lines[-1].startswith("The chain is whole: 10 jobs, ")
    assert "seed1.csv" not in said


def test_each_job_is_told_once_and_below_what_was_made_from_it(untouched, capsys):
    main([METRICS])
    jobs = JOB.findall(capsys.readouterr().out)
    assert [int(number) for _, number, _ in jobs] == list(range(1, 13))
    indents = {rule: len(indent) for indent, _, rule in jobs}
    order = ("score_predictions", "predict", "train_classifier", "compose_mix", "sample_generator")
    assert [indents[rule] for rule in order] == [0, 2, 4, 6, 8]
    assert sum(rule == "split_samples" for _, _, rule in jobs) == 1


def test_names_do_in_place_of_a_file(untouched, capsys):
    assert main([METRICS, "--metric", "accuracy"]) == 0
    by_file = capsys.readouterr().out
    assert main([*NAMES, "--metric", "accuracy"]) == 0
    assert capsys.readouterr().out == by_file


@pytest.mark.parametrize("form", ["./{}", "{folder}/{}", "results/../{}"])
def test_a_path_may_be_written_in_any_way(form, untouched, capsys):
    assert main([form.format(METRICS, folder=untouched.folder)]) == 0
    assert f"  {METRICS}" in capsys.readouterr().out


def test_whole_checksums_and_all_images(untouched, capsys):
    assert main([METRICS, "--full-checksums", "--images"]) == 0
    said = capsys.readouterr().out
    assert sha256(METRICS) in said
    assert all(f"{RAW}/{number}.png" in said for number in range(12))
    assert "--images" not in said


def test_json_has_all_of_it(untouched, capsys):
    assert main([METRICS, "--metric", "accuracy", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["whole"]
    assert said["value"]["equal"]
    first, last = said["steps"][0], said["steps"][-1]
    assert [file["path"] for file in first["files"]] == [METRICS]
    assert first["files"][0]["sha256"] == sha256(METRICS)
    assert said["steps"][first["made_from"][0] - 1]["rule"] == "predict"
    assert last["rule"] == "fetch_dataset"
    assert said["raw_images"][0]["files"][0]["path"] == f"{RAW}/0.png"


def test_json_has_no_number_for_what_is_gone(project, capsys):
    Path(f"{DATASET}/predictions/vgg16/{MIX}/seed1.csv").unlink()
    assert main([METRICS, "--metric", "accuracy", "--json"]) == 1
    said = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert said["value"]["recomputed"] is None
    assert not said["value"]["equal"]


def test_a_broken_chain_is_told_and_ends_with_status_1(project, capsys):
    split = f"{DATASET}/split.csv"
    Path(split).unlink()
    assert main([METRICS]) == 1
    ending = capsys.readouterr().out.split("The chain is broken")[1]
    assert f"! {split} is missing: run snakemake again" in ending
    assert main([METRICS, "--json"]) == 1
    assert not json.loads(capsys.readouterr().out)["whole"]


def test_a_value_that_is_not_what_predictions_give_ends_with_status_1(project, capsys):
    text = Path(METRICS).read_text()
    Path(METRICS).write_text(text.replace(",accuracy,0.", ",accuracy,0.0"))
    assert main([METRICS, "--metric", "accuracy"]) == 1
    assert "recomputed: NOT equal" in capsys.readouterr().out


def test_the_report_says_what_can_be_traced(untouched, capsys):
    assert main(["results/report.html"]) == 0
    said = capsys.readouterr().out
    assert f"  {DATASET}/tables/summary.csv  (tabulate_study)" in said
    assert f"\n  {METRICS}\n" in said
    assert "The chain is whole: 14 jobs" in said
    assert "fetch_dataset, from" not in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a file below results/, or add --study, --classifier, --mix"),
        (NAMES[:2], "or add --classifier, --mix"),
        ([METRICS, *NAMES[:2]], "is a file already: leave out --study"),
        ([*NAMES[:5], "other"], f"--mix other: no such results, but:\n  {METRICS}\n"),
        (["--study", "his", *NAMES[2:]], f"--study his: no such results, but:\n  {METRICS}\n"),
        ([METRICS, "--seed", "1"], "--seed chooses one value of a metric: add --metric"),
        ([METRICS, "--class", "sick"], "--class chooses one value of a metric"),
        (["results"], "results is a folder"),
        (["results/other.csv"], "there is no file results/other.csv"),
        ([f"{RAW}/0.png"], "Snakemake has no record of who made it"),
    ],
)
def test_mistakes_are_explained(arguments, message, untouched, capsys):
    assert main(arguments) == 1
    seen = capsys.readouterr()
    assert message in seen.err
    assert seen.err.startswith("\nsynthmix: ")
    assert seen.out == ""


def test_names_that_fit_several_tables(project, capsys):
    shutil.copytree("results/demo", "results/paper")
    assert main(NAMES) == 1
    assert "several fit; add --scale or --dataset:" in capsys.readouterr().err
    assert main([*NAMES, "--scale", "demo"]) == 0


def test_nothing_is_read_that_an_earlier_version_made(project, capsys):
    (Path(DATASET).parent / MARKER).unlink()
    for arguments in ([METRICS, "--metric", "macro_f1"], ["results/report.html"]):
        assert main(arguments) == 1
        assert "results/demo/mine: made by an earlier version" in capsys.readouterr().err


def test_it_needs_no_torch():
    code = "import sys; sys.path.insert(0, 'scripts'); import synthmix.trace.trace"
    command = [sys.executable, "-c", f"{code}; sys.exit('torch' in sys.modules)"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
