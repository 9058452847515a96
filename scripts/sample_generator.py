"""Draw synthetic images of the classes that a model has learned."""

from synthmix.generate.sample_generator import sample_generator
from synthmix.mix.plan import Mix
from synthmix.runtime.jobs import job
from synthmix.runtime.memory_bound import device_of_job
from synthmix.runtime.pace import pace_of_job

with job(snakemake), pace_of_job(snakemake), device_of_job(snakemake) as device:
    sample_generator(
        model=snakemake.params.model,
        generator=snakemake.params.generator,
        training=snakemake.params.training,
        labels=snakemake.params.labels,
        weights=snakemake.input.weights,
        output=snakemake.output.images,
        images=snakemake.params.images,
        image_size=snakemake.params.image_size,
        fill_to=snakemake.params.fill_to,
        additions=[Mix.from_dict(values) for values in snakemake.params.additions],
        split=snakemake.input.split,
        at_least=snakemake.params.at_least,
        truncation=snakemake.params.truncation,
        device=device,
    )
