"""Draw real and synthetic images side by side."""

from synthmix.figures.plot_samples import plot_samples
from synthmix.jobs import job

with job(snakemake):
    plot_samples(
        snakemake.input.images,
        snakemake.input.split,
        dict(zip(snakemake.params.classes, snakemake.input.pools, strict=True)),
        snakemake.output[0],
        demo=snakemake.params.demo,
    )
