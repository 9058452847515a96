"""What a rehearsal checks besides running every job in short, and what it says in the end."""

from synthmix.plan import rehearse
from synthmix.rehearse.outcome import Job, Outcome


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


def run_together():
    """Return the studies that the targets of this run are of, without any those of config.yaml."""
    several = {
        "all": CONFIGURATION.studies,
        "all_studies": PLAN.studies,
        "paper_tables": PLAN.as_published,
    }
    targets = workflow.dag_settings.targets
    named = {study for target in targets for study in several.get(target, [target])}
    return [study for study in PLAN.studies if study in named] or list(CONFIGURATION.studies)


# of all studies at once: on their own each of them may have room, and what they share counts once
use rule job as check_disk with:
    output:
        RESULTS + "/disk.csv",
    params:
        **runs("check_disk"),
        python=PYTHON,
        snakefile=workflow.main_snakefile,
        # by their files: a study may lie anywhere
        studies=lambda wildcards: [str(CONFIGURATION.study_files[name]) for name in run_together()],
        published=lambda wildcards: {
            "/".join(key): dict(view.data.published_images)
            for key, view in PLAN.views.items()
            if view.study in run_together()
        },
    pathvars:
        **OF_THE_RUN,
        job="check_disk",
    localrule: True
    message:
        "Checking that the files of the full run have room"


def checks_of(views):
    """Return what a rehearsal checks of the full run: images counted, and room on the disk."""
    if not PLAN.is_rehearsal:
        return []
    counts = rules.check_counts.output[0]
    return [
        *(
            counts.format(study=view.study, dataset=view.dataset)
            for view in views
            if rehearse.knows_counts(view)
        ),
        rules.check_disk.output[0],
    ]


# they ask about a run, and are no part of it
ASKING = {"estimate", "check_downloads"}


def study_of(job):
    """Return the study of a job, or the first of those that need it; "" of pages about several."""
    dag = workflow.dag
    found = {each.wildcards_dict.get("study") for each in dag.bfs(dag.depending, job)}
    return min(filter(None, found), default="")


def as_told(job):
    """Return a job as the table of a rehearsal names it."""
    names = ", ".join(f"{key}={value}" for key, value in job.wildcards_dict.items() if value)
    return Job(study_of(job), job.rule.name, names, Path(job.log[0]) if job.log else Path())


def outcome_of(jobs):
    """Return how these jobs of the run have ended."""
    dag, failed = workflow.dag, workflow.scheduler.failed
    left = {job for job in dag.needrun_jobs() if job not in failed and not dag.finished(job)}
    told = {job: as_told(job) for job in jobs}
    files = files_of_run()
    return Outcome(
        sorted((told[job] for job in jobs if job in failed), key=str),
        sorted((told[job] for job in jobs if job in left), key=str),
        [told[job] for job in jobs if job not in left and job not in failed],
        [study for study in PLAN.studies if is_whole(study, files)],
    )


def foretold_of(studies):
    """Return what the full run of some studies will take; None, with a message, if unknown."""
    from synthmix.estimate.jobs import plan
    from synthmix.rehearse.foretell import foretell

    def planned(settings):
        return plan(PYTHON, Path(workflow.main_snakefile), settings, cores=workflow.cores or 1)

    published = {
        "/".join(key): dict(view.written.datasets[view.dataset].published_images)
        for key, view in PLAN.views.items()
    }
    try:
        # by its file: a study may lie anywhere
        files = [str(CONFIGURATION.study_files[study]) for study in studies]
        return foretell(planned, dict(config), files, published)
    except UserError as error:
        print(f"synthmix: what the full run takes is not known: {error}", file=sys.stderr)
        return None


def end_rehearsal():
    """Write what a rehearsal has found, and say it on the screen; nothing of another run."""
    jobs = [j for j in workflow.dag.jobs if not j.is_norun and j.rule.name not in ASKING]
    if not jobs or workflow.touch:
        return
    # what draws and estimates is long to import, and of no use to the jobs, which read this too
    from synthmix.rehearse.tabulate_rehearsal import failure_in, tabulate_rehearsal

    outcome = outcome_of(jobs)
    studies = sorted({study for job in jobs if (study := job.wildcards_dict.get("study"))})
    tabulate_rehearsal(
        outcome,
        {study: rehearse.stood_in_for(PLAN, study) for study in studies},
        {study: rehearse.unproven(PLAN, study) for study in studies},
        foretold_of(studies) if studies else None,
        PLAN.studies,
        Path(RESULTS),
    )
    for job in outcome.failed:
        print(f"synthmix: {job.rule} {job.name}: {failure_in(job.log)}", file=sys.stderr)
    print(f"synthmix: what the rehearsal found: {RESULTS}/rehearsal.html", file=sys.stderr)


if PLAN.is_rehearsal and workflow.is_main_process:
    stood_in = [rehearse.stood_in_for(PLAN, study) for study in CONFIGURATION.studies]
    for line in sorted({line for lines in stood_in for line in lines}):
        print(f"synthmix: stood in for: {line}", file=sys.stderr)
