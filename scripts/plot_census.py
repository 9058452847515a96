"""Draw what the metadata says of all images of a data set."""

from synthmix.figures.plot_census import plot_census
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_census(snakemake.input.census, snakemake.output[0], demo=snakemake.params.demo)
