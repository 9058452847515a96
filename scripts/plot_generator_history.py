"""Draw how the generators learned."""

from synthmix.figures.plot_generator_history import plot_generator_history
from synthmix.runtime.jobs import job

with job(snakemake):
    histories = dict(zip(snakemake.params.names, snakemake.input, strict=True))
    plot_generator_history(histories, snakemake.output[0], demo=snakemake.params.demo)
