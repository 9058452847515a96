"""Selections among the real images, and mixes of real and synthetic ones, as tables."""

from synthmix.plan import mix


rule select_samples:
    input:
        images=rules.prepare_images.output.images,
        split=rules.split_samples.output.split,
    output:
        DATASET + "/selections/{selection}.csv",
    log:
        LOGS + "/select_samples/{selection}.log",
    benchmark:
        BENCHMARKS + "/select_samples/{selection}.tsv"
    params:
        name=lambda wildcards: wildcards.selection,
        settings=settings_of(mix.selection_settings),
        seed=MASTER_SEED,
        code=code("select_samples"),
    threads: 1
    resources:
        # the images as float32, and once more those that stay
        mem_mb=memory(1000, lambda wildcards: 8 * 4000 * image_bytes(wildcards)),
        runtime=minutes(120),
    conda:
        ENVIRONMENT
    message:
        "Selecting training images of {wildcards.dataset} by {wildcards.selection}"
    script:
        "../scripts/select_samples.py"


rule compose_mix:
    input:
        split=rules.split_samples.output.split,
        pools=files_of(rules.sample_generator.output.table, mix.models),
        trained_on=files_of(rules.train_generator.output.trained_on, mix.models),
        selection=file_of(rules.select_samples.output[0], selection=mix.selection),
    output:
        DATASET + "/mixes/{mix}{fold}.csv",
    log:
        LOGS + "/compose_mix/{mix}{fold}.log",
    benchmark:
        BENCHMARKS + "/compose_mix/{mix}{fold}.tsv"
    params:
        mix=of(mix.plain),
        classes=classes_of,
        fold=lambda wildcards: wildcards.fold,
        seed=MASTER_SEED,
        code=code("compose_mix"),
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    localrule: True
    conda:
        ENVIRONMENT
    message:
        "Composing the mix {wildcards.mix}{wildcards.fold}"
    script:
        "../scripts/compose_mix.py"
