"""The graphs of the studies, without running anything."""

import re
from functools import cache
from types import MappingProxyType

import pytest

from workflow_project import ROOT, STUDIES, Project, jobs_in


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The project as it is, for edits that are taken back."""
    return Project.copy(tmp_path_factory.mktemp("graph") / "synthmix", "tiny", "stages", "volumes")


@pytest.fixture(scope="module")
def tiny(project):
    """The jobs of the tiny study by rule."""
    return MappingProxyType(project.planned())


def test_the_demo_is_the_graph_of_the_paper(tmp_path):
    project = Project.copy(tmp_path / "synthmix", "mammography", "skin_lesions")
    paper, demo = (project.planned(scale=scale) for scale in ("paper", "demo"))
    # features to score by are downloaded, or installed for a demo
    assert paper.pop("fetch_score_weights") == 1
    assert demo.pop("fetch_weights") == paper.pop("fetch_weights") + 1
    assert paper == demo
    # the source's nine and as many with copies, three additions of three generators, two other
    # ways, four of real images
    assert paper["train_classifier"] == 9 + 9 + 9 + 2 + 4
    # one a class, and two that learn both
    assert paper["train_generator"] == paper["sample_generator"] == 2 + 2
    # mammograms have no metadata but their folders; lesions have, and the report shows it
    assert "tabulate_census" not in paper
    lesions = project.planned(studies="skin_lesions")
    assert lesions["tabulate_census"] == lesions["plot_census"] == 1


def test_a_study_is_a_target_with_a_page_of_its_own(project, tiny):
    of_study = project.planned("tiny", studies="stages")
    assert of_study.pop("tiny") == tiny["all"] == 1
    assert of_study | {"all": 1} == tiny
    shown = project.run("--dry-run", "tiny").stdout
    assert "results/paper/tiny/report.html" in shown
    assert "results/report.html" not in shown


def test_baselines_and_additions_are_trained_on_and_compared(project, tiny):
    more = "additions: { fill: [1], ratios: [0.5] }\n"
    more += "baselines: { weighted: { class_weights: balanced } }\n\nmixes:"
    with project.edit("studies/tiny.yaml", "\nmixes:", f"\n{more}"):
        both = project.planned()
    added = {rule: both[rule] - tiny.get(rule, 0) for rule in both}
    # where classes are filled, validation is shown beside the test
    compared = added.pop("plot_validation")
    four = ("compose_mix", "train_classifier", "predict", "score_predictions")
    assert {rule: jobs for rule, jobs in added.items() if jobs} == dict.fromkeys(four, 4)
    assert compared == 1


def test_passes_with_dropout_are_a_switch_and_take_no_training(project):
    alone = project.planned("volumes", studies="volumes")
    twin = "\n  plain: { predicts_with: cnn_3d, monte_carlo_passes: null }\n\nevaluation"
    with project.edit("studies/volumes.yaml", "\nevaluation", twin):
        both = project.planned("volumes", studies="volumes")
        exported = project.planned("export_classifiers", studies="volumes")
    added = {rule: both[rule] - alone[rule] for rule in both if both[rule] > alone[rule]}
    assert added["predict"] == 3  # a fold each
    assert "train_classifier" not in added
    # two that are trained, three that answer
    assert (exported["train_classifier"], exported["export_classifier"]) == (2 * 3, 3 * 3)


def test_another_way_to_train_may_need_no_cached_features(project):
    more = "baselines: { all: { unfrozen_layers: all }, flipped: "
    more += "{ augmentation: { horizontal_flip: true } } }\n\nmixes:"
    table = str(project.results().relative_to(project.folder) / "predictions/vgg16/{}/seed1.csv")
    with project.edit("studies/tiny.yaml", "\nmixes:", f"\n{more}"):
        plain = project.planned(table.format("real_only"))
        others = project.planned(table.format("all"), table.format("flipped"))
    assert plain["extract_features"] == 1
    assert others["train_classifier"] == 2
    assert "extract_features" not in others


def test_seeds_repeat_classifiers_and_equal_backbones_share_features(project, tiny):
    twice = project.planned(seeds="1,2")
    assert twice["train_classifier"] == 2 * tiny["train_classifier"]
    assert twice["train_generator"] == tiny["train_generator"]
    other = "classifiers:\n  slower: { network: vgg16, weights: none, input_size: 32, "
    other += "unfrozen_layers: 1, learning_rate: 1.0e-5 }"
    with project.edit("studies/tiny.yaml", "classifiers:", other):
        both = project.planned()
    assert both["train_classifier"] == 2 * tiny["train_classifier"]
    assert both["extract_features"] == tiny["extract_features"] == 3


def test_a_joint_generator_is_trained_once_for_all_classes(project, tiny):
    other = "generators:\n  joint: { model: diffusion, epochs: 1, num_channels: [32, 32], "
    other += "attention_levels: [false, false] }"
    with project.edit("studies/tiny.yaml", "generators:", other):
        shown = project.run("--dry-run").stdout
    both = jobs_in(shown)
    assert both["train_generator"] == tiny["train_generator"] + 1
    assert both["sample_generator"] == tiny["sample_generator"] + 1
    assert "generators/joint/all_classes/weights.safetensors" in shown


def test_a_selection_adds_real_mixes_and_nothing_else(project, tiny):
    two = "selections:\n  fewer: { method: random_under_sampling }\n"
    two += "  cleaned: { method: tomek_links }\n\nmixes:"
    with project.edit("studies/tiny.yaml", "\nmixes:", f"\n{two}"):
        selected = project.planned()
        mix = project.results() / "mixes" / "fewer-cancer50-normal50.csv"
        shown = project.run("--dry-run", str(mix.relative_to(project.folder))).stdout
    more = {rule: selected[rule] - tiny.get(rule, 0) for rule in selected}
    assert {rule: jobs for rule, jobs in more.items() if jobs} == {
        "select_samples": 2,
        "compose_mix": 2,
        "train_classifier": 2,
        "predict": 2,
        "score_predictions": 2,
    }
    assert "Selecting training images of phantoms by fewer" in shown
    assert "by cleaned" not in shown
    assert "Training" not in shown


def test_a_study_without_mixes_ends_with_what_its_generators_make(tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    study = (project.folder / "studies/tiny.yaml").read_text()
    kept = study[: study.index("mixes:")] + "pools: { images: 30, fill_to: 50 }\n"
    (project.folder / "studies/tiny.yaml").write_text(kept)
    jobs = project.planned()
    assert jobs["train_generator"] == jobs["sample_generator"] == 2
    assert jobs["plot_scores"] == jobs["plot_samples"] == jobs["plot_quiz"] == 1
    assert "plot_snapshots" not in jobs
    assert "compose_mix" not in jobs
    snapshots = kept.replace("batch_size: 8", "batch_size: 8, snapshots: { every: 5 }")
    (project.folder / "studies/tiny.yaml").write_text(snapshots)
    scored = project.planned()
    assert scored["plot_snapshots"] == 1
    assert scored["score_real"] == scored["train_score_network"] == 1


def test_the_input_pipeline_is_measured_where_a_study_asks_for_it(project, tiny):
    assert "measure_pipeline" not in tiny
    with project.edit("studies/tiny.yaml", "\nmixes:", "\ninput_pipeline: {}\n\nmixes:"):
        jobs = project.planned()
    assert jobs["measure_pipeline"] == jobs["plot_pipeline"] == 1


def test_exports_are_made_of_every_generator_when_asked_for_alone(project, tiny):
    assert "export_images" not in tiny
    joint = "generators:\n  joint: { model: diffusion, epochs: 1, num_channels: [32, 32], "
    joint += "attention_levels: [false, false] }"
    with project.edit("studies/tiny.yaml", "generators:", joint):
        shown = project.run("export_all", "--dry-run").stdout
    for generator in ("joint", "dcgan"):
        assert f"results/paper/tiny/phantoms/exports/{generator}.zip" in shown
    jobs = jobs_in(shown)
    assert jobs["export_images"] == jobs["score_generator"] == 2
    assert jobs["train_generator"] == 3
    assert "train_classifier" not in jobs


def test_mixes_with_synthetic_images_are_packed_when_asked_for_alone(project):
    shown = project.run("export_mixes", "--dry-run").stdout
    jobs = jobs_in(shown)
    packed = set(re.findall(r"exports/mixes/(\S+)\.zip", shown))
    assert len(packed) == jobs["export_mix"] > 0
    assert all(mix.startswith("dcgan-") for mix in packed)
    assert "train_classifier" not in jobs


def rules():
    """Return the text of every rule by its name; those of figures stand in one loop."""
    texts = {}
    for file in sorted((ROOT / "rules").glob("*.smk")):
        blocks = re.split(r"\n(?:use rule job as |rule )(?=\w+)", file.read_text())[1:]
        texts |= {re.match(r"\w+", block)[0]: block for block in blocks}
    looped = (ROOT / "rules" / "figures.smk").read_text().split("\n    rule:")[1]
    return texts | {"plot_figure": looped.replace("\n    ", "\n")}


def test_every_rule_has_all_its_sections_and_a_script_of_its_name():
    # snakefmt sees to their order
    texts = rules()
    assert len(texts) >= 20
    common = texts.pop("job")
    for section in ("log", "benchmark", "threads", "resources", "conda", "script"):
        assert f"\n    {section}:" in common
    for name, text in texts.items():
        for section in ("output", "params", "message"):
            assert f"\n    {section}:" in text, f"{name} lacks {section}"
        if name != "plot_figure":
            assert "\n    pathvars:" in text, f"{name} does not say what its logs are called"
        if "\n    resources:" in text:
            for resource in ("mem_mb=", "runtime="):
                assert f"\n        {resource}" in text, f"{name} lacks {resource}"
        script = "plot_figure" if name == "plot_datasets" else name
        assert f'**runs("{script}"' in text
        assert (ROOT / "scripts" / f"{script}.py").exists()


def test_what_is_made_of_test_images_says_whether_they_were_trained_on():
    tables = {"score_predictions", "compare_mixes", "compare_classifiers", "tabulate_study"}
    tables |= {"tabulate_scores", "tabulate_search"}
    for name in tables | {"plot_figure", "split_samples"}:
        told = re.search(r"\n        leakage=(leakage_of|of\(mix\.leakage\)),\n", rules()[name])
        assert told, f"{name} is not told"
    # a generator may learn from all images where nothing else does
    said = dict.fromkeys(("train_generator", "export_images"), "of(generate.leakage)")
    for name, leakage in {**said, "export_classifier": "leakage_of"}.items():
        assert f"\n        leakage={leakage},\n" in rules()[name], f"{name} is not told"


@pytest.fixture(scope="module")
def all_about_jobs(tmp_path_factory):
    """Return a function that gives all that Snakemake shows about jobs, on a device."""
    project = Project.copy(tmp_path_factory.mktemp("shown") / "synthmix")
    project.show_jobs()
    return cache(lambda device: project.run("--dry-run", device=device).stdout)


def test_every_job_has_a_log_and_a_benchmark_of_its_own(all_about_jobs):
    """By the log's path what a job takes of a GPU is found: `synthmix.runtime.gpu_benchmark`."""
    shown = all_about_jobs("cpu")
    logs = re.findall(r"^    log: (\S+)", shown, re.MULTILINE)
    benchmarks = re.findall(r"^    benchmark: (\S+)", shown, re.MULTILINE)
    assert len(logs) == len(set(logs)) >= 50
    expected = [log.replace("/logs/", "/benchmarks/").replace(".log", ".tsv") for log in logs]
    assert benchmarks == expected


@pytest.mark.parametrize(("device", "gpus"), [("cpu", 0), ("auto", 1), ("cuda", 1)])
def test_trainings_carry_the_gpu_tag_unless_the_device_is_the_cpu(all_about_jobs, device, gpus):
    jobs = all_about_jobs(device).split("\nrule ")[1:]
    tagged = {job.split(":")[0] for job in jobs if f"gpu={gpus}" in job}
    trainings = {"train_generator", "sample_generator", "extract_features"}
    scoring = {"train_score_network", "extract_score_features"}
    assert tagged == trainings | scoring | {"train_classifier", "predict"}
    assert all("mem_mb=" in job and "runtime=" in job for job in jobs if not job.startswith("all"))


@pytest.mark.full
def test_the_readme_has_the_jobs_of_all_studies(tmp_path):
    project = Project.copy(tmp_path / "synthmix", *STUDIES)
    planned = project.planned("all_studies", studies="mammography", device="auto")
    planned.pop("all_studies")
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    told = page.split("<!-- jobs of all_studies at scale paper -->")[1].split("<!--")[0]
    assert {rule: int(jobs) for rule, jobs in re.findall(r"(\w+)\s(\d+)", told)} == planned
    assert f"{sum(planned.values()):,} jobs by rule" in page
