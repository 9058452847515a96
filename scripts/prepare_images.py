"""Pad and resize the images of a data set into one store."""

from synthmix.prepare.prepare_images import prepare_images
from synthmix.prepare.settings import Prepare
from synthmix.runtime.jobs import job
from synthmix.runtime.memory_end import ended_beyond_memory

with job(snakemake), ended_beyond_memory(snakemake):
    prepare_images(
        index=snakemake.input.index,
        fetched=snakemake.input.fetched,
        source=snakemake.params.source,
        images=snakemake.output.images,
        rejected=snakemake.output.rejected,
        settings=Prepare(**snakemake.params.settings),
        threads=snakemake.threads,
        passed_over=snakemake.input.passed_over,
        few=snakemake.params.get("few"),
    )
