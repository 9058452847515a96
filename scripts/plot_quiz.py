"""Draw real and synthetic images unlabelled, and write down which is which."""

from synthmix.figures.plot_quiz import plot_quiz
from synthmix.jobs import job

with job(snakemake):
    plot_quiz(
        snakemake.input.images,
        snakemake.input.split,
        dict(zip(snakemake.params.classes, snakemake.input.pools, strict=True)),
        snakemake.output.figure,
        snakemake.output.key,
        generator=snakemake.wildcards.generator,
        seed=snakemake.params.seed,
        demo=snakemake.params.demo,
    )
