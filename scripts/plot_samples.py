"""Draw real and synthetic images side by side."""

from synthmix.figures.plot_samples import plot_samples
from synthmix.runtime.jobs import job
from synthmix.store import by_class

with job(snakemake):
    plot_samples(
        snakemake.input.images,
        snakemake.input.split,
        by_class(snakemake.params.classes, snakemake.input.pools),
        snakemake.output[0],
        demo=snakemake.params.demo,
    )
