"""Draw the ROC curves of every classifier."""

from synthmix.figures.plot_roc import plot_roc
from synthmix.figures.predictions import prediction_files
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_roc(
        prediction_files(snakemake.params.trainings, snakemake.input.predictions),
        snakemake.input.metrics,
        snakemake.output[0],
        positive_class=snakemake.params.positive_class,
        mixes=snakemake.input.mixes,
        demo=snakemake.params.demo,
    )
