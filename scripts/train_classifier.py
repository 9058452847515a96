"""Fine-tune a classifier on one mix."""

from synthmix.checkpoint import Checkpoint
from synthmix.classify.train_classifier import train_classifier
from synthmix.devices import set_up_torch
from synthmix.jobs import job
from synthmix.trackers import tracker_of_job

with job(snakemake), tracker_of_job(snakemake) as tracker:
    params, device = snakemake.params, set_up_torch(snakemake.config)
    train_classifier(
        settings=params.settings,
        mix=snakemake.input.mix,
        features=dict(zip(params.stores, snakemake.input.features, strict=True)),
        weights=snakemake.input.weights,
        classes=params.classes,
        positive_class=params.positive_class,
        output=snakemake.output.weights,
        history=snakemake.output.history,
        checkpoint=Checkpoint.of_job(snakemake, device),
        seed=int(snakemake.wildcards.seed),
        device=device,
        tracker=tracker,
    )
