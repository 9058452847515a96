"""Choose the best candidate of a stage of a sweep."""

from synthmix.jobs import job
from synthmix.sweep.choose_classifier import choose_classifier

with job(snakemake):
    params = snakemake.params
    choose_classifier(
        classifier=snakemake.wildcards.classifier,
        candidates=params.candidates,
        predictions=dict(zip(params.candidates, snakemake.input.predictions, strict=True)),
        score=params.score,
        classes=params.classes,
        positive_class=params.positive_class,
        chosen_before=snakemake.input.chosen_before or None,
        output=snakemake.output.table,
        best=snakemake.output.best,
    )
