"""From raw files to a store of equal images, split by patient."""


def fetched_of(wildcards):
    return f"{DATA}/{raw_name(dataset_of(wildcards))}/fetched.json"


def dataset_code(rule):
    return code(rule, lambda wildcards: dataset_module(dataset_of(wildcards).source))


def test_sample_of(wildcards):
    sample = study_of(wildcards).test_sample
    return sample and sample.model_dump(mode="json")


def subsample_of(wildcards):
    subsample = dataset_of(wildcards).subsample
    return subsample and subsample.model_dump(mode="json")


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
        settings=lambda wildcards: dataset_of(wildcards).index_settings(),
        state=lambda wildcards: dataset_state(dataset_of(wildcards)),
        code=dataset_code("index_dataset"),
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


rule tabulate_census:
    input:
        fetched=fetched_of,
        index=rules.index_dataset.output[0],  # so that both are made anew together
    output:
        images=DATASET + "/census.csv",
        table=DATASET + "/tables/census.csv",
    log:
        LOGS + "/tabulate_census.log",
    benchmark:
        BENCHMARKS + "/tabulate_census.tsv"
    params:
        settings=lambda wildcards: dataset_of(wildcards).index_settings(),
        state=lambda wildcards: dataset_state(dataset_of(wildcards)),
        code=dataset_code("tabulate_census"),
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(60),
    conda:
        ENVIRONMENT
    message:
        "Counting what the metadata says of {wildcards.dataset}"
    script:
        "../scripts/tabulate_census.py"


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
        source=lambda wildcards: dataset_of(wildcards).source,
        settings=settings(prepare_of),
        state=lambda wildcards: dataset_state(dataset_of(wildcards)),
        code=dataset_code("prepare_images"),
    threads: 4
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
        split=DATASET + "/split.csv",
        duplicates=DATASET + "/duplicates.csv",
    log:
        LOGS + "/split_samples.log",
    benchmark:
        BENCHMARKS + "/split_samples.tsv"
    params:
        split=settings(lambda wildcards: study_of(wildcards).split_of(wildcards.dataset)),
        subsample=subsample_of,
        test_sample=test_sample_of,
        leakage=leakage_of,
        seed=MASTER_SEED,
        code=code("split_samples"),
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    conda:
        ENVIRONMENT
    message:
        "Splitting {wildcards.dataset}"
    script:
        "../scripts/split_samples.py"


def has_census(wildcards):
    """Return whether the metadata of a data set says more of its images than their classes."""
    return bool(dataset_of(wildcards).facts)


def of_every_dataset(*patterns):
    """Return a rule input: the files of `patterns` for every data set of the project."""
    return lambda wildcards: [
        pattern.format(study=study, dataset=dataset)
        for study, dataset in every_dataset()
        for pattern in patterns
    ]


rule tabulate_datasets:
    input:
        splits=of_every_dataset(rules.split_samples.output.split),
        rejected=of_every_dataset(rules.prepare_images.output.rejected),
        duplicates=of_every_dataset(rules.split_samples.output.duplicates),
    output:
        table=f"{RESULTS}/datasets.csv",
        markdown=f"{RESULTS}/datasets.md",
    log:
        f"{RESULTS}/logs/tabulate_datasets.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate_datasets.tsv"
    params:
        datasets=lambda wildcards: every_dataset(),
        published=lambda wildcards: [
            VIEWS[key].datasets[key[1]].published_images for key in every_dataset()
        ],
        demo=DEMO,
        code=code("tabulate_datasets"),
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    conda:
        ENVIRONMENT
    message:
        "Counting the images of every data set"
    script:
        "../scripts/tabulate_datasets.py"


rule plot_datasets:
    input:
        table=rules.tabulate_datasets.output.table,
        datasets=of_every_dataset(
            rules.prepare_images.output.images, rules.split_samples.output.split
        ),
    output:
        output=f"{RESULTS}/datasets.png",
    log:
        f"{RESULTS}/logs/plot_datasets.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_datasets.tsv"
    params:
        datasets=lambda wildcards: every_dataset(),
        demo=DEMO,
        code=code("plot_figure", lambda wildcards: "synthmix.figures.plot_datasets"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(10),
    conda:
        ENVIRONMENT
    message:
        "Drawing images of every data set"
    script:
        "../scripts/plot_figure.py"
