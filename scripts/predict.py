"""Predict the real test images, and the validation images, with a trained classifier."""

from synthmix.classify.files import TrainingFiles
from synthmix.classify.predict import predict
from synthmix.prepare.folds import fold_number
from synthmix.runtime.devices import set_up_torch
from synthmix.runtime.jobs import job
from synthmix.runtime.pace import pace_of_job

with job(snakemake), pace_of_job(snakemake):
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
        device=set_up_torch(snakemake.config),
    )
