"""Pad and resize the images of a data set into one store."""

from synthmix.jobs import job
from synthmix.prepare.prepare_images import prepare_images

with job(snakemake):
    prepare_images(
        index=snakemake.input.index,
        fetched=snakemake.input.fetched,
        images=snakemake.output.images,
        rejected=snakemake.output.rejected,
        **snakemake.params.settings,
    )
