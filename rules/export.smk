"""Synthetic images for use elsewhere: a zip a generator, with a data card. Not part of `all`."""

from synthmix.plan import export, generate, prepare


rule export_images:
    input:
        weights=pools_of(rules.train_generator.output.weights),
        trained_on=pools_of(rules.train_generator.output.trained_on),
        split=rules.split_samples.output.split,
        fetched=fetched_of,
        scores=rules.score_generator.output.scores,
        pairs=rules.score_generator.output.pairs,
    output:
        DATASET + "/exports/{generator}.zip",
    log:
        LOGS + "/export_images/{generator}.log",
    benchmark:
        BENCHMARKS + "/export_images/{generator}.tsv"
    params:
        classes=classes_of,
        settings=of(export.settings),
        scored_truncation=of(lambda view: view.settings.pools.truncation),
        title=of(lambda view: view.settings.title),
        stand_in=of(prepare.is_stand_in),
        demo=DEMO,
        leakage=leakage_of,
        code=generator_code("export_images"),
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2000, lambda wildcards: 1000 * image_bytes(wildcards)),
        runtime=minutes(60),
    conda:
        ENVIRONMENT
    message:
        "Packing images of {wildcards.generator} with a data card"
    script:
        "../scripts/export_images.py"
