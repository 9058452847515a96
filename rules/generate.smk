"""Training generators and drawing pools of synthetic images."""


def generator_code(rule):
    return code(rule, lambda wildcards: generator_module(generator_of(wildcards).model))


def training_code(wildcards):
    """Return a digest of the code behind a training: that of scores where it is scored."""
    generator = generator_of(wildcards)
    modules = [generator_module(generator.model)]
    if generator.snapshots:
        modules.append("synthmix.generate.snapshots")
    return code_digest("train_generator", *modules)


def scopes_of(generator, classes):
    """Return what the models of a generator learn: a class each, or one model all of them."""
    return [ALL_CLASSES] if generator.joint else list(classes)


def models_of(wildcards):
    """Return (generator, what it learns) of every model of a study's data set."""
    return [
        (name, scope)
        for name, generator in study_of(wildcards).generators.items()
        for scope in scopes_of(generator, classes_of(wildcards))
    ]


def models_scored_while_training(wildcards):
    generators = study_of(wildcards).generators
    return [model for model in models_of(wildcards) if generators[model[0]].snapshots]


def learned_classes(wildcards):
    return classes_of(wildcards) if wildcards.scope == ALL_CLASSES else [wildcards.scope]


def pools_of(pattern):
    """Return an input function: `pattern` for each model of a generator."""
    return lambda wildcards: expand(
        pattern, **wildcards, scope=scopes_of(generator_of(wildcards), classes_of(wildcards))
    )


def start_of(wildcards):
    """Return the file of weights that a generator starts from, where it names one."""
    start = getattr(generator_of(wildcards), "init_from", None)
    return [] if start is None else str(Path(start).expanduser())


def chosen_of(wildcards):
    """Return the file with the settings that were found best, where some are searched."""
    searched = (*key_of(wildcards), wildcards.generator) in SEARCHES
    return rules.choose_generator.output.best.format(**wildcards) if searched else []


def scored_while_training(find):
    """Return an input function: what `find` gives, where a generator's snapshots are scored."""
    return lambda wildcards: find(wildcards) if generator_of(wildcards).snapshots else []


def searched_name(wildcards):
    """Return the generator whose settings a candidate is tried for; None where it is none."""
    return CANDIDATES[key_of(wildcards)].get(wildcards.generator)


def generator_devices(wildcards):
    """Return how many devices share a training of a generator."""
    return generator_of(wildcards).devices


def images_needed(wildcards):
    """Return how many images of each class are made at the least."""
    if searched_name(wildcards):
        images = SEARCHES[*key_of(wildcards), searched_name(wildcards)].images
        return dict.fromkeys(learned_classes(wildcards), images)
    mixes = generator_mixes(wildcards, additions=False)
    least = study_of(wildcards).pools.images
    return {
        label: max(pool_size(mixes, wildcards.generator, label), least)
        for label in learned_classes(wildcards)
    }


def generator_mixes(wildcards, additions):
    """Return the mixes that a generator's images are in: additions to real images, or the others."""
    mixes = MIXES.get(key_of(wildcards), {}).values()
    return [
        mix
        for mix in mixes
        if mix.generator == wildcards.generator and mix.is_addition == additions
    ]


def fill_to(wildcards):
    """Return to how many images training images are filled up; None where they are not."""
    return None if searched_name(wildcards) else study_of(wildcards).pools.fill_to


def counted_real(wildcards):
    """Return the table of the real images, where it depends on them how many images are made."""
    counted = fill_to(wildcards) or generator_mixes(wildcards, additions=True)
    return rules.split_samples.output.split.format(**wildcards) if counted else []


rule train_generator:
    input:
        start=start_of,
        chosen=chosen_of,
        score_weights=scored_while_training(lambda wildcards: score_weights(wildcards)),
        reference=scored_while_training(
            lambda wildcards: rules.fit_real.output[0].format(**wildcards)
        ),
        images=rules.prepare_images.output.images,
        split=rules.split_samples.output.split,
    output:
        weights=DATASET + "/generators/{generator}/{scope}/weights.safetensors",
        last=DATASET + "/generators/{generator}/{scope}/last.safetensors",
        history=DATASET + "/generators/{generator}/{scope}/history.csv",
        times=DATASET + "/generators/{generator}/{scope}/times.csv",
        snapshots=DATASET + "/generators/{generator}/{scope}/snapshots.csv",
        sheet=DATASET + "/generators/{generator}/{scope}/sheet.png",
        trained_on=DATASET + "/generators/{generator}/{scope}/trained_on.csv",
    log:
        LOGS + "/train_generator/{generator}-{scope}.log",
    benchmark:
        BENCHMARKS + "/train_generator/{generator}-{scope}.tsv"
    params:
        settings=settings(generator_of),
        classes=learned_classes,
        scope=lambda wildcards: wildcards.scope,
        features=lambda wildcards: (
            scores_of(wildcards).features if generator_of(wildcards).snapshots else None
        ),
        # the candidates of a search differ in their settings alone
        name=lambda wildcards: (
            f"{wildcards.dataset}/{searched_name(wildcards) or wildcards.generator}"
        ),
        leakage=leakage_of,
        seed=MASTER_SEED,
        code=training_code,
    # each device has a process
    threads: lambda wildcards: TRAINING_THREADS * generator_devices(wildcards)
    resources:
        gpu=lambda wildcards: GPUS * generator_devices(wildcards),
        nodes=one_node(generator_devices),
        mem_mb=memory(2000, lambda wildcards: 4000 * image_bytes(wildcards), generator_devices),
        runtime=minutes(60, lambda wildcards: generator_of(wildcards).epochs),
    wildcard_constraints:
        study=f"(?!{ADOPTED}){STUDY_NAME}",
    conda:
        ENVIRONMENT
    message:
        "Training {wildcards.generator} on {wildcards.scope} of {wildcards.dataset}"
    script:
        "../scripts/train_generator.py"


rule sample_generator:
    input:
        weights=rules.train_generator.output.weights,
        split=counted_real,
    output:
        images=DATASET + "/stores/{generator}/{scope}.npy",
        table=DATASET + "/stores/{generator}/{scope}.csv",
    log:
        LOGS + "/sample_generator/{generator}-{scope}.log",
    benchmark:
        BENCHMARKS + "/sample_generator/{generator}-{scope}.tsv"
    params:
        generator=lambda wildcards: wildcards.generator,
        model=lambda wildcards: generator_of(wildcards).model,
        images=images_needed,
        fill_to=fill_to,
        additions=lambda wildcards: [
            mix.to_dict() for mix in generator_mixes(wildcards, additions=True)
        ],
        labels=lambda wildcards: {
            label: number for number, label in enumerate(learned_classes(wildcards))
        },
        truncation=lambda wildcards: study_of(wildcards).pools.truncation,
        code=generator_code("sample_generator"),
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2000, lambda wildcards: 1000 * image_bytes(wildcards)),
        runtime=minutes(60),
    conda:
        ENVIRONMENT
    message:
        "Drawing synthetic images of {wildcards.scope} from {wildcards.generator}"
    script:
        "../scripts/sample_generator.py"
