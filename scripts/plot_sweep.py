"""Draw the scores of the candidates of a stage of a sweep."""

from synthmix.figures.plot_sweep import plot_sweep
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_sweep(
        snakemake.input[0],
        snakemake.output[0],
        classifier=snakemake.wildcards.classifier,
        stage=int(snakemake.wildcards.stage),
        stages=len(snakemake.params.stages),
        demo=snakemake.params.demo,
    )
