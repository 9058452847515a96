"""Check that a study finds the images that it asks for, on the true counts."""

from synthmix.rehearse.check_counts import check_counts
from synthmix.runtime.jobs import job

with job(snakemake):
    check_counts(
        index=snakemake.input.index,
        output=snakemake.output[0],
        **snakemake.params.counts,
        seed=snakemake.params.seed,
    )
