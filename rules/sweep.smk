"""Choosing the settings of a classifier in stages, each trained from the best of the one before."""

from synthmix.plan import classify
from synthmix.sweep.resolve import candidates as sweep_candidates, stages_of

SWEEP = DATASET + "/sweeps/{classifier}"


def sweep_of(wildcards):
    """Return the sweep of a classifier."""
    settings = study_of(wildcards).classifiers.get(wildcards.classifier)
    if settings is None or settings.sweep is None:
        raise WorkflowError(f"{wildcards.study} sweeps no settings of {wildcards.classifier}")
    return settings.sweep


def named(wildcards, **others):
    """Return wildcards with some of them changed."""
    return type(wildcards)(fromdict={**wildcards, **others})


def sweep_stages(wildcards):
    """Return the numbers of the stages of a sweep, from 1."""
    return list(range(1, len(sweep_of(wildcards).stages) + 1))


def candidates_of_stage(wildcards):
    """Return what sets each candidate of a stage apart, by its name."""
    sweep, stage = sweep_of(wildcards), int(wildcards.stage)
    if stage not in sweep_stages(wildcards):
        raise WorkflowError(f"the sweep of {wildcards.classifier} has no stage {stage}")
    return sweep_candidates(wildcards.classifier, sweep, stage)


def candidate_settings(wildcards):
    """Return what each candidate of a stage is trained with besides what earlier stages chose."""
    names = candidates_of_stage(wildcards)
    return of(lambda view: {name: dict(classify.trained(view, name).own) for name in names})(
        wildcards
    )


def candidates_predictions(part):
    """Return an input function: what the candidates of a stage say of their images of a `part`.

    They are trained on the first baseline: real images, of the first seed and fold.
    """

    def predictions(wildcards):
        baseline = of(lambda view: view.baseline)(wildcards)
        return [
            rules.predict.output[part].format(
                **named(wildcards, classifier=candidate),
                mix=baseline,
                seed=MASTER_SEED,
                fold=folds_of(wildcards)[0],
            )
            for candidate in candidates_of_stage(wildcards)
        ]

    return predictions


def scorer_of(wildcards):
    """Return how the predictions of candidates are scored."""
    study = study_of(wildcards)
    return {
        "classes": classes_of(wildcards),
        "positive_class": study.positive_class,
        "bootstrap_samples": study.evaluation.bootstrap_samples,
        "confidence": study.evaluation.confidence,
        "seed": MASTER_SEED,
    }


def chosen_before(wildcards):
    stage = int(wildcards.stage) - 1
    return (SWEEP + f"/stage{stage}.json").format(**wildcards) if stage else []


def all_stages(find):
    """Return an input function: what `find` gives for each stage of a sweep, one after the other."""
    return lambda wildcards: [
        file
        for stage in sweep_stages(wildcards)
        for file in find(named(wildcards, stage=str(stage)))
    ]


def sweep_files(view):
    """Return the tables of all sweeps of a data set."""
    return [
        pattern.format(study=view.study, dataset=view.dataset, classifier=classifier)
        for classifier in view.classifiers
        if view.settings.classifiers[classifier].sweep
        for pattern in rules.tabulate_sweep.output
    ]


rule choose_classifier:
    input:
        predictions=candidates_predictions("validation"),
        chosen_before=chosen_before,
    output:
        table=SWEEP + "/stage{stage}.csv",
        best=SWEEP + "/stage{stage}.json",
    log:
        LOGS + "/choose_classifier/{classifier}-stage{stage}.log",
    benchmark:
        BENCHMARKS + "/choose_classifier/{classifier}-stage{stage}.tsv"
    params:
        classifier=lambda wildcards: wildcards.classifier,
        candidates=candidates_of_stage,
        settings=candidate_settings,
        score=lambda wildcards: sweep_of(wildcards).score,
        scorer=scorer_of,
        code=code("choose_classifier"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    localrule: True
    conda:
        ENVIRONMENT
    message:
        "Choosing the settings of {wildcards.classifier}, stage {wildcards.stage}"
    script:
        "../scripts/choose_classifier.py"


rule tabulate_sweep:
    input:
        stages=lambda wildcards: expand(
            rules.choose_classifier.output.table, **wildcards, stage=sweep_stages(wildcards)
        ),
        predictions=all_stages(candidates_predictions("test")),
    output:
        table=DATASET + "/tables/sweep-{classifier}.csv",
        markdown=DATASET + "/tables/sweep-{classifier}.md",
    log:
        LOGS + "/tabulate_sweep/{classifier}.log",
    benchmark:
        BENCHMARKS + "/tabulate_sweep/{classifier}.tsv"
    params:
        candidates=all_stages(candidates_of_stage),
        scorer=scorer_of,
        leakage=leakage_of,
        code=code("tabulate_sweep"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Writing the table of the sweep of {wildcards.classifier}"
    script:
        "../scripts/tabulate_sweep.py"
