"""Draw the synthetic images nearest to a training image beside it."""

from synthmix.figures.plot_nearest import plot_nearest
from synthmix.runtime.jobs import job
from synthmix.store import by_class

with job(snakemake):
    plot_nearest(
        snakemake.input.pairs,
        snakemake.input.images,
        by_class(snakemake.params.classes, snakemake.input.pools),
        snakemake.output[0],
        demo=snakemake.params.demo,
    )
