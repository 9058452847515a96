"""Classify the user's new images with an exported classifier."""

from synthmix.classify.predict_new import predict_new
from synthmix.runtime.devices import set_up_torch
from synthmix.runtime.jobs import job

with job(snakemake):
    predict_new(
        models=[*snakemake.input],
        place=snakemake.params.place,
        output=snakemake.output[0],
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        device=set_up_torch(snakemake.config),
    )
