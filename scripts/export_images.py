"""Export images of a generator as a zip with a data card."""

from synthmix.export.export_images import export_images
from synthmix.runtime.devices import set_up_torch
from synthmix.runtime.jobs import job

with job(snakemake):
    params = snakemake.params
    export_images(
        generator=snakemake.wildcards.generator,
        classes=params.classes,
        weights=snakemake.input.weights,
        trained_on=snakemake.input.trained_on,
        split=snakemake.input.split,
        fetched=snakemake.input.fetched,
        scores=snakemake.input.scores,
        pairs=snakemake.input.pairs,
        title=params.title,
        stand_in=params.stand_in,
        scale=params.scale,
        leakage=params.leakage,
        ready_images=snakemake.input.ready_images or None,
        **params.settings,
        scored_truncation=params.scored_truncation,
        output=snakemake.output[0],
        device=set_up_torch(snakemake.config),
    )
