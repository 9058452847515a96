"""Train a generator on the training images of one class, or of all."""

from synthmix.checkpoint import Checkpoint
from synthmix.devices import set_up_torch
from synthmix.generate.train_generator import train_generator
from synthmix.jobs import job
from synthmix.search.chosen import with_chosen

with job(snakemake):
    params, device = snakemake.params, set_up_torch(snakemake.config)
    train_generator(
        settings=with_chosen(params.settings, snakemake.input.chosen),
        images=snakemake.input.images,
        split=snakemake.input.split,
        classes=params.classes,
        scope=snakemake.wildcards.scope,
        name="{dataset}/{generator}".format(**snakemake.wildcards),
        weights=snakemake.output.weights,
        history=snakemake.output.history,
        sheet=snakemake.output.sheet,
        trained_on=snakemake.output.trained_on,
        checkpoint=Checkpoint.of_job(snakemake, device),
        seed=params.seed,
        device=device,
    )
