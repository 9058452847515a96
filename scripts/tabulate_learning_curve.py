"""Write the table of learning curves, and what mixes are worth in real patients."""

from synthmix.evaluate.measure import measure_for
from synthmix.evaluate.paired import files_by_run
from synthmix.evaluate.tabulate_learning_curve import (
    Judging,
    by_share,
    tabulate_learning_curve,
)
from synthmix.runtime.jobs import job

with job(snakemake):
    params = snakemake.params
    shares = len(params.shares)
    tabulate_learning_curve(
        [
            files_by_run(files, params.classifiers, dict(params.repeats), params.folds)
            for files in by_share(snakemake.input.test, shares)
        ],
        by_share(snakemake.input.splits, shares),
        params.shares,
        params.comparisons,
        snakemake.output[0],
        Judging(
            params.classes,
            params.positive_class,
            params.evaluation["confidence"],
            params.seed,
            measure_for(params.verdict, snakemake.input.split),
            params.leakage,
            params.of_ready,
        ),
    )
