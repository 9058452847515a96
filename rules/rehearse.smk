"""What a rehearsal checks besides running every job in short, and what it says in the end."""

from synthmix.plan import rehearse
from synthmix.rehearse.tabulate_rehearsal import FAILED, Job, tabulate_rehearsal


use rule job as check_counts with:
    input:
        index=rules.index_dataset.output.index,
    output:
        DATASET + "/counts.csv",
    params:
        **runs("check_counts"),
        counts=of(rehearse.counts),
        seed=MASTER_SEED,
    pathvars:
        job="check_counts",
    message:
        "Checking that {wildcards.dataset} has the images that {wildcards.study} asks for"


use rule job as check_disk with:
    output:
        RESULTS + "/{study}/disk.csv",
    params:
        **runs("check_disk"),
        python=PYTHON,
        snakefile=workflow.main_snakefile,
        study=lambda wildcards: str(CONFIGURATION.study_files[wildcards.study]),
        published=lambda wildcards: {
            "/".join(key): dict(view.data.published_images)
            for key, view in PLAN.views.items()
            if view.study == wildcards.study
        },
    pathvars:
        **OF_THE_RUN,
        job="check_disk/{study}",
    localrule: True
    message:
        "Checking that the files of {wildcards.study} have room"


def checks_of(views):
    """Return what a rehearsal checks of the full run: images counted, and room on the disk."""
    if not PLAN.is_rehearsal:
        return []
    counts, space = rules.check_counts.output[0], rules.check_disk.output[0]
    studies = dict.fromkeys(view.study for view in views)
    return [
        *(
            counts.format(study=view.study, dataset=view.dataset)
            for view in views
            if rehearse.knows_counts(view)
        ),
        *(space.format(study=study) for study in studies),
    ]


def as_told(job):
    """Return a job as the table of a rehearsal names it."""
    names = ", ".join(f"{key}={value}" for key, value in job.wildcards_dict.items() if value)
    return Job(job.rule.name, names, Path(job.log[0]) if job.log else Path())


def end_rehearsal():
    """Write what a rehearsal has found, and say it on the screen."""
    dag = workflow.dag
    failed = getattr(getattr(workflow, "scheduler", None), "failed", set())
    left = [job for job in dag.needrun_jobs() if job not in failed and not dag.finished(job)]
    found = tabulate_rehearsal(
        sorted(map(as_told, failed), key=str),
        sorted(map(as_told, left), key=str),
        rehearse.stood_in_for(PLAN),
        rehearse.unproven(PLAN),
        f"{RESULTS}/rehearsal.csv",
        f"{RESULTS}/rehearsal.md",
    )
    for row in found[found["kind"] == FAILED].itertuples():
        print(f"synthmix: {row.rule} {row.job}: {row.message}", file=sys.stderr)
    print(f"synthmix: what the rehearsal found: {RESULTS}/rehearsal.md", file=sys.stderr)


if PLAN.is_rehearsal and workflow.is_main_process:
    for line in rehearse.stood_in_for(PLAN):
        print(f"synthmix: stood in for: {line}", file=sys.stderr)
