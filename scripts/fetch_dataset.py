"""Bring the raw files of a data set to disk."""

from synthmix.acquire.fetch_dataset import fetch_dataset
from synthmix.runtime.jobs import job

with job(snakemake):
    fetch_dataset(snakemake.params.source, snakemake.params.settings, snakemake.output[0])
