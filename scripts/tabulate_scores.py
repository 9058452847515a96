"""Join the scores of all generators of a data set."""

from synthmix.runtime.jobs import job
from synthmix.score.tabulate_scores import tabulate_scores

with job(snakemake):
    tabulate_scores(snakemake.input, snakemake.output[0], snakemake.params.leakage)
