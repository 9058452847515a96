"""Draw the scores of the generators."""

from synthmix.figures.plot_scores import plot_scores
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_scores(snakemake.input.scores, snakemake.output[0], demo=snakemake.params.demo)
