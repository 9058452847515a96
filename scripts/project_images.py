"""Project real and synthetic images onto the plane of a principal component analysis."""

from synthmix.jobs import job
from synthmix.score.project_images import project_images

with job(snakemake):
    project_images(
        real_images=snakemake.input.images,
        split=snakemake.input.split,
        pools=dict(zip(snakemake.params.classes, snakemake.input.pools, strict=True)),
        most=snakemake.params.most,
        output=snakemake.output[0],
    )
