"""The whole graph: it ends in a report, repeats itself, survives being killed, reruns little."""

import re
import shutil
from random import Random

import pytest

from cluster.killed_run import EVERYTHING, ONE_JOB, Run
from synthmix.figures.catalogue import FIGURES
from synthmix.results_layout import MARKER
from synthmix.store import read_table
from synthmix.trace.trace import main as trace
from workflow_project import ROOT, Project

FOLDER = "results/paper/tiny/phantoms"
PREPARED = {"fetch_dataset", "fetch_weights", "index_dataset", "prepare_images", "split_samples"}
# what the tiny study has nothing of
LACKS = {"census", "snapshots", "pipeline", "published", "published curves", "mixups"}
LACKS |= {
    "repeated comparisons",
    "learning curves",
    "filled classes",
    "augmented classifier",
    "stage",
    "tested stage",
    "stage by a loss",
}
DRAWN = [figure for figure in FIGURES if not {figure.when, figure.per} & LACKS]


def that_take(*inputs):
    """Return the figures of the tiny study that are drawn of one of these inputs."""
    return {figure.name for figure in DRAWN if set(inputs) & set(figure.inputs)}


# of the classifier that was trained on real images alone
LOOKS = that_take("own_predictions", "model_predictions")
OF_CLASSIFIERS = LOOKS | that_take("classifier_histories", "predictions", "mixes", "metrics")
OF_CLASSIFIERS |= that_take("confusion", "summary", "comparison")
SCORED = {"score_generator", "tabulate_scores", "project_images"}
SCORE_TABLES = {"score_real", "score_generator", "tabulate_scores"} | that_take("scores", "pairs")
JUDGED = {"predict", "score_predictions", "compare_mixes", "compare_classifiers"}
JUDGED |= {"tabulate_study"}
REPORTED = {"render_report", "all"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The project after one run of the tiny study."""
    project = Project.copy(tmp_path_factory.mktemp("finished") / "synthmix", "tiny", "stages")
    result = project.run()
    assert result.returncode == 0, result.stdout[-5000:]
    return project


def test_it_ends_in_a_report_with_a_log_and_a_benchmark_for_each_job(finished):
    assert "Tiny phantoms" in (finished.folder / "results" / "report.html").read_text()
    logs = {
        f.relative_to(finished.results() / "logs")
        for f in (finished.results() / "logs").rglob("*.log")
    }
    benchmarks = finished.results() / "benchmarks"
    timed = {f.relative_to(benchmarks).with_suffix(".log") for f in benchmarks.rglob("*.tsv")}
    assert len(logs) >= 20
    assert logs == timed
    log = (finished.results() / "logs" / "train_generator" / "dcgan-cancer.log").read_text()
    assert "epoch 40/40 " in log


def test_every_figure_of_the_study_is_drawn_and_in_the_report(finished):
    shown = (finished.folder / "results" / "report.html").read_text(encoding="utf-8")
    sections = dict(re.findall(r'<section id="study-1-(\w+)"(.*?)</section>', shown, re.DOTALL))
    sections["finding"] = shown.partition('<div class="finding">')[2].partition("<section")[0]
    images = {name: text.count("<img ") for name, text in sections.items()}
    images["generators"] -= 2  # those of the training, one a class
    drawn = {}
    for figure in DRAWN:
        files = (finished.results() / "figures").glob(re.sub(r"\{\w+\}", "*", figure.file))
        drawn[figure.section] = drawn.get(figure.section, 0) + len(list(files))
    assert {name: count for name, count in images.items() if count} == drawn


def test_nothing_is_left_over_and_nothing_left_to_do(finished):
    assert not list(finished.folder.rglob("*.pt"))
    assert not [f for f in (finished.folder / "results").rglob(".*") if f.is_file()]
    assert finished.planned() == {}


def test_results_of_an_earlier_version_are_told_until_all_is_made_again(finished):
    marker = finished.results().parent / MARKER
    marker.unlink()
    dry = finished.run("--dry-run")
    part = finished.run("--forcerun", "index_dataset", "--until", "index_dataset")
    for result in (dry, part):
        assert result.returncode == 0, result.stdout
        assert result.stdout.count("results/paper/tiny: made by an earlier version") == 1
    assert not marker.exists()
    # it is told of every study, whichever is asked for
    other = finished.run("--dry-run", "tiny", studies="stages")
    assert "results/paper/tiny: made by an earlier version" in other.stdout
    # a page that is made says so by itself: a run that fails elsewhere ends without its hooks
    whole = finished.run("--forcerun", "render_report", "--no-hooks")
    assert "made by an earlier version" in whole.stdout
    assert marker.exists()
    assert "made by an earlier version" not in finished.run("--dry-run").stdout


def test_a_number_is_traced_to_the_raw_files(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished.folder)
    named = ["--study", "tiny", "--classifier", "vgg16", "--mix", "dcgan-cancer50-normal50-real10"]
    assert trace([*named, "--metric", "macro_f1", "--images"]) == 0, capsys.readouterr().out
    said = capsys.readouterr().out
    assert "recomputed: equal" in said
    assert "stands in results/report.html" in said
    for rule in PREPARED | {"train_generator", "sample_generator", "compose_mix", "predict"}:
        assert re.search(rf"^ *\d+ {rule}\b", said, re.MULTILINE), rule
    index = read_table(finished.results() / "split.csv")
    learned = index.loc[index["split"] == "train", "path"]
    assert all(path in said for path in learned)
    assert trace(["results/report.html"]) == 0, capsys.readouterr().out


def test_a_number_that_was_edited_is_found(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished.folder)
    mixes = "results/paper/tiny/phantoms/mixes/dcgan-cancer50-normal50-real10.csv"
    with finished.edit(mixes, "cancer", "normal"):
        assert trace(["results/report.html"]) == 1
    assert f"{mixes} has changed since" in capsys.readouterr().out


def test_an_estimate_of_what_is_done_is_nothing(finished):
    shown = finished.run("estimate").stdout
    assert re.search(r"Nothing is to do: all \d\d jobs are done\.", shown)
    assert finished.planned() == {}


def test_an_edited_generator_reruns_its_jobs_and_what_follows(finished):
    edit = finished.edit(
        "scripts/synthmix/generate/models/dcgan/model.py", "/ 127.5 - 1", "/ 127.4 - 1"
    )
    with edit:
        planned = finished.planned()
    figures = {figure.name for figure in DRAWN} - LOOKS - that_take("near_duplicates")
    assert set(planned) == JUDGED | figures | REPORTED | SCORED | {
        "train_generator",
        "sample_generator",
        "extract_score_features",
        "extract_features",
        "compose_mix",
        "train_classifier",
    }
    # the real images' features and the real-only baseline have nothing to do with it
    assert planned["extract_features"] == 2
    assert planned["train_classifier"] == 1


def test_an_edited_figure_reruns_that_figure_and_the_report(finished):
    file = "scripts/synthmix/figures/plot_calibration.py"
    with finished.edit(file, "MOST_MIXES = 4", "MOST_MIXES = 5"):
        assert set(finished.planned()) == {"plot_calibration"} | REPORTED


def test_a_figure_is_a_module_and_a_declaration(finished, tmp_path):
    """Those that `docs/extending.md` shows."""
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8").split("\n## A figure\n")[1]
    module, catalogue = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[:2]
    declaration = re.search(r"    Figure\(.*\n    \),\n", catalogue, re.DOTALL)[0]
    shutil.copytree(finished.folder, tmp_path / "synthmix")
    project = Project(tmp_path / "synthmix")
    figures = project.folder / "scripts" / "synthmix" / "figures"
    (figures / "plot_brightness.py").write_text(module)
    declared = f"FIGURES = (\n{declaration}"
    with project.edit("scripts/synthmix/figures/catalogue.py", "FIGURES = (\n", declared):
        assert set(project.planned()) == {"plot_brightness"} | REPORTED
        result = project.run()
        assert result.returncode == 0, result.stdout[-3000:]
        assert project.planned() == {}
    picture = project.results() / "figures" / "brightness-dcgan.svg"
    assert picture.stat().st_size > 5000
    shown = (project.folder / "results" / "report.html").read_text(encoding="utf-8")
    section = shown.split('<section id="study-1-samples"')[1].split("</section>")[0]
    assert "Histograms of the brightness of real images and those of dcgan" in section
    assert "dcgan: histograms that lie apart" in section


def test_an_edited_score_retrains_no_generator(finished):
    with finished.edit("scripts/synthmix/score/compare.py", "FEW = ", "FEW = 'so' + "):
        assert set(finished.planned()) == SCORE_TABLES | REPORTED


def test_an_edited_template_reruns_the_report(finished):
    with finished.edit("scripts/synthmix/report/report.css", "{", "{ color: black;"):
        assert set(finished.planned()) == REPORTED


def test_other_epochs_of_the_classifier_rerun_no_generator(finished):
    with finished.edit("studies/tiny.yaml", "epochs: 12", "epochs: 13"):
        planned = finished.planned()
    assert set(planned) == JUDGED | REPORTED | OF_CLASSIFIERS | {"train_classifier"}
    assert planned["train_classifier"] == 2


def test_another_measure_of_the_verdict_scores_and_trains_nothing_anew(finished):
    judged = "evaluation: { verdict: macro_f1,"
    with finished.edit("studies/tiny.yaml", "evaluation: {", judged):
        planned = set(finished.planned())
    assert {"compare_mixes", "compare_classifiers", "tabulate_study", "plot_comparison"} <= planned
    assert planned <= JUDGED - {"predict", "score_predictions"} | OF_CLASSIFIERS | REPORTED


def test_another_mix_reruns_no_generator(finished):
    with finished.edit("studies/tiny.yaml", "real_shares: [0.1]", "real_shares: [0.1, 0.2]"):
        planned = finished.planned()
    assert "train_generator" not in planned
    assert planned["compose_mix"] == planned["train_classifier"] == 1


def test_comments_and_new_registry_lines_rerun_nothing(finished):
    comment = finished.edit(
        "scripts/synthmix/store.py", "import numpy", "# a comment\nimport numpy"
    )
    line = finished.edit("scripts/synthmix/registry.py", "GENERATORS = {", "GENERATORS = {\n")
    with comment, line:
        assert finished.planned() == {}


def test_a_changed_device_checkpoint_interval_or_tracker_reruns_nothing(finished):
    assert finished.planned(checkpoint_seconds=5, device="auto", tracker="tensorboard") == {}


def killed_midway(project, target, checkpoint, whom):
    """Make `target`, but kill `whom` as soon as a training has left `checkpoint`."""
    run = Run.start(project, target, checkpoint_seconds=0.001)
    while not (project.results() / "checkpoints" / checkpoint).exists():
        assert not run.ends_within(0.005)
    return run.kill(whom, Random(1))


@pytest.mark.full
def test_a_run_that_is_killed_twice_ends_as_one_that_is_not(finished, tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    mix = "dcgan-cancer50-normal50-real10"
    predictions = f"{FOLDER}/predictions/vgg16/{mix}/seed1.csv"
    killed = killed_midway(project, predictions, "dcgan-cancer.pt", EVERYTHING)
    assert "train_generator" in killed
    assert not (project.results() / "generators/dcgan/cancer/weights.safetensors").exists()
    killed = killed_midway(project, predictions, f"vgg16-{mix}-seed1.pt", ONE_JOB)
    assert killed == ["train_classifier"]
    generator_log = (project.results() / "logs/train_generator/dcgan-cancer.log").read_text()
    assert "going on after epoch" in generator_log
    result = project.run(predictions)
    assert result.returncode == 0, result.stdout[-5000:]
    training_log = project.results() / f"logs/train_classifier/vgg16/{mix}-seed1.log"
    assert "going on after epoch" in training_log.read_text()
    # also two runs from scratch with one seed in two places
    whole = (finished.folder / predictions).read_bytes()
    assert (project.folder / predictions).read_bytes() == whole
