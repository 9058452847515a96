"""Compare what the source of a study prints with what came out here."""

from synthmix.published.compare_published import compare_published
from synthmix.published.protocol import Protocol
from synthmix.published.results import Results
from synthmix.runtime.jobs import job

TABLES = ("index", "split", "census", "composition", "metrics", "scores", "pipeline")

with job(snakemake):
    files, params = snakemake.input, snakemake.params
    compare_published(
        files.published,
        snakemake.wildcards.dataset,
        Results.of_files(
            {name: files.get(name) or None for name in TABLES},
            params.belong_to,
            {name: files.get(name) for name in params.belong_to},
            folds=len(params.folds),
            confidence=params.confidence,
            settings=params.settings,
            networks=params.networks,
            **params.there,
        ),
        snakemake.output.table,
        snakemake.output.markdown,
        scale=params.scale,
        leakage=params.leakage,
        protocol=Protocol.of_settings(params.protocol),
    )
