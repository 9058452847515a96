"""Write the table of all candidates of a search."""

from synthmix.runtime.jobs import job
from synthmix.search.scorer import Scorer
from synthmix.search.tabulate_search import tabulate_search

with job(snakemake):
    params = snakemake.params
    tested = snakemake.input.predictions
    tabulate_search(
        name=snakemake.wildcards.name,
        stages=snakemake.input.stages,
        predictions=dict(zip(params.candidates, tested, strict=True)) if tested else {},
        scorer=Scorer(**params.scorer) if tested else None,
        output=snakemake.output.table,
        markdown=snakemake.output.markdown,
        leakage=params.leakage,
        adopted=params.adopted,
    )
