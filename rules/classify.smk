"""Training classifiers on the mixes and having them predict the real test images."""


def stores_of(wildcards):
    """Return the stores that a mix takes images from."""
    mix = mix_of(wildcards)
    real = [] if mix.real_share == 0 else ["real"]
    if mix.generator is None:
        return real
    scopes = scopes_of(study_of(wildcards).generators[mix.generator], classes_of(wildcards))
    return real + [f"{mix.generator}/{scope}" for scope in scopes]


def all_stores_of(wildcards):
    """Return the stores of a mix and that of the real images, which are tested on."""
    return list(dict.fromkeys(["real", *stores_of(wildcards)]))


# what the files, the memory and the time of a training depend on
TELLING = {"network", "weights", "input_size", "unfrozen_layers", "unfrozen_share", "pooling"}
TELLING |= {"augmentation", "volume_augmentation", "mixup"}
TELLING |= {"dense_layers", "batch_size", "accumulation_steps", "epochs"}


def possible(wildcards):
    """Return the settings that a classifier may have, as far as they tell what jobs need."""
    classifiers = study_of(wildcards).classifiers
    return list(possible_settings(training_of(wildcards), classifiers, TELLING))


def classifier_devices(wildcards):
    """Return how many devices share a training: as many whatever the stages of a sweep choose."""
    return possible(wildcards)[0]["devices"]


def training_memory(wildcards):
    """Return the bytes that a training may take besides libraries."""
    prepare = prepare_of(wildcards)
    values = prod(
        prepare.volume_shape or (prepare.image_size, prepare.image_size, prepare.channels)
    )
    return 2**20 * max(training_mb(s, values, MASTER_SEED) for s in possible(wildcards))


def without_none(names):
    return sorted({name for name in names if name is not None})


def backbones_of(wildcards):
    """Return the frozen parts that a classifier may have and whose features are of use."""
    return without_none(backbone_name(s, MASTER_SEED) for s in possible(wildcards))


def weights_of(wildcards):
    """Return the names of the starting weights that a classifier may have."""
    names = {weights_name(s, MASTER_SEED) for s in possible(wildcards)}
    before = training_of(wildcards).starts_from
    if before is not None:
        # what that one has not trained is not in its file
        names |= set(weights_of(named(wildcards, classifier=before)))
    return without_none(names)


def weights_files(wildcards):
    return [weights_path(name) for name in weights_of(wildcards)]


def features_of(wildcards, stores):
    """Return the features that a classifier may want of `stores`, of one backbone after the other."""
    return expand(
        rules.extract_features.output[0],
        **wildcards,
        backbone=backbones_of(wildcards),
        store=stores,
    )


def images_of(wildcards, stores):
    return expand(DATASET + "/stores/{store}.npy", **wildcards, store=stores)


def chosen_file(wildcards):
    """Return what the stages of a sweep have chosen for a classifier, if it waits for that."""
    if training_of(wildcards).chosen_in is None:
        return []
    swept, stage = training_of(wildcards).chosen_in
    return f"{DATASET}/sweeps/{swept}/stage{stage}.json".format(**wildcards)


def start_file(wildcards):
    """Return the trained classifier that one goes on from, if it does."""
    before = training_of(wildcards).starts_from
    if before is None:
        return []
    return rules.train_classifier.output.weights.format(**named(wildcards, classifier=before))


def named(wildcards, **others):
    """Return wildcards with some of them changed."""
    return type(wildcards)(fromdict={**wildcards, **others})


def networks_of(wildcards):
    """Return the modules of the networks that a classifier may be."""
    return sorted({CLASSIFIERS[settings["network"]] for settings in possible(wildcards)})


def classifier_code(rule):
    """Return a rule parameter: a digest of the code behind the rule, and of the networks."""
    return lambda wildcards: code_digest(rule, *networks_of(wildcards))


def measures_pipeline(wildcards):
    """Return whether it is measured how fast images are read: pictures, where a study asks for it."""
    study = study_of(wildcards)
    volumes = study.prepare_of(wildcards.dataset).volume_shape is not None
    return study.input_pipeline is not None and not volumes


BACKBONES = {
    backbone_name(settings, MASTER_SEED): settings
    for key in MIXES
    for classifier in TRAINED[key]
    for mix in trainings_on(key)
    for settings in possible_settings(
        trained_on(key, classifier, mix), VIEWS[key].classifiers, TELLING
    )
}


def backbone_of(wildcards):
    """Return the settings of a classifier with this frozen part: all have the same features."""
    return BACKBONES[wildcards.backbone]


