"""Train a generator on the training images of one class, or of all."""

from synthmix.generate.train_generator import train_generator
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.runtime.devices import set_up_torch
from synthmix.runtime.distributed import run_together
from synthmix.runtime.jobs import job
from synthmix.runtime.memory_bound import asked_of, kept_below
from synthmix.runtime.pace import pace_of_job
from synthmix.runtime.trackers import tracker_of_job
from synthmix.search.chosen import settle

with (
    job(snakemake, finish_epoch=True),
    pace_of_job(snakemake),
    tracker_of_job(snakemake) as tracker,
):
    params = snakemake.params
    config = snakemake.config | ({"device": "cpu"} if params.on_cpu else {})
    device = set_up_torch(config, params.devices)
    checkpoint = Checkpoint.of_job(snakemake, device)
    work = {
        "settings": settle(params.base, params.own, snakemake.input.chosen),
        "images": snakemake.input.images,
        "split": snakemake.input.split,
        "classes": params.classes,
        "scope": params.scope,
        "name": params.name,
        "scored_by": params.network
        and {
            "scoring_network": params.network,
            "input_size": params.input_size,
            "weights": snakemake.input.score_weights,
            "reference": snakemake.input.reference,
        },
        "outputs": dict(snakemake.output.items()),
        "checkpoint": checkpoint,
        "seed": params.seed,
        "tracker": tracker,
        "leakage": params.leakage,
        "most_steps": params.get("most_steps"),
        "ready": snakemake.input.ready or None,
        "learned_from": snakemake.input.learned_from or None,
    }
    most = asked_of(snakemake.config, device.type)
    with kept_below(most, checkpoint, params.devices):
        checkpoint.resumed(lambda: run_together(train_generator, work, params.devices, device))
