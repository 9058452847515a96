"""Raw data and starting weights."""


def weights_path(name):
    return f"{DATA}/weights/{name}.safetensors"


STARTING = {"network", "weights", "unfrozen_layers", "unfrozen_share"}

# a classifier's settings by the name of the weights it starts from; classifiers may share them
WEIGHTS = {
    weights_name(settings, MASTER_SEED): settings
    for key in MIXES
    for classifier in TRAINED[key]
    for mix in trainings_on(key)
    for settings in possible_settings(
        trained_on(key, classifier, mix), VIEWS[key].classifiers, STARTING
    )
    if weights_name(settings, MASTER_SEED) is not None
}


def own_weights(wildcards):
    """Return the user's own file of weights, where a classifier starts from one."""
    weights = WEIGHTS[wildcards.weights]["weights"]
    return [] if weights in ("imagenet", "none") else str(expanded(weights))


def raw_of(wildcards):
    """Return the data set whose raw files lie in a folder."""
    if wildcards.raw not in RAW:
        raise WorkflowError(
            f"no data set at scale {SCALE} lies in {DATA}/{wildcards.raw}, but in "
            f"{', '.join(sorted(RAW))}; --config scale=paper has the public ones"
        )
    return RAW[wildcards.raw]


rule fetch_dataset:
    output:
        f"{DATA}/{{raw}}/fetched.json",
    log:
        f"{DATA}/{{raw}}/fetch_dataset.log",
    benchmark:
        f"{DATA}/{{raw}}/fetch_dataset.tsv"
    params:
        source=lambda wildcards: raw_of(wildcards).source,
        settings=lambda wildcards: raw_of(wildcards).raw_settings(),
        state=lambda wildcards: raw_state(raw_of(wildcards)),
        code=code("fetch_dataset", lambda wildcards: dataset_modules(raw_of(wildcards).source)),
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(24 * 60),
    localrule: True
    conda:
        ENVIRONMENT
    message:
        "Fetching {wildcards.raw}"
    script:
        "../scripts/fetch_dataset.py"


def require_credentials():
    """Raise WorkflowError where data that this run fetches ask for a password that is not there."""
    try:
        require_ready(
            (job.params.source, job.params.settings, Path(job.output[0]).parent)
            for job in workflow.dag.needrun_jobs()
            if job.rule.name == "fetch_dataset"
        )
    except UserError as error:
        raise WorkflowError(str(error)) from None


rule fetch_weights:
    input:
        own_weights,
    output:
        f"{DATA}/weights/{{weights}}.safetensors",
    log:
        f"{DATA}/weights/{{weights}}.log",
    benchmark:
        f"{DATA}/weights/{{weights}}.tsv"
    params:
        network=lambda wildcards: WEIGHTS[wildcards.weights]["network"],
        weights=lambda wildcards: WEIGHTS[wildcards.weights]["weights"],
        seed=MASTER_SEED,
        code=lambda wildcards: code_digest(
            "fetch_weights", *classifier_modules(WEIGHTS[wildcards.weights]["network"])
        ),
    threads: 1
    resources:
        mem_mb=memory(2500),
        runtime=minutes(60),
    localrule: True
    conda:
        ENVIRONMENT
    message:
        "Fetching the weights {wildcards.weights}"
    script:
        "../scripts/fetch_weights.py"
