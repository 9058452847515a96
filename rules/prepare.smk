"""From raw files to a store of equal images, split by patient."""

from synthmix.plan import acquire, prepare

fetched_of = file_of(rules.fetch_dataset.output[0], raw=acquire.raw_name)


def of_every_dataset(*patterns):
    """Return a rule input: the files of `patterns` for every data set of the project."""
    return lambda wildcards: [
        pattern.format(study=view.study, dataset=view.dataset)
        for view in every_view()
        for pattern in patterns
    ]


def every_view():
    with messages():
        return PLAN.every_view()


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
        settings=of(lambda view: view.data.index_settings()),
        state=of(acquire.data_state),
        code=code("index_dataset", of(prepare.modules)),
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
        settings=of(lambda view: view.data.index_settings()),
        state=of(acquire.data_state),
        code=code("tabulate_census", of(prepare.modules)),
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
        source=of(lambda view: view.data.source),
        settings=settings_of(lambda view: view.prepare),
        state=of(acquire.data_state),
        code=code("prepare_images", of(prepare.modules)),
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
        split=settings_of(lambda view: view.split),
        subsample=of(prepare.subsample),
        test_sample=of(prepare.test_sample),
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
        datasets=lambda wildcards: [(view.study, view.dataset) for view in every_view()],
        published=lambda wildcards: [view.data.published_images for view in every_view()],
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
        datasets=lambda wildcards: [(view.study, view.dataset) for view in every_view()],
        demo=DEMO,
        code=code("plot_figure", lambda wildcards: ["synthmix.figures.plot_datasets"]),
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
