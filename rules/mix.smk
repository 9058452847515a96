"""Selections among the real images, and mixes of real and synthetic ones, as tables."""

from synthmix.plan import mix


use rule job as select_samples with:
    input:
        images=rules.prepare_images.output.images,
        split=SPLIT,
    output:
        DEALT + "/selections/{selection}.csv",
    params:
        **runs("select_samples"),
        name=lambda wildcards: wildcards.selection,
        settings=settings_of(mix.selection_settings),
        seed=seed_of,
    resources:
        # the images as float32, and once more those that stay
        mem_mb=memory(1000, lambda wildcards: 8 * 4000 * image_bytes(wildcards)),
        runtime=minutes(120),
    pathvars:
        **OF_A_DEAL,
        job="select_samples/{selection}",
    message:
        "Selecting training images of"
        " {wildcards.dataset}{wildcards.split}{wildcards.fold}{wildcards.share} by"
        " {wildcards.selection}"


use rule job as compose_mix with:
    input:
        split=SPLIT,
        pools=files_of(rules.sample_generator.output.table, mix.models),
        trained_on=files_of(rules.train_generator.output.trained_on, mix.models),
        selection=file_of(rules.select_samples.output[0], selection=mix.selection),
    output:
        DEALT + "/mixes/{mix}{training}.csv",
    params:
        **runs("compose_mix"),
        mix=of(mix.plain),
        classes=classes_of,
        learns_from=of(mix.learns_from),
        leakage=leakage_of,
        seed=seed_of,
    pathvars:
        **OF_A_DEAL,
        job="compose_mix/{mix}{training}",
    localrule: True
    message:
        "Composing the mix {wildcards.mix}{wildcards.training} of"
        " {wildcards.dataset}{wildcards.split}{wildcards.fold}{wildcards.share}"
