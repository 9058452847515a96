"""Draw a measure against the share of real or synthetic images."""

from synthmix.figures.plot_real_share import plot_real_share
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_real_share(
        snakemake.input.summary,
        snakemake.output[0],
        origin=snakemake.wildcards.origin,
        demo=snakemake.params.demo,
    )
