"""Synthetic images for use elsewhere: a zip a generator, with a data card. Not part of `all`."""


def models_of_generator(pattern):
    """Return an input function: `pattern` for each model of a generator."""
    return lambda wildcards: expand(
        pattern,
        **wildcards,
        scope=scopes_of(generator_of(wildcards), classes_of(wildcards)),
    )


def export_settings(wildcards):
    """Return the export settings of a study with the truncation filled in."""
    study = study_of(wildcards)
    asked = study.export.model_dump(mode="json")
    if asked["truncation"] is None:
        asked["truncation"] = study.pools.truncation
    return asked


rule export_images:
    input:
        weights=models_of_generator(rules.train_generator.output.weights),
        trained_on=models_of_generator(rules.train_generator.output.trained_on),
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
        settings=export_settings,
        scored_truncation=lambda wildcards: study_of(wildcards).pools.truncation,
        title=lambda wildcards: study_of(wildcards).title,
        stand_in=lambda wildcards: getattr(dataset_of(wildcards), "embedded", None) is not None,
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
