"""Draw where a classifier looks."""

from synthmix.figures.plot_gradcam import plot_gradcam
from synthmix.runtime.devices import set_up_torch
from synthmix.runtime.jobs import job

with job(snakemake):
    inputs, params = snakemake.input, snakemake.params
    plot_gradcam(
        inputs.model,
        dict(zip(params.weights, inputs.weights, strict=True)),
        inputs.images,
        inputs.split,
        inputs.predictions,
        snakemake.output[0],
        # a few images: not worth a GPU, and alike on all machines
        set_up_torch({**snakemake.config, "device": "cpu"}),
        title=params.title,
        demo=params.demo,
    )
