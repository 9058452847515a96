"""Split the images of a data set by patient."""

from synthmix.jobs import job
from synthmix.prepare.split_samples import split_samples

with job(snakemake):
    split_samples(
        table=snakemake.input.table,
        output=snakemake.output[0],
        shares=snakemake.params.shares,
        test_sample=snakemake.params.test_sample,
        seed=snakemake.params.seed,
    )
