"""Metrics with their intervals, comparisons and tables, all from the predictions."""

from synthmix.plan import classify, evaluate, mix

evaluation_of = of(evaluate.settings)
measure_of = of(evaluate.measure)

# the predictions of all test images: by classifier, mix, seed and fold
test_predictions = files_of(
    rules.predict.output.test,
    classifier=classify.names,
    mix=mix.names,
    seed=SEEDS,
    fold=evaluate.folds,
)


rule score_predictions:
    input:
        test=files_of(rules.predict.output.test, seed=SEEDS, fold=evaluate.folds),
        validation=files_of(rules.predict.output.validation, seed=SEEDS, fold=evaluate.folds),
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
        positive_class=positive_class_of,
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
        mixes=of(mix.all_plain),
        classifiers=classifiers_of,
        seeds=SEEDS,
        folds=folds_of,
        classes=classes_of,
        positive_class=positive_class_of,
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
        mixes=of(mix.names),
        classifiers=classifiers_of,
        seeds=SEEDS,
        folds=folds_of,
        classes=classes_of,
        positive_class=positive_class_of,
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
        mixes=files_of(rules.compose_mix.output[0], mix=mix.names, fold=evaluate.first_fold),
        metrics=files_of(
            rules.score_predictions.output.metrics, classifier=classify.names, mix=mix.names
        ),
        confusion=files_of(
            rules.score_predictions.output.confusion, classifier=classify.names, mix=mix.names
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
        mixes=of(mix.all_plain),
        classifiers=classifiers_of,
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
