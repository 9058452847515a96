"""Choosing the settings of a classifier in stages, each trained from the best of the one before."""

from synthmix.sweep.resolve import candidates as sweep_candidates

SWEEP = DATASET + "/sweeps/{classifier}"


def sweep_of(wildcards):
    """Return the sweep of a classifier."""
    settings = study_of(wildcards).classifiers.get(wildcards.classifier)
    if settings is None or settings.sweep is None:
        raise WorkflowError(f"{wildcards.study} sweeps no settings of {wildcards.classifier}")
    return settings.sweep


def candidates_of_stage(wildcards):
    """Return what sets each candidate of a stage apart, by its name."""
    return sweep_candidates(wildcards.classifier, sweep_of(wildcards), int(wildcards.stage))


def candidates_predictions(wildcards):
    """Return what the candidates of a stage say of their validation images.

    They are trained on the first baseline: real images, of the first seed and fold.
    """
    baseline = next(mix.name for mix in mixes_of(wildcards).values() if mix.is_baseline)
    return [
        rules.predict.output.validation.format(
            **named(wildcards, classifier=candidate),
            mix=baseline,
            seed=MASTER_SEED,
            fold=folds_of(wildcards)[0],
        )
        for candidate in candidates_of_stage(wildcards)
    ]


def chosen_before(wildcards):
    stage = int(wildcards.stage) - 1
    return (SWEEP + f"/stage{stage}.json").format(**wildcards) if stage else []


rule choose_classifier:
    input:
        predictions=candidates_predictions,
        chosen_before=chosen_before,
    output:
        table=SWEEP + "/stage{stage}.csv",
        best=SWEEP + "/stage{stage}.json",
    log:
        LOGS + "/choose_classifier/{classifier}-stage{stage}.log",
    benchmark:
        BENCHMARKS + "/choose_classifier/{classifier}-stage{stage}.tsv"
    params:
        candidates=candidates_of_stage,
        score=lambda wildcards: sweep_of(wildcards).score,
        classes=classes_of,
        positive_class=lambda wildcards: study_of(wildcards).positive_class,
        code=code("choose_classifier"),
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    wildcard_constraints:
        stage="[0-9]+",
    conda:
        ENVIRONMENT
    message:
        "Choosing the settings of {wildcards.classifier}, stage {wildcards.stage}"
    script:
        "../scripts/choose_classifier.py"
