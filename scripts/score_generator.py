"""Score a generator by its pools."""

from synthmix.runtime.jobs import job
from synthmix.score.score_generator import score_generator
from synthmix.score.settings import ScoreSettings
from synthmix.store import by_class

with job(snakemake):
    score_generator(
        generator=snakemake.params.generator,
        pools=by_class(snakemake.params.classes, snakemake.input.pools),
        real_features=snakemake.input.real,
        split=snakemake.input.split,
        reference=snakemake.input.reference,
        settings=ScoreSettings(**snakemake.params.settings),
        seed=snakemake.params.seed,
        output=snakemake.output.scores,
        pairs=snakemake.output.pairs,
        seen=snakemake.params.seen,
        looks_at_test=snakemake.params.looks_at_test,
    )
