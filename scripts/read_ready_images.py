"""Read images that somebody made elsewhere into a store."""

from synthmix.generate.read_ready_images import read_ready_images
from synthmix.prepare.settings import Prepare
from synthmix.runtime.jobs import job
from synthmix.runtime.memory_end import ended_beyond_memory

with job(snakemake), ended_beyond_memory(snakemake):
    read_ready_images(
        generator=snakemake.wildcards.generator,
        settings=snakemake.params.settings,
        classes=snakemake.params.classes,
        prepare=Prepare(**snakemake.params.prepare),
        limits=snakemake.input.limits,
        output=snakemake.output.images,
        rejected=snakemake.output.rejected,
        threads=snakemake.threads,
    )
