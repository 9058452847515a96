"""Selections among the real images, and mixes of real and synthetic ones, as tables."""

from synthmix.plan import mix


use rule job as select_samples with:
    input:
        images=rules.prepare_images.output.images,
        split=rules.split_samples.output.split,
    output:
        DATASET + "/selections/{selection}.csv",
    params:
        **runs("select_samples"),
        name=lambda wildcards: wildcards.selection,
        settings=settings_of(mix.selection_settings),
        seed=MASTER_SEED,
    resources:
        # the images as float32, and once more those that stay
        mem_mb=memory(1000, lambda wildcards: 8 * 4000 * image_bytes(wildcards)),
        runtime=minutes(120),
    pathvars:
        job="select_samples/{selection}",
    message:
        "Selecting training images of {wildcards.dataset} by {wildcards.selection}"


use rule job as compose_mix with:
    input:
        split=rules.split_samples.output.split,
        pools=files_of(rules.sample_generator.output.table, mix.models),
        trained_on=files_of(rules.train_generator.output.trained_on, mix.models),
        selection=file_of(rules.select_samples.output[0], selection=mix.selection),
    output:
        DATASET + "/mixes/{mix}{fold}.csv",
    params:
        **runs("compose_mix"),
        mix=of(mix.plain),
        classes=classes_of,
        fold=lambda wildcards: wildcards.fold,
        learns_from=of(mix.learns_from),
        leakage=leakage_of,
        seed=MASTER_SEED,
    pathvars:
        job="compose_mix/{mix}{fold}",
    localrule: True
    message:
        "Composing the mix {wildcards.mix}{wildcards.fold}"
