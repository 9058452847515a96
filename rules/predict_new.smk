"""Trained classifiers for use elsewhere, and what they say of new images. Not part of `all`."""

from types import SimpleNamespace

from synthmix.datasets.image_folder import ImageFolder
from synthmix.files import expanded

NEW_IMAGES = CONFIGURATION.workflow.new_images
EXPORTED = DATASET + "/classifiers/{classifier}/{mix}/seed{seed}{fold}/model.safetensors"


def new_images():
    """Return where the images to classify are; stops where nothing is said of that."""
    if NEW_IMAGES is None:
        raise WorkflowError(
            "new_images says which images are to be classified: add it to --config, such as "
            "new_images=my_folder, or set it in config.yaml; a folder, an archive or an image"
        )
    place = expanded(NEW_IMAGES).absolute()
    if not place.exists():
        raise WorkflowError(
            f"new_images: {place} is not there: name a folder, an archive (.zip, .tar.gz) or an "
            f"image"
        )
    return str(place)


# said here where that is possible: from within a rule the message comes with a traceback
if "classify_images" in sys.argv:
    new_images()


def new_images_state(wildcards):
    """Return what tells the images to classify from changed ones."""
    if "new_images" not in RAW_STATES:
        RAW_STATES["new_images"] = ImageFolder.raw_state({"path": new_images()})
    return RAW_STATES["new_images"]


def of_asked_classifiers(pattern):
    """Return `pattern` for the classifiers of the studies that are asked for, on every mix.

    Of each that of the first seed and the first fold.
    """
    return [
        file
        for study, dataset in ASKED
        if (study, dataset) in MIXES
        for file in expand(
            pattern,
            study=study,
            dataset=dataset,
            classifier=classifiers_for(study, dataset),
            mix=MIXES[study, dataset],
            seed=MASTER_SEED,
            fold=folds_of(SimpleNamespace(study=study, dataset=dataset))[0],
        )
    ]


rule export_classifier:
    input:
        model=rules.train_classifier.output.weights,
        weights=weights_files,
        validation=rules.predict.output.validation,
    output:
        EXPORTED,
    log:
        LOGS + "/export_classifier/{classifier}/{mix}-seed{seed}{fold}.log",
    benchmark:
        BENCHMARKS + "/export_classifier/{classifier}/{mix}-seed{seed}{fold}.tsv"
    params:
        weights=weights_of,
        prepare=settings(prepare_of),
        positive_class=lambda wildcards: study_of(wildcards).positive_class,
        title=lambda wildcards: study_of(wildcards).title,
        stand_in=lambda wildcards: getattr(dataset_of(wildcards), "embedded", None) is not None,
        scale=SCALE,
        leakage=leakage_of,
        code=classifier_code("export_classifier"),
    threads: 1
    resources:
        mem_mb=memory(2500),
        runtime=minutes(10),
    conda:
        ENVIRONMENT
    message:
        "Exporting {wildcards.classifier} of {wildcards.mix}"
    script:
        "../scripts/export_classifier.py"


rule predict_new:
    input:
        model=lambda wildcards: EXPORTED.format(
            **wildcards,
            seed=MASTER_SEED,
            fold=folds_of(wildcards)[0],
        ),
    output:
        DATASET + "/new_images/{classifier}/{mix}.csv",
    log:
        LOGS + "/predict_new/{classifier}/{mix}.log",
    benchmark:
        BENCHMARKS + "/predict_new/{classifier}/{mix}.tsv"
    params:
        place=lambda wildcards: new_images(),
        state=new_images_state,
        seed=MASTER_SEED,
        code=classifier_code("predict_new"),
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2500),
        runtime=minutes(120),
    conda:
        ENVIRONMENT
    message:
        "Classifying new images with {wildcards.classifier} of {wildcards.mix}"
    script:
        "../scripts/predict_new.py"
