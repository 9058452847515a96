"""Images for use elsewhere: a zip a generator or a mix, with a data card. Not part of `all`.

They are of the first split, and the first training of a generator in it.
"""

from synthmix.plan import export, generate, mix, prepare


def first_pools(pattern):
    """Return an input function: `pattern` for each model of the first training of a generator."""
    return files_of(pattern, scope=generate.scopes, **FIRST)


use rule job as export_images with:
    input:
        weights=first_pools(rules.train_generator.output.weights),
        trained_on=first_pools(rules.train_generator.output.trained_on),
        split=file_of(SPLIT, **FIRST),
        fetched=fetched_of,
        scores=file_of(rules.score_generator.output.scores, **FIRST),
        pairs=file_of(rules.score_generator.output.pairs, **FIRST),
        ready_images=file_of(rules.tabulate_ready_images.output[0], when=generate.is_ready),
    output:
        DATASET + "/exports/{generator}.zip",
    params:
        **runs("export_images", generator_modules),
        classes=of(generate.made_classes),
        settings=of(export.settings),
        scored_truncation=of(generate.truncation),
        title=of(lambda view: view.settings.title),
        stand_in=of(prepare.is_stand_in),
        scale=SCALE,
        leakage=of(generate.leakage),
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2000, lambda wildcards: 1000 * image_bytes(wildcards)),
        runtime=minutes(60),
    pathvars:
        job="export_images/{generator}",
    message:
        "Packing images of {wildcards.generator} with a data card"


use rule job as export_mix with:
    input:
        mix=file_of(rules.compose_mix.output[0], **FIRST),
        images=files_of(STORE, mix.first_placed),
        fetched=fetched_of,
        ready_images=file_of(rules.tabulate_ready_images.output[0], when=mix.has_ready),
    output:
        DATASET + "/exports/mixes/{mix}.zip",
    params:
        **runs("export_mix"),
        mix=of(mix.plain),
        stores=of(mix.first_stores),
        title=of(lambda view: view.settings.title),
        stand_in=of(prepare.is_stand_in),
        scale=SCALE,
        leakage=leakage_of,
    resources:
        mem_mb=memory(1500),
        runtime=minutes(60),
    pathvars:
        job="export_mix/{mix}",
    message:
        "Packing the mix {wildcards.mix} with a data card"
