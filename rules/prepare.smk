"""From raw files to a store of equal images, split by patient."""


def fetched_of(wildcards):
    return f"{DATA}/{raw_name(dataset_of(wildcards))}/fetched.json"


def test_sample_of(wildcards):
    sample = study_of(wildcards).test_sample
    return sample and sample.model_dump(mode="json")


rule index_dataset:
    input:
        fetched=fetched_of,
    output:
        DATASET + "/index.csv",
    log:
        LOGS + "/index_dataset.log",
    benchmark:
        BENCHMARKS + "/index_dataset.tsv"
    params:
        settings=settings(dataset_of),
        state=lambda wildcards: dataset_state(dataset_of(wildcards)),
        code=code("index_dataset", lambda wildcards: DATASETS[dataset_of(wildcards).source]),
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(30),
    conda:
        ENVIRONMENT
    message:
        "Listing the images of {wildcards.dataset}"
    script:
        "../scripts/index_dataset.py"


rule prepare_images:
    input:
        fetched=fetched_of,
        index=rules.index_dataset.output[0],
    output:
        images=DATASET + "/stores/real.npy",
        table=DATASET + "/stores/real.csv",
        rejected=DATASET + "/rejected.csv",
    log:
        LOGS + "/prepare_images.log",
    benchmark:
        BENCHMARKS + "/prepare_images.tsv"
    params:
        settings=settings(lambda wildcards: study_of(wildcards).prepare),
        state=lambda wildcards: dataset_state(dataset_of(wildcards)),
        code=code("prepare_images"),
    threads: 1
    resources:
        mem_mb=memory(1500, lambda wildcards: 256 * image_bytes(wildcards)),
        runtime=minutes(120),
    conda:
        ENVIRONMENT
    message:
        "Preparing the images of {wildcards.dataset}"
    script:
        "../scripts/prepare_images.py"


rule split_samples:
    input:
        table=rules.prepare_images.output.table,
    output:
        DATASET + "/split.csv",
    log:
        LOGS + "/split_samples.log",
    benchmark:
        BENCHMARKS + "/split_samples.tsv"
    params:
        shares=settings(lambda wildcards: study_of(wildcards).split),
        test_sample=test_sample_of,
        seed=MASTER_SEED,
        code=code("split_samples"),
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    conda:
        ENVIRONMENT
    message:
        "Splitting {wildcards.dataset} by patient"
    script:
        "../scripts/split_samples.py"
