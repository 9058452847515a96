"""Train a classifier on one mix."""

from synthmix.classify.files import TrainingFiles
from synthmix.classify.train_classifier import train_classifier
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.runtime.devices import set_up_torch
from synthmix.runtime.distributed import run_together
from synthmix.runtime.jobs import job
from synthmix.runtime.memory_bound import asked_of, kept_below
from synthmix.runtime.pace import pace_of_job
from synthmix.runtime.trackers import tracker_of_job

with (
    job(snakemake, finish_epoch=True),
    pace_of_job(snakemake),
    tracker_of_job(snakemake) as tracker,
):
    params = snakemake.params
    device = set_up_torch(snakemake.config, params.devices)
    checkpoint = Checkpoint.of_job(snakemake, device)
    work = {
        "base": params.base,
        "own": params.own,
        "files": TrainingFiles.of_job(snakemake),
        "classes": params.classes,
        "positive_class": params.positive_class,
        "output": snakemake.output.weights,
        "history": snakemake.output.history,
        "checkpoint": checkpoint,
        "seed": params.seed,
        "master_seed": params.master_seed,
        "tracker": tracker,
        "equal_steps": params.equal_steps,
        "most_steps": params.get("most_steps"),
    }
    most = asked_of(snakemake.config, device.type)
    with kept_below(most, checkpoint, params.devices):
        checkpoint.resumed(lambda: run_together(train_classifier, work, params.devices, device))
