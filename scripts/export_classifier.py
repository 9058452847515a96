"""Export a trained classifier as one file."""

from synthmix.classify.export_classifier import describe, export_classifier
from synthmix.prepare.settings import Prepare
from synthmix.repeats import fold_number, split_number, training_number
from synthmix.runtime.jobs import job

with job(snakemake):
    wildcards, params = snakemake.wildcards, snakemake.params
    names = ("study", "dataset", "classifier", "mix", "seed")
    export_classifier(
        model=snakemake.input.model,
        weights=dict(zip(params.weights, snakemake.input.weights, strict=True)),
        validation=snakemake.input.validation,
        limits=snakemake.input.limits,
        prepare=Prepare(**params.prepare),
        predicting=params.predicting,
        positive_class=params.positive_class,
        about=describe(
            names={name: wildcards[name] for name in names},
            title=params.title,
            split=split_number(wildcards.split),
            fold=fold_number(wildcards.fold),
            training=training_number(wildcards.training),
            scale=params.scale,
            stand_in=params.stand_in,
            leakage=params.leakage,
        ),
        output=snakemake.output[0],
    )
