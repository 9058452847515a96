"""Compute the features of a store by which generators are scored."""

from synthmix.runtime.jobs import job
from synthmix.runtime.memory_bound import device_of_job
from synthmix.runtime.pace import pace_of_job
from synthmix.score.extract_score_features import extract_score_features

with job(snakemake), pace_of_job(snakemake), device_of_job(snakemake) as device:
    extract_score_features(
        images=snakemake.input.images,
        weights=snakemake.input.weights,
        network=snakemake.params.network,
        input_size=snakemake.params.input_size,
        output=snakemake.output[0],
        most=snakemake.params.most,
        device=device,
    )
