"""Training classifiers on the mixes and having them predict the real test images."""

from synthmix.plan import classify, evaluate, mix, prepare, repeats

# of real images above the splits, of synthetic ones below them
STORE = DEALT + "/stores/{store}.npy"
FEATURES = DEALT + "/features/{backbone}/{store}.npy"

# settings that a training may have, and what follows from them
possible = of(classify.possible)
classifier_devices = of(classify.devices)
training_memory = of(classify.training_bytes)
weights_of = of(classify.weights)
weights_files = files_of(rules.fetch_weights.output[0], weights=classify.weights)
classifier_modules = of(classify.modules)
chosen_file = file_of(CHOSEN, classify.choice)


def start_file(wildcards):
    """Return the trained classifier that one goes on from, if it does."""
    weights = rules.train_classifier.output.weights
    return file_of(weights, classifier=classify.starts_from)(wildcards)


def of_baseline(output):
    """Return an input function: an output of the same training on a mix's baseline, if it has one.

    It is there where the mix may turn out to have the same images.
    """

    def found(wildcards):
        file = getattr(rules.train_classifier.output, output)
        return file_of(file, mix=classify.equalled, training="")(wildcards)

    return found


use rule job as measure_pipeline with:
    input:
        images=rules.prepare_images.output.images,
        split=file_of(rules.split_samples.output.split, split=""),
        fetched=fetched_of,
    output:
        table=DATASET + "/tables/pipeline.csv",
        markdown=DATASET + "/tables/pipeline.md",
    params:
        **runs("measure_pipeline", of(prepare.modules)),
        source=of(lambda view: view.data.source),
        settings=settings_of(prepare.input_pipeline),
        prepare=settings_of(lambda view: view.prepare),
        seed=MASTER_SEED,
    threads: TRAINING_THREADS
    resources:
        mem_mb=memory(1500, lambda wildcards: 512 * image_bytes(wildcards)),
        runtime=minutes(60),
    pathvars:
        job="measure_pipeline",
    message:
        "Measuring how fast the images of {wildcards.dataset} are read"


use rule job as extract_features with:
    input:
        images=STORE,
        weights=file_of(rules.fetch_weights.output[0], weights=classify.backbone_weights),
    output:
        FEATURES,
    params:
        **runs("extract_features", of(classify.backbone_modules)),
        settings=of(classify.backbone),
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2500),
        runtime=minutes(240),
    pathvars:
        **OF_A_DEAL,
        job="extract_features/{backbone}/{store}",
    message:
        "Extracting {wildcards.backbone} features of {wildcards.store}"


use rule job as train_classifier with:
    input:
        mix=rules.compose_mix.output[0],
        images=files_of(STORE, mix.placed),
        features=files_of(FEATURES, classify.features),
        weights=weights_files,
        chosen=chosen_file,
        start=start_file,
        baseline=file_of(rules.compose_mix.output[0], mix=classify.baseline, training=""),
        baseline_weights=of_baseline("weights"),
        baseline_history=of_baseline("history"),
    output:
        weights=DEALT + "/classifiers/{classifier}/{mix}{training}/seed{seed}/weights.safetensors",
        history=DEALT + "/classifiers/{classifier}/{mix}{training}/seed{seed}/history.csv",
    params:
        **runs("train_classifier", classifier_modules),
        **in_rehearsal(pauses=True, most_steps=CONFIGURATION.workflow.max_steps),
        base=of(classify.base),
        own=of(classify.own),
        equal_steps=of(classify.has_equal_steps),
        stores=of(mix.stores),
        backbones=of(classify.backbones),
        weights=weights_of,
        classes=classes_of,
        positive_class=positive_class_of,
        seed=of(repeats.classifier_seed),
        devices=classifier_devices,
        master_seed=MASTER_SEED,
    # each device has a process
    threads: lambda wildcards: TRAINING_THREADS * classifier_devices(wildcards)
    resources:
        gpu=lambda wildcards: GPUS * classifier_devices(wildcards),
        nodes=one_node(classifier_devices),
        mem_mb=memory(2000, training_memory, classifier_devices),
        runtime=minutes(60, lambda wildcards: 5 * max(s["epochs"] for s in possible(wildcards))),
    pathvars:
        **OF_A_DEAL,
        job="train_classifier/{classifier}/{mix}{training}-seed{seed}",
    message:
        "Training {wildcards.classifier} on {wildcards.mix}{wildcards.training} of"
        " {wildcards.dataset}{wildcards.split}{wildcards.fold}{wildcards.share},"
        " seed {wildcards.seed}"


use rule job as predict with:
    input:
        mix=rules.compose_mix.output[0],
        split=SPLIT,
        images=files_of(STORE, mix.all_placed),
        features=files_of(FEATURES, classify.all_features),
        weights=weights_files,
        model=file_of(rules.train_classifier.output.weights, classifier=classify.trained_as),
    output:
        test=DEALT + "/predictions/{classifier}/{mix}{training}/seed{seed}.csv",
        validation=DEALT + "/predictions/{classifier}/{mix}{training}/seed{seed}.validation.csv",
    params:
        **runs("predict", classifier_modules),
        stores=of(mix.all_stores),
        backbones=of(classify.backbones),
        weights=weights_of,
        positive_class=positive_class_of,
        threshold=of(evaluate.threshold),
        predicting=of(classify.predicting),
        fold=lambda wildcards: wildcards.fold,
        seed=of(repeats.classifier_seed),
        master_seed=MASTER_SEED,
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2000, training_memory),
        runtime=minutes(30),
    pathvars:
        **OF_A_DEAL,
        job="predict/{classifier}/{mix}{training}-seed{seed}",
    message:
        "Predicting the test images of"
        " {wildcards.dataset}{wildcards.split}{wildcards.fold}{wildcards.share} with"
        " {wildcards.classifier} of {wildcards.mix}{wildcards.training}"
