"""Project real and synthetic images onto the plane of a principal component analysis."""

from synthmix.runtime.jobs import job
from synthmix.runtime.memory_end import ended_beyond_memory
from synthmix.score.project_images import project_images
from synthmix.store import by_class

with job(snakemake), ended_beyond_memory(snakemake, "scores.plane_images or prepare.image_size"):
    project_images(
        real_images=snakemake.input.images,
        split=snakemake.input.split,
        pools=by_class(snakemake.params.classes, snakemake.input.pools),
        most=snakemake.params.most,
        image_size=snakemake.params.image_size,
        output=snakemake.output[0],
    )
