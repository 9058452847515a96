"""Raw data and starting weights."""

from synthmix.acquire.fetch_dataset import require_ready
from synthmix.plan import acquire


def raw_of(wildcards):
    """Return the data set whose raw files lie in a folder."""
    with messages():
        return PLAN.raw_of(wildcards.raw)


def starting_of(wildcards):
    """Return the settings of a classifier that starts from a file of weights."""
    with messages():
        return PLAN.starting_of(wildcards.weights)


use rule job as fetch_dataset with:
    output:
        f"{DATA}/{{raw}}/fetched.json",
    params:
        **runs("fetch_dataset", lambda wildcards: acquire.modules(raw_of(wildcards))),
        source=lambda wildcards: raw_of(wildcards).source,
        settings=lambda wildcards: raw_of(wildcards).raw_settings(),
        state=lambda wildcards: acquire.raw_state(raw_of(wildcards)),
    resources:
        mem_mb=memory(2000),
        runtime=minutes(24 * 60),
    pathvars:
        logs=f"{DATA}/{{raw}}",
        benchmarks=f"{DATA}/{{raw}}",
        job="fetch_dataset",
    localrule: True
    message:
        "Fetching {wildcards.raw}"


def require_credentials():
    """Raise WorkflowError where data that this run fetches ask for a password that is not there."""
    with messages():
        require_ready(
            (job.params.source, job.params.settings, Path(job.output[0]).parent)
            for job in workflow.dag.needrun_jobs()
            if job.rule.name == "fetch_dataset"
        )


use rule job as fetch_weights with:
    input:
        lambda wildcards: acquire.own_weights(starting_of(wildcards)),
    output:
        f"{PLAN.downloads}/{{weights}}.safetensors",
    params:
        **runs("fetch_weights", lambda wildcards: acquire.network_modules(starting_of(wildcards))),
        **in_rehearsal(kept=lambda wildcards: f"{DATA}/weights/{wildcards.weights}.safetensors"),
        network=lambda wildcards: starting_of(wildcards)["network"],
        weights=lambda wildcards: starting_of(wildcards)["weights"],
        seed=MASTER_SEED,
    resources:
        mem_mb=memory(2500),
        runtime=minutes(60),
    pathvars:
        logs=f"{PLAN.downloads}",
        benchmarks=f"{PLAN.downloads}",
        job="{weights}",
    localrule: True
    message:
        "Fetching the weights {wildcards.weights}"
