"""Draw real and synthetic images unlabelled, and write down which is which."""

from synthmix.figures.plot_quiz import plot_quiz
from synthmix.runtime.jobs import job
from synthmix.store import by_class

with job(snakemake):
    plot_quiz(
        snakemake.input.images,
        snakemake.input.split,
        by_class(snakemake.params.classes, snakemake.input.pools),
        snakemake.output.figure,
        snakemake.output.key,
        generator=snakemake.wildcards.generator,
        seed=snakemake.params.seed,
        demo=snakemake.params.demo,
    )
