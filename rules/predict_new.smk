"""Trained classifiers for use elsewhere, and what they say of new images. Not part of `all`."""

from synthmix.plan import acquire, classify, prepare, repeats

EXPORTED = DEALT + "/classifiers/{classifier}/{mix}{training}/seed{seed}/model.safetensors"


def new_images(wildcards=None):
    """Return where the images to classify are; stops where nothing is said of that."""
    with messages():
        return PLAN.new_images()


# said here where that is possible: from within a rule the message comes with a traceback
if "classify_images" in sys.argv:
    new_images()


def of_asked_classifiers(pattern):
    """Return `pattern` for the classifiers of the studies that are asked for, on every mix.

    Of each those of the first split, training and seed, and of all folds.
    """
    return [
        path
        for view in PLAN.asked
        for classifier in view.classifiers
        for name in view.mixes
        for path in dict.fromkeys(
            pattern.format(
                study=view.study,
                dataset=view.dataset,
                classifier=classifier,
                mix=name,
                split="",
                fold=fold,
                share="",
                training="",
                seed=MASTER_SEED,
            )
            for fold in view.folds
        )
    ]


use rule job as export_classifier with:
    input:
        model=file_of(rules.train_classifier.output.weights, classifier=classify.trained_as),
        weights=weights_files,
        validation=rules.predict.output.validation,
        limits=rules.prepare_images.output.limits,
    output:
        EXPORTED,
    params:
        **runs("export_classifier", classifier_modules),
        weights=weights_of,
        prepare=settings_of(lambda view: view.prepare),
        predicting=of(classify.predicting),
        positive_class=positive_class_of,
        title=of(lambda view: view.settings.title),
        stand_in=of(prepare.is_stand_in),
        scale=SCALE,
        leakage=leakage_of,
    resources:
        mem_mb=memory(2500),
        runtime=minutes(10),
    pathvars:
        **OF_A_DEAL,
        job="export_classifier/{classifier}/{mix}{training}-seed{seed}",
    message:
        "Exporting {wildcards.classifier} of {wildcards.mix}"


use rule job as predict_new with:
    input:
        files_of(EXPORTED, seed=MASTER_SEED, **FIRST | {"fold": repeats.folds}),
    output:
        DATASET + "/new_images/{classifier}/{mix}.csv",
    params:
        **runs("predict_new", classifier_modules),
        place=new_images,
        state=lambda wildcards: acquire.folder_state(new_images()),
        seed=MASTER_SEED,
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2500),
        runtime=minutes(120),
    pathvars:
        job="predict_new/{classifier}/{mix}",
    message:
        "Classifying new images with {wildcards.classifier} of {wildcards.mix}"
