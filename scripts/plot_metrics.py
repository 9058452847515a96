"""Draw the metrics of every mix."""

from synthmix.figures.plot_metrics import plot_metrics
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_metrics(snakemake.input.summary, snakemake.output[0], demo=snakemake.params.demo)
