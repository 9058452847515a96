"""Entry point of the rule `take_fold`."""

from synthmix.prepare.take_fold import take_fold
from synthmix.repeats import fold_number
from synthmix.runtime.jobs import job

with job(snakemake):
    take_fold(
        split=snakemake.input[0],
        fold=fold_number(snakemake.wildcards.fold),
        output=snakemake.output[0],
    )
