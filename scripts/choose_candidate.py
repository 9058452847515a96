"""Choose the best candidate of a stage of a search."""

from synthmix.runtime.jobs import job
from synthmix.search.choose_candidate import choose_candidate
from synthmix.search.files import by_candidate

with job(snakemake):
    params = snakemake.params
    choose_candidate(
        place=f"{snakemake.wildcards.kind}.{snakemake.wildcards.name}.search",
        candidates=params.candidates,
        choices=params.choices,
        files=by_candidate(params.candidates, list(snakemake.input.judged)),
        score=params.score,
        judge=params.judge,
        about=params.about,
        chosen_before=snakemake.input.chosen_before or None,
        output=snakemake.output.table,
        best=snakemake.output.best,
    )