rule measure_pipeline:
    input:
        images=rules.prepare_images.output.images,
        split=rules.split_samples.output.split,
        fetched=fetched_of,
    output:
        table=DATASET + "/tables/pipeline.csv",
        markdown=DATASET + "/tables/pipeline.md",
    log:
        LOGS + "/measure_pipeline.log",
    benchmark:
        BENCHMARKS + "/measure_pipeline.tsv"
    params:
        source=lambda wildcards: dataset_of(wildcards).source,
        settings=settings(lambda wildcards: study_of(wildcards).input_pipeline or InputPipeline()),
        seed=MASTER_SEED,
        code=dataset_code("measure_pipeline"),
    threads: TRAINING_THREADS
    resources:
        mem_mb=memory(1500, lambda wildcards: 512 * image_bytes(wildcards)),
        runtime=minutes(60),
    conda:
        ENVIRONMENT
    message:
        "Measuring how fast the images of {wildcards.dataset} are read"
    script:
        "../scripts/measure_pipeline.py"


rule extract_features:
    input:
        images=DATASET + "/stores/{store}.npy",
        weights=lambda wildcards: weights_path(weights_name(backbone_of(wildcards), MASTER_SEED)),
    output:
        DATASET + "/features/{backbone}/{store}.npy",
    log:
        LOGS + "/extract_features/{backbone}/{store}.log",
    benchmark:
        BENCHMARKS + "/extract_features/{backbone}/{store}.tsv"
    params:
        settings=lambda wildcards: frozen_settings(backbone_of(wildcards)),
        code=code(
            "extract_features", lambda wildcards: CLASSIFIERS[backbone_of(wildcards)["network"]]
        ),
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
        images=lambda wildcards: images_of(wildcards, stores_of(wildcards)),
        features=lambda wildcards: features_of(wildcards, stores_of(wildcards)),
        weights=weights_files,
        chosen=chosen_file,
        start=start_file,
    output:
        weights=DATASET + "/classifiers/{classifier}/{mix}/seed{seed}{fold}/weights.safetensors",
        history=DATASET + "/classifiers/{classifier}/{mix}/seed{seed}{fold}/history.csv",
    log:
        LOGS + "/train_classifier/{classifier}/{mix}-seed{seed}{fold}.log",
    benchmark:
        BENCHMARKS + "/train_classifier/{classifier}/{mix}-seed{seed}{fold}.tsv"
    params:
        base=lambda wildcards: dict(training_of(wildcards).base),
        own=lambda wildcards: dict(training_of(wildcards).own),
        stores=stores_of,
        backbones=backbones_of,
        weights=weights_of,
        classes=classes_of,
        positive_class=lambda wildcards: study_of(wildcards).positive_class,
        seed=lambda wildcards: int(wildcards.seed),
        devices=classifier_devices,
        master_seed=MASTER_SEED,
        code=classifier_code("train_classifier"),
    # each device has a process
    threads: lambda wildcards: TRAINING_THREADS * classifier_devices(wildcards)
    resources:
        gpu=lambda wildcards: GPUS * classifier_devices(wildcards),
        nodes=one_node(classifier_devices),
        mem_mb=memory(2000, training_memory, classifier_devices),
        runtime=minutes(60, lambda wildcards: 5 * max(s["epochs"] for s in possible(wildcards))),
    conda:
        ENVIRONMENT
    message:
        "Training {wildcards.classifier} on {wildcards.mix}, seed {wildcards.seed}{wildcards.fold}"
    script:
        "../scripts/train_classifier.py"


rule predict:
    input:
        mix=rules.compose_mix.output[0],
        split=rules.split_samples.output.split,
        images=lambda wildcards: images_of(wildcards, all_stores_of(wildcards)),
        features=lambda wildcards: features_of(wildcards, all_stores_of(wildcards)),
        weights=weights_files,
        model=rules.train_classifier.output.weights,
    output:
        test=DATASET + "/predictions/{classifier}/{mix}/seed{seed}{fold}.csv",
        validation=DATASET + "/predictions/{classifier}/{mix}/seed{seed}{fold}.validation.csv",
    log:
        LOGS + "/predict/{classifier}/{mix}-seed{seed}{fold}.log",
    benchmark:
        BENCHMARKS + "/predict/{classifier}/{mix}-seed{seed}{fold}.tsv"
    params:
        stores=all_stores_of,
        backbones=backbones_of,
        weights=weights_of,
        positive_class=lambda wildcards: study_of(wildcards).positive_class,
        threshold=lambda wildcards: (
            study_of(wildcards).evaluation.model_dump(mode="json")["threshold"]
        ),
        fold=lambda wildcards: wildcards.fold,
        seed=lambda wildcards: int(wildcards.seed),
        master_seed=MASTER_SEED,
        code=classifier_code("predict"),
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2000, training_memory),
        runtime=minutes(30),
    conda:
        ENVIRONMENT
    message:
        "Predicting the test images with {wildcards.classifier} of {wildcards.mix}"
    script:
        "../scripts/predict.py"
