"""Figures, each drawn from tables that lie on disk."""

from itertools import product

FIGURES = DATASET + "/figures"


def trainings_of(wildcards, classifiers):
    """Return classifier, mix, seed and fold of all trainings of a study's `classifiers`.

    The wildcards that a job has already are left out.
    """
    names = ("classifier", "mix", "seed", "fold")
    values = (classifiers, mixes_of(wildcards), SEEDS, folds_of(wildcards))
    return [
        {name: value for name, value in zip(names, found) if name not in wildcards.keys()}
        for found in product(*values)
    ]


def test_trainings(wildcards):
    """Return (classifier, mix, seed) of each of `test_predictions`."""
    return [
        (training["classifier"], training["mix"], training["seed"])
        for training in trainings_of(wildcards, classifiers_of(wildcards))
    ]


def inspected(pattern):
    """Return an input function: `pattern` for the first seed and fold of a classifier and mix."""
    return lambda wildcards: pattern.format(
        **wildcards, seed=MASTER_SEED, fold=folds_of(wildcards)[0]
    )


def inspected_title(wildcards):
    return f"{wildcards.classifier}, {wildcards.mix}"


models_scored_while_training = of(generate.models_with_snapshots)


rule plot_samples:
    input:
        images=rules.prepare_images.output.images,
        split=rules.split_samples.output.split,
        pools=pools_of(rules.sample_generator.output.images),
    output:
        FIGURES + "/samples-{generator}.png",
    log:
        LOGS + "/plot_samples/{generator}.log",
    benchmark:
        BENCHMARKS + "/plot_samples/{generator}.tsv"
    params:
        classes=classes_of,
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_samples"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing real and synthetic images of {wildcards.generator}"
    script:
        "../scripts/plot_samples.py"


rule plot_quiz:
    input:
        images=rules.prepare_images.output.images,
        split=rules.split_samples.output.split,
        pools=pools_of(rules.sample_generator.output.images),
    output:
        figure=FIGURES + "/quiz-{generator}.png",
        key=DATASET + "/tables/quiz-{generator}-key.csv",
    log:
        LOGS + "/plot_quiz/{generator}.log",
    benchmark:
        BENCHMARKS + "/plot_quiz/{generator}.tsv"
    params:
        classes=classes_of,
        seed=MASTER_SEED,
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_quiz"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing real images and those of {wildcards.generator} for a quiz"
    script:
        "../scripts/plot_quiz.py"


rule plot_pipeline:
    input:
        pipeline=rules.measure_pipeline.output.table,
    output:
        FIGURES + "/pipeline.svg",
    log:
        LOGS + "/plot_pipeline.log",
    benchmark:
        BENCHMARKS + "/plot_pipeline.tsv"
    params:
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_pipeline"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing how fast the images of {wildcards.dataset} are read"
    script:
        "../scripts/plot_pipeline.py"


rule plot_census:
    input:
        census=rules.tabulate_census.output.table,
    output:
        FIGURES + "/census.svg",
    log:
        LOGS + "/plot_census.log",
    benchmark:
        BENCHMARKS + "/plot_census.tsv"
    params:
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_census"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing what the metadata says of {wildcards.dataset}"
    script:
        "../scripts/plot_census.py"


rule plot_mixes:
    input:
        mixes=rules.tabulate_study.output.mixes,
    output:
        FIGURES + "/mixes.svg",
    log:
        LOGS + "/plot_mixes.log",
    benchmark:
        BENCHMARKS + "/plot_mixes.tsv"
    params:
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_mixes"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing what the mixes are made of"
    script:
        "../scripts/plot_mixes.py"


rule plot_generator_history:
    input:
        lambda wildcards: [
            rules.train_generator.output.history.format(
                **wildcards, generator=generator, scope=scope
            )
            for generator, scope in models_of(wildcards)
        ],
    output:
        FIGURES + "/generator_history.svg",
    log:
        LOGS + "/plot_generator_history.log",
    benchmark:
        BENCHMARKS + "/plot_generator_history.tsv"
    params:
        names=lambda wildcards: [", ".join(model) for model in models_of(wildcards)],
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_generator_history"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing how the generators of {wildcards.dataset} learned"
    script:
        "../scripts/plot_generator_history.py"


rule plot_snapshots:
    input:
        lambda wildcards: [
            rules.train_generator.output.snapshots.format(
                **wildcards, generator=generator, scope=scope
            )
            for generator, scope in models_scored_while_training(wildcards)
        ],
    output:
        FIGURES + "/snapshots.svg",
    log:
        LOGS + "/plot_snapshots.log",
    benchmark:
        BENCHMARKS + "/plot_snapshots.tsv"
    params:
        names=lambda wildcards: [
            ", ".join(model) for model in models_scored_while_training(wildcards)
        ],
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_snapshots"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing how good the generators of {wildcards.dataset} were while they learned"
    script:
        "../scripts/plot_snapshots.py"


rule plot_classifier_history:
    input:
        histories=lambda wildcards: [
            rules.train_classifier.output.history.format(**wildcards, **training)
            for training in trainings_of(wildcards, [wildcards.classifier])
        ],
        mixes=rules.tabulate_study.output.mixes,
    output:
        FIGURES + "/classifier_history-{classifier}.svg",
    log:
        LOGS + "/plot_classifier_history/{classifier}.log",
    benchmark:
        BENCHMARKS + "/plot_classifier_history/{classifier}.tsv"
    params:
        trainings=lambda wildcards: [
            (training["mix"], training["seed"])
            for training in trainings_of(wildcards, [wildcards.classifier])
        ],
        metrics=lambda wildcards: (
            ["loss", "accuracy"]
            if study_of(wildcards).positive_class
            else ["loss", "accuracy", "macro_f1"]
        ),
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_classifier_history"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing how {wildcards.classifier} learned"
    script:
        "../scripts/plot_classifier_history.py"


