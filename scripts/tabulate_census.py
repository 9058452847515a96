"""Count what the metadata says of all images of a data set."""

from synthmix.prepare.tabulate_census import tabulate_census
from synthmix.runtime.jobs import job

with job(snakemake):
    tabulate_census(
        snakemake.params.settings,
        snakemake.input.fetched,
        snakemake.output.images,
        snakemake.output.table,
    )
