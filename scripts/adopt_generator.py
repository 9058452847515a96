"""Take the best candidate of a search as the generator."""

from synthmix.runtime.jobs import job
from synthmix.search.adopt_generator import adopt_generator
from synthmix.search.files import by_candidate

with job(snakemake):
    adopt_generator(
        snakemake.input.best,
        by_candidate(snakemake.params.candidates, list(snakemake.input.files)),
        list(snakemake.output),
    )
