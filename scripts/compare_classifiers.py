"""Compare classifiers that were trained on the same mix."""

from synthmix.evaluate.compare_classifiers import compare_classifiers
from synthmix.evaluate.paired import Judge, files_by_run
from synthmix.runtime.jobs import job

with job(snakemake):
    params = snakemake.params
    compare_classifiers(
        files_by_run(snakemake.input, params.classifiers, dict(params.repeats), params.folds),
        params.mixes,
        params.classifiers,
        snakemake.output[0],
        Judge.of_job(params),
    )
