"""Draw how fast images are read."""

from synthmix.figures.plot_pipeline import plot_pipeline
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_pipeline(snakemake.input.pipeline, snakemake.output[0], demo=snakemake.params.demo)
