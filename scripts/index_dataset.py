"""List the images of a data set."""

from synthmix.prepare.index_dataset import index_dataset
from synthmix.runtime.jobs import job

with job(snakemake):
    index_dataset(
        snakemake.params.settings,
        snakemake.input.fetched,
        snakemake.output.index,
        snakemake.output.passed_over,
    )
