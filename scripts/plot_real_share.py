"""Draw accuracy against the share of real images."""

from synthmix.figures.plot_real_share import plot_real_share
from synthmix.jobs import job

with job(snakemake):
    plot_real_share(snakemake.input.summary, snakemake.output[0], demo=snakemake.params.demo)
