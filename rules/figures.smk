"""Figures, each drawn from tables that lie on disk."""

FIGURES = DATASET + "/figures"


def expand_mixes(pattern, **more):
    """Return an input function: `pattern` for every mix and fold of a study's data set."""
    return lambda wildcards: expand(
        pattern, **wildcards, mix=mixes_of(wildcards), fold=folds_of(wildcards), **more
    )


def models_scored_while_training(wildcards):
    generators = study_of(wildcards).generators
    return [model for model in models_of(wildcards) if generators[model[0]].snapshots]


rule plot_samples:
    input:
        images=rules.prepare_images.output.images,
        split=rules.split_samples.output.split,
        pools=lambda wildcards: expand(
            rules.sample_generator.output.images, **wildcards, label=classes_of(wildcards)
        ),
    output:
        FIGURES + "/samples-{generator}.png",
    log:
        LOGS + "/plot_samples/{generator}.log",
    benchmark:
        BENCHMARKS + "/plot_samples/{generator}.tsv"
    params:
        classes=classes_of,
        demo=DEMO,
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
        histories=expand_mixes(rules.train_classifier.output.history, seed=SEEDS),
        mixes=rules.tabulate_study.output.mixes,
    output:
        FIGURES + "/classifier_history-{classifier}.svg",
    log:
        LOGS + "/plot_classifier_history/{classifier}.log",
    benchmark:
        BENCHMARKS + "/plot_classifier_history/{classifier}.tsv"
    params:
        trainings=lambda wildcards: [(mix, seed) for mix in mixes_of(wildcards) for seed in SEEDS],
        demo=DEMO,
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


rule plot_real_share:
    input:
        summary=rules.tabulate_study.output.summary,
    output:
        FIGURES + "/real_share.svg",
    log:
        LOGS + "/plot_real_share.log",
    benchmark:
        BENCHMARKS + "/plot_real_share.tsv"
    params:
        demo=DEMO,
        code=code("plot_real_share"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Drawing accuracy against the share of real images"
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
