"""Draw the scores of the candidates of a stage of a search."""

from synthmix.figures.plot_search import plot_search
from synthmix.runtime.jobs import job

with job(snakemake):
    wildcards, params = snakemake.wildcards, snakemake.params
    plot_search(
        snakemake.input[0],
        snakemake.output[0],
        kind=wildcards.kind,
        name=wildcards.name,
        stage=int(wildcards.stage),
        stages=len(params.stages),
        demo=params.demo,
    )
