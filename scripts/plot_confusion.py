"""Draw the confusion matrices."""

from synthmix.figures.plot_confusion import plot_confusion
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_confusion(
        snakemake.input.confusion,
        snakemake.output[0],
        mixes=snakemake.input.mixes,
        demo=snakemake.params.demo,
    )
