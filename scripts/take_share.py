"""Entry point of the rule `take_share`."""

from synthmix.prepare.take_share import take_share
from synthmix.runtime.jobs import job

with job(snakemake):
    take_share(
        split=snakemake.input[0],
        share=snakemake.params.share,
        output=snakemake.output[0],
        seed=snakemake.params.seed,
    )
