"""Compare each mix with its real-only baseline."""

from synthmix.evaluate.compare_mixes import compare_mixes
from synthmix.jobs import job
from synthmix.mix.plan import Mix

with job(snakemake):
    params = snakemake.params
    mixes = [Mix.from_dict(values) for values in params.mixes]
    files = iter(snakemake.input)
    # the order in which the rule expands classifiers, mixes and seeds
    predictions = {
        (classifier, mix.name): [next(files) for _ in params.seeds]
        for classifier in params.classifiers
        for mix in mixes
    }
    compare_mixes(
        predictions,
        mixes,
        params.classifiers,
        snakemake.output[0],
        seed=params.seeds[0],
        **params.evaluation,
    )
