"""Metrics with their intervals, comparisons and tables, all from the predictions."""


def is_trained(wildcards):
    """Return whether classifiers are trained on a data set: where one takes its images."""
    return key_of(wildcards) in MIXES and bool(classifiers_of(wildcards))


def evaluation_of(wildcards):
    """Return how a job judges predictions; the threshold is in them already."""
    return study_of(wildcards).evaluation.model_dump(mode="json", exclude={"threshold", "verdict"})


def measure_of(wildcards):
    """Return the measure that verdicts are about."""
    return study_of(wildcards).evaluation.verdict


def test_predictions(wildcards):
    """Return the predictions of all test images: by classifier, mix, seed and fold."""
    return expand(
        rules.predict.output.test,
        **wildcards,
        classifier=classifiers_of(wildcards),
        mix=mixes_of(wildcards),
        seed=SEEDS,
        fold=folds_of(wildcards),
    )


rule score_predictions:
    input:
        test=lambda wildcards: expand(
            rules.predict.output.test, **wildcards, seed=SEEDS, fold=folds_of(wildcards)
        ),
        validation=lambda wildcards: expand(
            rules.predict.output.validation, **wildcards, seed=SEEDS, fold=folds_of(wildcards)
        ),
    output:
        metrics=DATASET + "/metrics/{classifier}/{mix}.csv",
        confusion=DATASET + "/metrics/{classifier}/{mix}.confusion.csv",
    log:
        LOGS + "/score_predictions/{classifier}/{mix}.log",
    benchmark:
        BENCHMARKS + "/score_predictions/{classifier}/{mix}.tsv"
    params:
        seeds=SEEDS,
        folds=folds_of,
        classes=classes_of,
        positive_class=lambda wildcards: study_of(wildcards).positive_class,
        leakage=leakage_of,
        evaluation=evaluation_of,
        code=code("score_predictions"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(10),
    conda:
        ENVIRONMENT
    message:
        "Scoring {wildcards.classifier} of {wildcards.mix}"
    script:
        "../scripts/score_predictions.py"


rule compare_mixes:
    input:
        test_predictions,
    output:
        DATASET + "/tables/comparison.csv",
    log:
        LOGS + "/compare_mixes.log",
    benchmark:
        BENCHMARKS + "/compare_mixes.tsv"
    params:
        mixes=lambda wildcards: [mix.to_dict() for mix in mixes_of(wildcards).values()],
        classifiers=classifiers_of,
        seeds=SEEDS,
        folds=folds_of,
        classes=classes_of,
        positive_class=lambda wildcards: study_of(wildcards).positive_class,
        leakage=leakage_of,
        evaluation=evaluation_of,
        measure=measure_of,
        code=code("compare_mixes"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(30),
    conda:
        ENVIRONMENT
    message:
        "Comparing the mixes of {wildcards.dataset} with their baselines"
    script:
        "../scripts/compare_mixes.py"


rule compare_classifiers:
    input:
        test_predictions,
    output:
        DATASET + "/tables/classifier_comparison.csv",
    log:
        LOGS + "/compare_classifiers.log",
    benchmark:
        BENCHMARKS + "/compare_classifiers.tsv"
    params:
        mixes=lambda wildcards: list(mixes_of(wildcards)),
        classifiers=classifiers_of,
        seeds=SEEDS,
        folds=folds_of,
        classes=classes_of,
        positive_class=lambda wildcards: study_of(wildcards).positive_class,
        leakage=leakage_of,
        evaluation=evaluation_of,
        measure=measure_of,
        code=code("compare_classifiers"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(30),
    conda:
        ENVIRONMENT
    message:
        "Comparing the classifiers of {wildcards.dataset}"
    script:
        "../scripts/compare_classifiers.py"


rule tabulate_study:
    input:
        mixes=lambda wildcards: expand(
            rules.compose_mix.output[0],
            **wildcards,
            mix=mixes_of(wildcards),
            fold=folds_of(wildcards)[0],
        ),
        metrics=lambda wildcards: expand(
            rules.score_predictions.output.metrics,
            **wildcards,
            classifier=classifiers_of(wildcards),
            mix=mixes_of(wildcards),
        ),
        confusion=lambda wildcards: expand(
            rules.score_predictions.output.confusion,
            **wildcards,
            classifier=classifiers_of(wildcards),
            mix=mixes_of(wildcards),
        ),
        comparison=rules.compare_mixes.output[0],
        classifier_comparison=rules.compare_classifiers.output[0],
    output:
        mixes=DATASET + "/tables/mixes.csv",
        metrics=DATASET + "/tables/metrics.csv",
        confusion=DATASET + "/tables/confusion.csv",
        summary=DATASET + "/tables/summary.csv",
        summary_markdown=DATASET + "/tables/summary.md",
    log:
        LOGS + "/tabulate_study.log",
    benchmark:
        BENCHMARKS + "/tabulate_study.tsv"
    params:
        mixes=lambda wildcards: [mix.to_dict() for mix in mixes_of(wildcards).values()],
        classifiers=lambda wildcards: classifiers_of(wildcards),
        leakage=leakage_of,
        measure=measure_of,
        code=code("tabulate_study"),
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    conda:
        ENVIRONMENT
    message:
        "Writing the tables of {wildcards.study}, {wildcards.dataset}"
    script:
        "../scripts/tabulate_study.py"
