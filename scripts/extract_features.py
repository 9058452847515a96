"""Compute the features of a store with the frozen part of a classifier."""

from synthmix.classify.extract_features import extract_features
from synthmix.runtime.jobs import job
from synthmix.runtime.memory_bound import device_of_job
from synthmix.runtime.pace import pace_of_job

with job(snakemake), pace_of_job(snakemake), device_of_job(snakemake) as device:
    extract_features(
        images=snakemake.input.images,
        weights=snakemake.input.weights,
        output=snakemake.output[0],
        settings=snakemake.params.settings,
        device=device,
    )
