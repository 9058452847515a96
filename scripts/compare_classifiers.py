"""Compare classifiers that were trained on the same mix."""

from synthmix.evaluate.compare_classifiers import compare_classifiers
from synthmix.evaluate.measure import measure_for
from synthmix.evaluate.paired import Judge, files_by_run
from synthmix.runtime.jobs import job

with job(snakemake):
    files, params = snakemake.input, snakemake.params
    compare_classifiers(
        files_by_run(files.predictions, params.classifiers, dict(params.repeats), params.folds),
        params.mixes,
        params.classifiers,
        snakemake.output[0],
        Judge.of_job(params, measure_for(params.verdict, files.split)),
    )
