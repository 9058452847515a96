"""Score the predictions of a classifier on one mix."""

from synthmix.evaluate.score_predictions import score_predictions
from synthmix.jobs import job

with job(snakemake):
    wildcards, params = snakemake.wildcards, snakemake.params
    names = ("study", "dataset", "classifier", "mix")
    score_predictions(
        predictions=dict(zip(params.seeds, snakemake.input, strict=True)),
        metrics=snakemake.output.metrics,
        confusion=snakemake.output.confusion,
        identity={name: wildcards[name] for name in names},
        classes=params.classes,
        positive_class=params.positive_class,
        bootstrap_samples=params.evaluation["bootstrap_samples"],
        confidence=params.evaluation["confidence"],
        seed=params.seeds[0],
    )
