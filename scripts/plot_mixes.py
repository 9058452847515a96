"""Draw what the mixes are made of."""

from synthmix.figures.plot_mixes import plot_mixes
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_mixes(snakemake.input.mixes, snakemake.output[0], demo=snakemake.params.demo)
