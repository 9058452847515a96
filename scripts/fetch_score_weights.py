"""Bring the weights of FID's Inception network to disk."""

from synthmix.runtime.jobs import job
from synthmix.score.fetch_score_weights import fetch_score_weights

with job(snakemake):
    params = snakemake.params
    fetch_score_weights(snakemake.output[0], params.get("kept"), params.get("seed", 0))
