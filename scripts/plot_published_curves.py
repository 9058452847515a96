"""Draw the published training histories and ours."""

from synthmix.figures.plot_published_curves import plot_published_curves
from synthmix.published.results import by_key
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_published_curves(
        snakemake.input.published,
        snakemake.wildcards.dataset,
        by_key(snakemake.params.trainings, snakemake.input.histories),
        snakemake.output[0],
        demo=snakemake.params.demo,
    )
