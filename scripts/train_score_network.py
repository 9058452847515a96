"""Train the small network whose features stand in for Inception's."""

from synthmix.runtime.jobs import job
from synthmix.runtime.memory_bound import device_of_job
from synthmix.score.train_score_network import train_score_network

with job(snakemake), device_of_job(snakemake) as device:
    train_score_network(
        images=snakemake.input.images,
        split=snakemake.input.split,
        classes=snakemake.params.classes,
        output=snakemake.output[0],
        seed=snakemake.params.seed,
        device=device,
    )
