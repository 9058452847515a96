"""Draw test images that a classifier gets right and wrong."""

from synthmix.figures.plot_examples import plot_examples
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_examples(
        snakemake.input.images,
        snakemake.input.split,
        snakemake.input.predictions,
        snakemake.output[0],
        title=snakemake.params.title,
        demo=snakemake.params.demo,
    )
