"""Select among the real training images by a method of removal."""

from pydantic import TypeAdapter

from synthmix.generators.resampling.removal import Removal
from synthmix.jobs import job
from synthmix.mix.select_samples import select_samples

with job(snakemake):
    select_samples(
        name=snakemake.params.name,
        settings=TypeAdapter(Removal).validate_python(snakemake.params.settings),
        images=snakemake.input.images,
        split=snakemake.input.split,
        output=snakemake.output[0],
        seed=snakemake.params.seed,
    )
