"""Draw how good the generators were while they learned."""

from synthmix.figures.plot_snapshots import plot_snapshots
from synthmix.runtime.jobs import job

with job(snakemake):
    snapshots = dict(zip(snakemake.params.names, snakemake.input, strict=True))
    plot_snapshots(snapshots, snakemake.output[0], demo=snakemake.params.demo)
