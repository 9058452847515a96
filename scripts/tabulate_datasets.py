"""Count the images of every data set."""

from synthmix.prepare.tabulate_datasets import DatasetFiles, tabulate_datasets
from synthmix.runtime.jobs import job

with job(snakemake):
    datasets = [
        DatasetFiles(study, dataset, *files)
        for (study, dataset), *files in zip(
            snakemake.params.datasets,
            snakemake.input.splits,
            snakemake.input.rejected,
            snakemake.input.duplicates,
            snakemake.params.published,
            strict=True,
        )
    ]
    tabulate_datasets(
        datasets, snakemake.output.table, snakemake.output.markdown, snakemake.params.scale
    )
