"""Draw the mixes against their real-only baselines."""

from synthmix.figures.plot_comparison import plot_comparison
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_comparison(
        snakemake.input.comparison,
        snakemake.output[0],
        mixes=snakemake.input.mixes,
        demo=snakemake.params.demo,
    )
