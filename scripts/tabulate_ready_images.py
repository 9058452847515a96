"""Write what is known of the ready images of a data set."""

from synthmix.generate.tabulate_ready_images import tabulate_ready_images
from synthmix.runtime.jobs import job

with job(snakemake):
    files, params = snakemake.input, snakemake.params
    tabulate_ready_images(
        pools=dict(zip(params.generators, files.pools, strict=True)),
        rejected=dict(zip(params.generators, files.rejected, strict=True)),
        lists=dict(zip(params.generators, params.lists, strict=True)),
        splits=list(zip(files.splits, map(tuple, params.dealt), strict=True)),
        output=snakemake.output[0],
    )
