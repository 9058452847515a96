"""Export a mix as a zip of class folders with a data card."""

from synthmix.export.export_mix import export_mix
from synthmix.mix.plan import Mix
from synthmix.runtime.jobs import job

with job(snakemake):
    params = snakemake.params
    export_mix(
        mix=Mix.from_dict(params.mix),
        table=snakemake.input.mix,
        images=dict(zip(params.stores, snakemake.input.images, strict=True)),
        fetched=snakemake.input.fetched,
        title=params.title,
        stand_in=params.stand_in,
        scale=params.scale,
        ready_images=snakemake.input.ready_images or None,
        leakage=params.leakage,
        output=snakemake.output[0],
    )
