"""Select among the real training images by a method of removal."""

from pydantic import TypeAdapter

from synthmix.mix.removal import Removal
from synthmix.mix.select_samples import select_samples
from synthmix.runtime.jobs import job
from synthmix.runtime.memory_end import ended_beyond_memory

with job(snakemake), ended_beyond_memory(snakemake):
    select_samples(
        name=snakemake.params.name,
        settings=TypeAdapter(Removal).validate_python(snakemake.params.settings),
        images=snakemake.input.images,
        split=snakemake.input.split,
        output=snakemake.output[0],
        seed=snakemake.params.seed,
    )
