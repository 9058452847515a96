"""Compare each mix with its real-only baseline, and pairs of mixes."""

from synthmix.evaluate.compare_mixes import compare_mixes
from synthmix.evaluate.comparisons import Comparison
from synthmix.evaluate.paired import Judge, files_by_run
from synthmix.runtime.jobs import job

with job(snakemake):
    params = snakemake.params
    compare_mixes(
        files_by_run(snakemake.input, params.classifiers, dict(params.repeats), params.folds),
        [Comparison.from_dict(values) for values in params.comparisons],
        params.classifiers,
        snakemake.output[0],
        Judge.of_job(params),
    )
