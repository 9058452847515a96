"""Predict the real test images, and the validation images, with a trained classifier."""

from synthmix.classify.files import TrainingFiles
from synthmix.classify.predict import predict
from synthmix.repeats import fold_number
from synthmix.runtime.jobs import job
from synthmix.runtime.memory_bound import device_of_job
from synthmix.runtime.pace import pace_of_job

with job(snakemake), pace_of_job(snakemake), device_of_job(snakemake) as device:
    params = snakemake.params
    predict(
        model=snakemake.input.model,
        files=TrainingFiles.of_job(snakemake),
        split=snakemake.input.split,
        outputs=dict(snakemake.output.items()),
        positive_class=params.positive_class,
        threshold=params.threshold,
        predicting=params.predicting,
        fold=fold_number(params.fold),
        seed=params.seed,
        master_seed=params.master_seed,
        device=device,
    )
