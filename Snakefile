"""synthmix: will synthetic images help my classifier, which ones, and in what proportion?"""

import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.27")

sys.path.insert(0, f"{workflow.basedir}/scripts")

from synthmix.config.messages import mistakes_of_yaml

CONFIG_FILE = Path(workflow.basedir, "config.yaml")
if mistakes := mistakes_of_yaml(CONFIG_FILE):  # where Snakemake names no line, or takes the last
    raise WorkflowError(mistakes)


configfile: CONFIG_FILE


include: "rules/common.smk"
include: "rules/job.smk"
include: "rules/acquire.smk"
include: "rules/prepare.smk"
include: "rules/generate.smk"
include: "rules/mix.smk"
include: "rules/classify.smk"
include: "rules/evaluate.smk"
include: "rules/score.smk"
include: "rules/export.smk"
include: "rules/predict_new.smk"
include: "rules/search.smk"
include: "rules/published.smk"
include: "rules/figures.smk"
include: "rules/rehearse.smk"
include: "rules/report.smk"
include: "rules/estimate.smk"
include: "rules/share.smk"


def pages_of(study, page):
    """Return a page with a study, and what the study has that is on none."""
    return pages(PLAN.views_of(study), page)


rule all:
    default_target: True
    input:
        lambda wildcards: pages(PLAN.asked, "report"),


rule all_studies:
    input:
        lambda wildcards: [
            file for study in PLAN.studies for file in pages_of(study, f"{SCALE}/{study}/report")
        ],


rule paper_tables:
    input:
        lambda wildcards: [
            file
            for study in PLAN.as_published
            for file in pages_of(study, f"{SCALE}/{study}/report")
        ],


def files_of_run():
    """Return all files that this run makes or has found made."""
    return {str(file) for job in workflow.dag.jobs for file in job.output}


def is_whole(study, files):
    """Return whether `files` have all that a page of the study is made of, and the page."""
    on = [f"{SCALE}/{study}/report"] + (["report"] if study in CONFIGURATION.studies else [])
    return any(files.issuperset(pages_of(study, page)) for page in on)


if workflow.is_main_process:
    earlier = of_earlier_version(Path(RESULTS, study) for study in PLAN.studies)
    if earlier:
        print(f"synthmix: {told(earlier)}", file=sys.stderr)


# The last of several such sections alone would count
onstart:
    require_credentials()  # before anything has run: not to be told after hours
    mark_new(files_of_run())
    if not workflow.local_exec:
        jobs_run_elsewhere()
    if PLAN.is_rehearsal:  # a job that fails must not keep the others from being proven
        workflow.scheduler.keepgoing = True
    # By default at most 100 jobs are started in a second. To keep to that the scheduler wakes up
    # once more in each second for every job that has ended, and after a few hundred takes a core
    # for itself. A limit that somebody asks for is kept.
    limiter = workflow.scheduler.job_rate_limiter
    if limiter and (limiter.max_jobs, limiter.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None


onerror:
    if PLAN.is_rehearsal:
        end_rehearsal()


onsuccess:
    if PLAN.is_rehearsal:
        end_rehearsal()
    files = files_of_run()
    whole = [Path(RESULTS, study) for study in PLAN.studies if is_whole(study, files)]
    for folder in of_earlier_version(whole):
        mark(folder)


rule fetch_all:
    input:
        lambda wildcards: [
            rules.fetch_dataset.output[0].format(raw=name) for name in PLAN.asked_raw
        ],
        lambda wildcards: [
            rules.fetch_weights.output[0].format(weights=name) for name in PLAN.asked_weights
        ],
        lambda wildcards: PLAN.score_weights,


rule index_all:
    input:
        rules.tabulate_datasets.output,
        rules.plot_datasets.output,


rule export_all:
    input:
        lambda wildcards: [
            rules.export_images.output[0].format(
                study=view.study, dataset=view.dataset, generator=name
            )
            for view in PLAN.asked
            for name in view.settings.generators
        ],


rule export_mixes:
    input:
        lambda wildcards: [
            rules.export_mix.output[0].format(study=view.study, dataset=view.dataset, mix=name)
            for view in PLAN.asked
            for name, planned in view.mixes.items()
            if planned.generator is not None
        ],


rule export_classifiers:
    input:
        lambda wildcards: of_asked_classifiers(rules.export_classifier.output[0]),


rule classify_images:
    input:
        lambda wildcards: of_asked_classifiers(rules.predict_new.output[0]),


def scope_of_data():
    """Say of which studies the data are that are fetched or asked for."""
    others = ", ".join(CONFIGURATION.others)
    more = f"; others by --config studies=, from {others}" if others else ""
    return f"data and weights of {', '.join(CONFIGURATION.studies)} at scale {SCALE}{more}"


# a study that is called as a rule runs by --config, and is no target
TAKEN = {rule.name for rule in workflow.rules}
SAME_NAMES = [
    f"{CONFIGURATION.study_files[study]} is called as the rule {study} of the workflow is, which"
    f" snakemake {study} asks for; --config studies= runs it, or rename the file"
    for study in PLAN.studies
    if study in TAKEN
]


# a target for each study, called as it is: its own page, and what is on none
for study in (study for study in PLAN.studies if study not in TAKEN):

    rule:
        name:
            study
        input:
            lambda wildcards, study=study: pages_of(study, f"{SCALE}/{study}/report"),


if workflow.is_main_process:
    if {"fetch_all", "check_downloads"} & set(sys.argv):
        print(f"synthmix: {scope_of_data()}", file=sys.stderr)
    for line in (*CONFIGURATION.passed_over, *SAME_NAMES):
        print(f"synthmix: {line}", file=sys.stderr)
