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


def counts_of(views):
    """Return the files of a rehearsal that count the images of the full run."""
    return [
        rules.check_counts.output[0].format(study=view.study, dataset=view.dataset)
        for view in views
        if PLAN.is_rehearsal and rehearse.knows_counts(view)
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
