"""Compare each mix with its real-only baseline."""

from synthmix.evaluate.compare_mixes import compare_mixes
from synthmix.evaluate.paired import Judge, files_by_run
from synthmix.mix.plan import Mix
from synthmix.runtime.jobs import job

with job(snakemake):
    params = snakemake.params
    mixes = [Mix.from_dict(values) for values in params.mixes]
    names = [mix.name for mix in mixes]
    compare_mixes(
        files_by_run(snakemake.input, params.classifiers, names, params.seeds, params.folds),
        mixes,
        params.classifiers,
        snakemake.output[0],
        Judge.of_job(params),
    )
