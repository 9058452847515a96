"""Draw how a classifier learned on every mix."""

from synthmix.figures.plot_classifier_history import plot_classifier_history
from synthmix.runtime.jobs import job

with job(snakemake):
    files = zip(snakemake.params.trainings, snakemake.input.histories, strict=True)
    plot_classifier_history(
        [(mix, seed, history) for (mix, seed), history in files],
        snakemake.output[0],
        classifier=snakemake.wildcards.classifier,
        metrics=snakemake.params.metrics,
        mixes=snakemake.input.mixes,
        demo=snakemake.params.demo,
    )
