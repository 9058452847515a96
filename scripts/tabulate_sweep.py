"""Write the table of all candidates of a sweep."""

from synthmix.runtime.jobs import job
from synthmix.sweep.scorer import Scorer
from synthmix.sweep.tabulate_sweep import tabulate_sweep

with job(snakemake):
    params = snakemake.params
    tabulate_sweep(
        classifier=snakemake.wildcards.classifier,
        stages=snakemake.input.stages,
        predictions=dict(zip(params.candidates, snakemake.input.predictions, strict=True)),
        scorer=Scorer(**params.scorer),
        output=snakemake.output.table,
        markdown=snakemake.output.markdown,
        leakage=params.leakage,
    )
