"""Draw what the layers of a classifier make of a test image."""

from synthmix.figures.plot_feature_maps import plot_feature_maps
from synthmix.runtime.devices import set_up_torch
from synthmix.runtime.jobs import job

with job(snakemake):
    inputs, params = snakemake.input, snakemake.params
    plot_feature_maps(
        inputs.model,
        dict(zip(params.weights, inputs.weights, strict=True)),
        inputs.images,
        inputs.split,
        inputs.predictions,
        params.label,
        snakemake.output[0],
        # one image: not worth a GPU, and alike on all machines
        set_up_torch({**snakemake.config, "device": "cpu"}),
        title=params.title,
        demo=params.demo,
    )
