"""Choose the best candidate of a stage of a sweep."""

from synthmix.runtime.jobs import job
from synthmix.sweep.choose_classifier import choose_classifier
from synthmix.sweep.scorer import Scorer

with job(snakemake):
    params = snakemake.params
    choose_classifier(
        classifier=params.classifier,
        candidates=params.candidates,
        settings=params.settings,
        predictions=dict(zip(params.candidates, snakemake.input.predictions, strict=True)),
        score=params.score,
        scorer=Scorer(**params.scorer),
        chosen_before=snakemake.input.chosen_before or None,
        output=snakemake.output.table,
        best=snakemake.output.best,
    )
