"""Find the images of a data set that are the same as another one, or nearly."""

from synthmix.prepare.find_duplicates import find_duplicates
from synthmix.runtime.jobs import job
from synthmix.runtime.memory_end import ended_beyond_memory

with job(snakemake), ended_beyond_memory(snakemake):
    find_duplicates(
        images=snakemake.input.images,
        output=snakemake.output[0],
        threads=snakemake.threads,
    )
