"""Draw the synthetic images nearest to a training image beside it."""

from synthmix.figures.plot_nearest import plot_nearest
from synthmix.jobs import job

with job(snakemake):
    plot_nearest(
        snakemake.input.pairs,
        snakemake.input.images,
        dict(zip(snakemake.params.classes, snakemake.input.pools, strict=True)),
        snakemake.output[0],
        demo=snakemake.params.demo,
    )
