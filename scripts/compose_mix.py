"""Compose a mix of real and synthetic images."""

from synthmix.mix.compose_mix import compose_mix
from synthmix.mix.plan import Mix
from synthmix.runtime.jobs import job
from synthmix.store import by_class

with job(snakemake):
    # a mix of real images alone has neither pools nor generators, few have a selection
    compose_mix(
        mix=Mix.from_dict(snakemake.params.mix),
        split=snakemake.input.split,
        pools=by_class(snakemake.params.classes, snakemake.input.pools),
        trained_on=snakemake.input.trained_on,
        output=snakemake.output[0],
        seed=snakemake.params.seed,
        selection=snakemake.input.selection or None,
        learns_from=snakemake.params.learns_from,
        leakage=snakemake.params.leakage,
    )
