"""Measure how fast images are read from the store, and from a folder of pictures."""

from synthmix.classify.measure_pipeline import measure_pipeline
from synthmix.prepare.settings import InputPipeline, Prepare
from synthmix.runtime.devices import set_up_torch
from synthmix.runtime.jobs import job
from synthmix.runtime.memory_end import ended_beyond_memory

with job(snakemake), ended_beyond_memory(snakemake, "input_pipeline.images or prepare.image_size"):
    set_up_torch({**snakemake.config, "device": "cpu"})
    measure_pipeline(
        images=snakemake.input.images,
        split=snakemake.input.split,
        fetched=snakemake.input.fetched,
        source=snakemake.params.source,
        table=snakemake.output.table,
        markdown=snakemake.output.markdown,
        settings=InputPipeline(**snakemake.params.settings),
        seed=snakemake.params.seed,
        reading=Prepare(**snakemake.params.prepare).reading(),
    )
