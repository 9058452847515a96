"""Bring the starting weights of a classifier to disk."""

from synthmix.classify.fetch_weights import fetch_weights
from synthmix.runtime.jobs import job

with job(snakemake):
    fetch_weights(
        network=snakemake.params.network,
        weights=snakemake.params.weights,
        output=snakemake.output[0],
        seed=snakemake.params.seed,
        kept=snakemake.params.get("kept"),
    )
