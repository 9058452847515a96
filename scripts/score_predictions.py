"""Score the predictions of a classifier on one mix."""

from synthmix.evaluate.predictions import by_repeat
from synthmix.evaluate.score_predictions import score_predictions
from synthmix.runtime.jobs import job

with job(snakemake):
    wildcards, params = snakemake.wildcards, snakemake.params
    names = ("study", "dataset", "classifier", "mix")
    score_predictions(
        test=by_repeat(snakemake.input.test, params.repeats, params.folds),
        validation=by_repeat(snakemake.input.validation, params.repeats, params.folds),
        metrics=snakemake.output.metrics,
        confusion=snakemake.output.confusion,
        identity={name: wildcards[name] for name in names} | {"leakage": params.leakage},
        classes=params.classes,
        positive_class=params.positive_class,
        bootstrap_samples=params.evaluation["bootstrap_samples"],
        confidence=params.evaluation["confidence"],
        seed=params.seed,
    )
