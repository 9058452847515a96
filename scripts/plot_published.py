"""Draw our numbers beside the published ones."""

from synthmix.figures.plot_published import plot_published
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_published(snakemake.input.table, snakemake.output[0], demo=snakemake.params.demo)
