"""Score the predictions of a classifier on one mix."""

from synthmix.evaluate.score_predictions import score_predictions
from synthmix.runtime.jobs import job


def by_seed(files: list[str], seeds: list[int], folds: list[str]) -> dict[int, list[str]]:
    """Return the files of each seed, in the order in which the rule expands seeds and folds."""
    remaining = iter(files)
    return {seed: [next(remaining) for _ in folds] for seed in seeds}


with job(snakemake):
    wildcards, params = snakemake.wildcards, snakemake.params
    names = ("study", "dataset", "classifier", "mix")
    score_predictions(
        test=by_seed(snakemake.input.test, params.seeds, params.folds),
        validation=by_seed(snakemake.input.validation, params.seeds, params.folds),
        metrics=snakemake.output.metrics,
        confusion=snakemake.output.confusion,
        identity={name: wildcards[name] for name in names} | {"leakage": params.leakage},
        classes=params.classes,
        positive_class=params.positive_class,
        bootstrap_samples=params.evaluation["bootstrap_samples"],
        confidence=params.evaluation["confidence"],
        seed=params.seeds[0],
    )