rule plot_roc:
    input:
        predictions=test_predictions,
        metrics=rules.tabulate_study.output.metrics,
        mixes=rules.tabulate_study.output.mixes,
    output:
        FIGURES + "/roc.svg",
    log:
        LOGS + "/plot_roc.log",
    benchmark:
        BENCHMARKS + "/plot_roc.tsv"
    params:
        trainings=test_trainings,
        positive_class=lambda wildcards: study_of(wildcards).positive_class,
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_roc"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing the ROC curves of {wildcards.dataset}"
    script:
        "../scripts/plot_roc.py"


rule plot_calibration:
    input:
        predictions=test_predictions,
        metrics=rules.tabulate_study.output.metrics,
        mixes=rules.tabulate_study.output.mixes,
    output:
        FIGURES + "/calibration.svg",
    log:
        LOGS + "/plot_calibration.log",
    benchmark:
        BENCHMARKS + "/plot_calibration.tsv"
    params:
        trainings=test_trainings,
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_calibration"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing the calibration of the classifiers of {wildcards.dataset}"
    script:
        "../scripts/plot_calibration.py"


rule plot_examples:
    input:
        images=rules.prepare_images.output.images,
        split=rules.split_samples.output.split,
        predictions=lambda wildcards: expand(
            rules.predict.output.test, **wildcards, seed=MASTER_SEED, fold=folds_of(wildcards)
        ),
    output:
        FIGURES + "/examples/{classifier}/{mix}.png",
    log:
        LOGS + "/plot_examples/{classifier}/{mix}.log",
    benchmark:
        BENCHMARKS + "/plot_examples/{classifier}/{mix}.tsv"
    params:
        title=inspected_title,
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_examples"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing test images that {wildcards.classifier} of {wildcards.mix} gets right and wrong"
    script:
        "../scripts/plot_examples.py"


rule plot_feature_maps:
    input:
        model=inspected(rules.train_classifier.output.weights),
        predictions=inspected(rules.predict.output.test),
        weights=weights_files,
        images=rules.prepare_images.output.images,
        split=rules.split_samples.output.split,
    output:
        FIGURES + "/feature_maps/{classifier}/{mix}.png",
    log:
        LOGS + "/plot_feature_maps/{classifier}/{mix}.log",
    benchmark:
        BENCHMARKS + "/plot_feature_maps/{classifier}/{mix}.tsv"
    params:
        weights=weights_of,
        label=lambda wildcards: study_of(wildcards).positive_class or classes_of(wildcards)[0],
        title=inspected_title,
        demo=DEMO,
        leakage=leakage_of,
        code=classifier_code("plot_feature_maps"),
    threads: 1
    resources:
        mem_mb=memory(2500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing the feature maps of {wildcards.classifier} of {wildcards.mix}"
    script:
        "../scripts/plot_feature_maps.py"


rule plot_gradcam:
    input:
        model=inspected(rules.train_classifier.output.weights),
        predictions=inspected(rules.predict.output.test),
        weights=weights_files,
        images=rules.prepare_images.output.images,
        split=rules.split_samples.output.split,
    output:
        FIGURES + "/gradcam/{classifier}/{mix}.png",
    log:
        LOGS + "/plot_gradcam/{classifier}/{mix}.log",
    benchmark:
        BENCHMARKS + "/plot_gradcam/{classifier}/{mix}.tsv"
    params:
        weights=weights_of,
        title=inspected_title,
        demo=DEMO,
        leakage=leakage_of,
        code=classifier_code("plot_gradcam"),
    threads: 1
    resources:
        mem_mb=memory(2500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing where {wildcards.classifier} of {wildcards.mix} looks"
    script:
        "../scripts/plot_gradcam.py"


rule plot_real_share:
    input:
        summary=rules.tabulate_study.output.summary,
    output:
        FIGURES + "/{origin}_share.svg",
    log:
        LOGS + "/plot_real_share/{origin}.log",
    benchmark:
        BENCHMARKS + "/plot_real_share/{origin}.tsv"
    params:
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_real_share"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    wildcard_constraints:
        origin="real|synthetic",
    conda:
        ENVIRONMENT
    message:
        "Drawing how good the classifiers are against the share of {wildcards.origin} images"
    script:
        "../scripts/plot_real_share.py"


rule plot_metrics:
    input:
        summary=rules.tabulate_study.output.summary,
    output:
        FIGURES + "/metrics.svg",
    log:
        LOGS + "/plot_metrics.log",
    benchmark:
        BENCHMARKS + "/plot_metrics.tsv"
    params:
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_metrics"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing the metrics of {wildcards.dataset}"
    script:
        "../scripts/plot_metrics.py"


rule plot_comparison:
    input:
        comparison=rules.compare_mixes.output[0],
        mixes=rules.tabulate_study.output.mixes,
    output:
        FIGURES + "/comparison.svg",
    log:
        LOGS + "/plot_comparison.log",
    benchmark:
        BENCHMARKS + "/plot_comparison.tsv"
    params:
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_comparison"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing the mixes against their baselines"
    script:
        "../scripts/plot_comparison.py"


rule plot_confusion:
    input:
        confusion=rules.tabulate_study.output.confusion,
        mixes=rules.tabulate_study.output.mixes,
    output:
        FIGURES + "/confusion.svg",
    log:
        LOGS + "/plot_confusion.log",
    benchmark:
        BENCHMARKS + "/plot_confusion.tsv"
    params:
        demo=DEMO,
        leakage=leakage_of,
        code=code("plot_confusion"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing the confusion matrices of {wildcards.dataset}"
    script:
        "../scripts/plot_confusion.py"
