"""Mixes of real and synthetic images, as tables of references."""


def pool_files(pattern):
    """Return an input function: `pattern` for each class of the mix's generator, if it has one."""

    def files(wildcards):
        generator = mix_of(wildcards).generator
        if generator is None:
            return []
        return expand(pattern, **wildcards, generator=generator, label=classes_of(wildcards))

    return files


def trained_files(pattern, wildcards, mix):
    """Return `pattern` for each model of the mix's generator, if it has one."""
    if mix.generator is None:
        return []
    scopes = scopes_of(study_of(wildcards).generators[mix.generator], classes_of(wildcards))
    return expand(pattern, **wildcards, generator=mix.generator, scope=scopes)


rule compose_mix:
    input:
        split=rules.split_samples.output.split,
        pools=pool_files(rules.sample_generator.output.table),
        trained_on=lambda wildcards: (
            trained_files(rules.train_generator.output.trained_on, wildcards, mix_of(wildcards))
        ),
    output:
        DATASET + "/mixes/{mix}.csv",
    log:
        LOGS + "/compose_mix/{mix}.log",
    benchmark:
        BENCHMARKS + "/compose_mix/{mix}.tsv"
    params:
        mix=lambda wildcards: mix_of(wildcards).to_dict(),
        classes=classes_of,
        seed=MASTER_SEED,
        code=code("compose_mix"),
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    conda:
        ENVIRONMENT
    message:
        "Composing the mix {wildcards.mix}"
    script:
        "../scripts/compose_mix.py"
