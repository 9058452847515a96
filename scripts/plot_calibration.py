"""Draw whether classifiers are right as often as they say."""

from synthmix.figures.plot_calibration import plot_calibration
from synthmix.figures.predictions import prediction_files
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_calibration(
        prediction_files(snakemake.params.trainings, snakemake.input.predictions),
        snakemake.input.metrics,
        snakemake.output[0],
        mixes=snakemake.input.mixes,
        demo=snakemake.params.demo,
    )
