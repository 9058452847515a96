"""Describe the real training images by which snapshots are scored."""

from synthmix.runtime.jobs import job
from synthmix.score.fit_real import fit_real

with job(snakemake):
    fit_real(
        features=snakemake.input.features,
        split=snakemake.input.split,
        classes=snakemake.params.classes,
        everything=snakemake.params.everything,
        output=snakemake.output[0],
        seen=snakemake.params.seen,
    )
