"""Describe the real images by which generators are scored."""

from synthmix.runtime.jobs import job
from synthmix.score.score_real import score_real
from synthmix.score.settings import ScoreSettings

with job(snakemake):
    score_real(
        features=snakemake.input.features,
        split=snakemake.input.split,
        classes=snakemake.params.classes,
        everything=snakemake.params.everything,
        settings=ScoreSettings(**snakemake.params.settings),
        seed=snakemake.params.seed,
        reference=snakemake.output.reference,
        output=snakemake.output.scores,
        seen=snakemake.params.seen,
    )
