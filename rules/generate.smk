"""Training generators and drawing pools of synthetic images."""


def generator_code(rule):
    return code(rule, lambda wildcards: generator_module(generator_of(wildcards).model))


rule train_generator:
    input:
        images=rules.prepare_images.output.images,
        split=rules.split_samples.output.split,
    output:
        weights=DATASET + "/generators/{generator}/{label}/weights.safetensors",
        history=DATASET + "/generators/{generator}/{label}/history.csv",
        sheet=DATASET + "/generators/{generator}/{label}/sheet.png",
        trained_on=DATASET + "/generators/{generator}/{label}/trained_on.csv",
    log:
        LOGS + "/train_generator/{generator}-{label}.log",
    benchmark:
        BENCHMARKS + "/train_generator/{generator}-{label}.tsv"
    params:
        settings=settings(generator_of),
        seed=MASTER_SEED,
        code=generator_code("train_generator"),
        checkpoint=DATASET + "/checkpoints/{generator}-{label}.pt",
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2000, lambda wildcards: 4000 * image_bytes(wildcards)),
        runtime=minutes(60, lambda wildcards: generator_of(wildcards).epochs),
    conda:
        ENVIRONMENT
    message:
        "Training {wildcards.generator} on class {wildcards.label} of {wildcards.dataset}"
    script:
        "../scripts/train_generator.py"


rule sample_generator:
    input:
        weights=rules.train_generator.output.weights,
    output:
        images=DATASET + "/stores/{generator}/{label}.npy",
        table=DATASET + "/stores/{generator}/{label}.csv",
    log:
        LOGS + "/sample_generator/{generator}-{label}.log",
    benchmark:
        BENCHMARKS + "/sample_generator/{generator}-{label}.tsv"
    params:
        model=lambda wildcards: generator_of(wildcards).model,
        images=lambda wildcards: pool_size(
            mixes_of(wildcards).values(), wildcards.generator, wildcards.label
        ),
        truncation=lambda wildcards: study_of(wildcards).pools.truncation,
        code=generator_code("sample_generator"),
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2000, lambda wildcards: 1000 * image_bytes(wildcards)),
        runtime=minutes(60),
    conda:
        ENVIRONMENT
    message:
        "Drawing synthetic images of class {wildcards.label} from {wildcards.generator}"
    script:
        "../scripts/sample_generator.py"
