"""synthmix: will synthetic images help my classifier, which ones, and in what proportion?"""

from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")


configfile: Path(workflow.basedir) / "config.yaml"


include: "rules/common.smk"
include: "rules/acquire.smk"
include: "rules/prepare.smk"
include: "rules/generate.smk"
include: "rules/mix.smk"
include: "rules/classify.smk"
include: "rules/sweep.smk"
include: "rules/evaluate.smk"
include: "rules/figures.smk"
include: "rules/score.smk"
include: "rules/export.smk"
include: "rules/predict_new.smk"
include: "rules/search.smk"
include: "rules/report.smk"
include: "rules/estimate.smk"


rule all:
    default_target: True
    input:
        REPORT if REPORTED else [],
        # a study without mixes ends with what its generators make, or with the split
        [
            file
            for study, settings in ASKED_STUDIES.items()
            for dataset in settings.datasets
            if settings.generators and not settings.mixes
            for file in generator_files(study, dataset)
        ],
        [
            file
            for study, settings in ASKED_STUDIES.items()
            for dataset in settings.datasets
            for file in sweep_files(study, dataset)
        ],
        [
            f"{RESULTS}/{study}/{dataset}/split.csv"
            for study, settings in ASKED_STUDIES.items()
            for dataset in settings.datasets
        ],


rule fetch_all:
    input:
        lambda wildcards: [
            f"{DATA}/{raw_name(STUDIES[study].datasets[dataset])}/fetched.json"
            for study, dataset in every_dataset()
        ],
        [weights_path(name) for name in WEIGHTS],
        SCORE_WEIGHTS,


rule index_all:
    input:
        rules.tabulate_datasets.output,
        rules.plot_datasets.output,


rule export_all:
    input:
        [
            f"{RESULTS}/{study}/{dataset}/exports/{generator}.zip"
            for study, settings in ASKED_STUDIES.items()
            for dataset in settings.datasets
            for generator in settings.generators
        ],


rule export_classifiers:
    input:
        of_asked_classifiers(rules.export_classifier.output[0]),


rule classify_images:
    input:
        of_asked_classifiers(rules.predict_new.output[0]),
