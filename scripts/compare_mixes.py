"""Compare each mix with its real-only baseline, and pairs of mixes."""

from synthmix.evaluate.compare_mixes import compare_mixes
from synthmix.evaluate.comparisons import Comparison
from synthmix.evaluate.measure import measure_for
from synthmix.evaluate.paired import Judge, files_by_run
from synthmix.runtime.jobs import job

with job(snakemake):
    files, params = snakemake.input, snakemake.params
    compare_mixes(
        files_by_run(files.predictions, params.classifiers, dict(params.repeats), params.folds),
        [Comparison.from_dict(values) for values in params.comparisons],
        params.classifiers,
        snakemake.output.comparison,
        snakemake.output.variance,
        Judge.of_job(params, measure_for(params.verdict, files.split)),
    )
