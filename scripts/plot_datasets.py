"""Draw images of every class of every data set."""

from synthmix.figures.plot_datasets import plot_datasets
from synthmix.runtime.jobs import job

with job(snakemake):
    datasets = [
        (study, dataset, images, split)
        for (study, dataset), images, split in zip(
            snakemake.params.datasets, snakemake.input.images, snakemake.input.splits, strict=True
        )
    ]
    plot_datasets(datasets, snakemake.input.table, snakemake.output[0], demo=snakemake.params.demo)
