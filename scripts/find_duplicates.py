"""Find the images of a data set that are the same as another one, or nearly."""

from synthmix.prepare.find_duplicates import find_duplicates
from synthmix.runtime.jobs import job

with job(snakemake):
    find_duplicates(
        images=snakemake.input.images,
        output=snakemake.output[0],
        threads=snakemake.threads,
    )
