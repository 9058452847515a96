"""Choose the best of the candidates of a generator."""

from synthmix.runtime.jobs import job
from synthmix.search.choose_generator import choose_generator
from synthmix.search.files import by_candidate

with job(snakemake):
    params = snakemake.params
    choose_generator(
        params.generator,
        params.candidates,
        params.score,
        by_candidate(params.candidates, list(snakemake.input)),
        output=snakemake.output.table,
        best=snakemake.output.best,
    )
