"""List the images of a data set."""

from synthmix.jobs import job
from synthmix.prepare.index_dataset import index_dataset

with job(snakemake):
    index_dataset(snakemake.params.settings, snakemake.input.fetched, snakemake.output[0])
