"""Draw the scores of the candidates of a search."""

from synthmix.figures.plot_search import plot_search
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_search(
        snakemake.input[0],
        snakemake.output[0],
        generator=snakemake.wildcards.generator,
        demo=snakemake.params.demo,
    )
