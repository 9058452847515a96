"""Fine-tuning classifiers on the mixes and having them predict the real test images."""


def stores_of(wildcards):
    """Return the stores that a mix takes images from."""
    mix = mix_of(wildcards)
    synthetic = [] if mix.real_share == 1 else classes_of(wildcards)
    real = [] if mix.real_share == 0 else ["real"]
    return real + [f"{mix.generator}/{label}" for label in synthetic]


def classifier_code(rule):
    return code(rule, lambda wildcards: CLASSIFIERS[classifier_of(wildcards).network])


# what a network is, without how it is trained
BACKBONE = {"network", "input_size", "unfrozen_layers"}
ARCHITECTURE = BACKBONE | {"dense_layers", "dropout"}

BACKBONES = {
    backbone_name(classifier): classifier
    for study in STUDIES.values()
    for classifier in study.classifiers.values()
}


def backbone_of(wildcards):
    """Return a classifier with this frozen part: all of them have the same features."""
    return BACKBONES[wildcards.backbone]


def features_of(wildcards, stores):
    """Return the features of `stores` for a classifier."""
    return expand(
        rules.extract_features.output[0],
        **wildcards,
        backbone=backbone_name(classifier_of(wildcards)),
        store=stores,
    )


rule extract_features:
    input:
        images=DATASET + "/stores/{store}.npy",
        weights=lambda wildcards: weights_path(backbone_of(wildcards)),
    output:
        DATASET + "/features/{backbone}/{store}.npy",
    log:
        LOGS + "/extract_features/{backbone}/{store}.log",
    benchmark:
        BENCHMARKS + "/extract_features/{backbone}/{store}.tsv"
    params:
        settings=lambda wildcards: backbone_of(wildcards).model_dump(include=BACKBONE),
        code=code("extract_features", lambda wildcards: CLASSIFIERS[backbone_of(wildcards).network]),
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2500),
        runtime=minutes(240),
    conda:
        ENVIRONMENT
    message:
        "Extracting {wildcards.backbone} features of {wildcards.store}"
    script:
        "../scripts/extract_features.py"


rule train_classifier:
    input:
        mix=rules.compose_mix.output[0],
        features=lambda wildcards: features_of(wildcards, stores_of(wildcards)),
        weights=weights_file,
    output:
        weights=DATASET + "/classifiers/{classifier}/{mix}/seed{seed}/weights.safetensors",
        history=DATASET + "/classifiers/{classifier}/{mix}/seed{seed}/history.csv",
    log:
        LOGS + "/train_classifier/{classifier}/{mix}-seed{seed}.log",
    benchmark:
        BENCHMARKS + "/train_classifier/{classifier}/{mix}-seed{seed}.tsv"
    params:
        settings=settings(classifier_of),
        stores=stores_of,
        classes=classes_of,
        positive_class=lambda wildcards: study_of(wildcards).positive_class,
        code=classifier_code("train_classifier"),
        checkpoint=DATASET + "/checkpoints/{classifier}-{mix}-seed{seed}.pt",
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2500),
        runtime=minutes(60, lambda wildcards: classifier_of(wildcards).epochs * 5),
    conda:
        ENVIRONMENT
    message:
        "Training {wildcards.classifier} on {wildcards.mix}, seed {wildcards.seed}"
    script:
        "../scripts/train_classifier.py"


rule predict:
    input:
        features=lambda wildcards: features_of(wildcards, ["real"]),
        split=rules.split_samples.output.split,
        weights=weights_file,
        model=rules.train_classifier.output.weights,
    output:
        DATASET + "/predictions/{classifier}/{mix}/seed{seed}.csv",
    log:
        LOGS + "/predict/{classifier}/{mix}-seed{seed}.log",
    benchmark:
        BENCHMARKS + "/predict/{classifier}/{mix}-seed{seed}.tsv"
    params:
        settings=lambda wildcards: classifier_of(wildcards).model_dump(include=ARCHITECTURE),
        classes=classes_of,
        code=classifier_code("predict"),
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2500),
        runtime=minutes(30),
    conda:
        ENVIRONMENT
    message:
        "Predicting the test images with {wildcards.classifier} of {wildcards.mix}"
    script:
        "../scripts/predict.py"
