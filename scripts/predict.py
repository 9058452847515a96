"""Predict the real test images with a trained classifier."""

from synthmix.classify.predict import predict
from synthmix.devices import set_up_torch
from synthmix.jobs import job

with job(snakemake):
    predict(
        settings=snakemake.params.settings,
        features=snakemake.input.features[0],
        split=snakemake.input.split,
        weights=snakemake.input.weights,
        model=snakemake.input.model,
        classes=snakemake.params.classes,
        output=snakemake.output[0],
        device=set_up_torch(snakemake.config),
    )
