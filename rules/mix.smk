"""Selections among the real images, and mixes of real and synthetic ones, as tables."""


def of_models(pattern):
    """Return an input function: `pattern` for each model of the mix's generator, if it has one."""

    def files(wildcards):
        generator = mix_of(wildcards).generator
        if generator is None:
            return []
        scopes = scopes_of(study_of(wildcards).generators[generator], classes_of(wildcards))
        return expand(pattern, **wildcards, generator=generator, scope=scopes)

    return files


def selection_file(wildcards):
    """Return the table of the mix's selection, if it has one."""
    selection = mix_of(wildcards).selection
    if selection is None:
        return []
    return rules.select_samples.output[0].format(**wildcards, selection=selection)


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
        settings=settings(selection_of),
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
        pools=of_models(rules.sample_generator.output.table),
        trained_on=of_models(rules.train_generator.output.trained_on),
        selection=selection_file,
    output:
        DATASET + "/mixes/{mix}{fold}.csv",
    log:
        LOGS + "/compose_mix/{mix}{fold}.log",
    benchmark:
        BENCHMARKS + "/compose_mix/{mix}{fold}.tsv"
    params:
        mix=lambda wildcards: mix_of(wildcards).to_dict(),
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
