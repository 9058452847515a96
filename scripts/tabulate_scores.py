"""Join the scores of all generators of a data set."""

from synthmix.runtime.jobs import job
from synthmix.score.tabulate_scores import tabulate_scores

with job(snakemake):
    files, params = snakemake.input, snakemake.params
    generators = zip(files.scores, params.scored, strict=True)
    real = [(file, (*deal, None)) for file, deal in zip(files.real, params.dealt, strict=True)]
    tabulate_scores(
        [*generators, *real],
        snakemake.output.scores,
        snakemake.output.each,
        params.leakage,
        params.of_ready,
    )
