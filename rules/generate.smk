"""Training generators and drawing pools of synthetic images."""

from synthmix.plan import generate, rehearse, score

generator_of = of(generate.settings)
generator_devices = of(generate.devices)
generator_gpus = of(generate.gpus)
snapshot_bytes = of(generate.snapshot_bytes)
# of an epoch of a rehearsal
most_steps = of(
    lambda view: CONFIGURATION.workflow.max_steps if rehearse.has_long_steps(view) else None
)

# what a search has chosen, where a training waits for that
SEARCH = DEALT + "/searches/{kind}/{name}"
CHOSEN = SEARCH + "/stage{stage}.json"
chosen_of = file_of(CHOSEN, generate.choice)
generator_modules = of(generate.modules)


def pools_of(pattern):
    """Return an input function: `pattern` for each model of a generator."""
    return files_of(pattern, scope=generate.scopes)


def drawing_bytes(wildcards):
    """Return what drawing a batch takes; on a CPU its layers are in the same memory."""
    return (1000 if GPUS else 20_000) * image_bytes(wildcards)


def snapshot_weights(wildcards):
    """Return the file of the network that snapshots are scored by, where there are any."""
    return score_weights(wildcards) if generator_of(wildcards).snapshots else []


def snapshot_reference(wildcards):
    """Return what snapshots are compared with, where there are any."""
    return file_of(rules.fit_real.output[0], when=generate.has_snapshots)(wildcards)


use rule job as read_ready_images with:
    input:
        limits=rules.prepare_images.output.limits,
    output:
        images=DATASET + "/ready_images/{generator}.npy",
        table=DATASET + "/ready_images/{generator}.csv",
        rejected=DATASET + "/ready_images/{generator}_rejected.csv",
    params:
        **runs("read_ready_images"),
        settings=of(generate.ready_settings),
        state=of(generate.ready_state),
        classes=classes_of,
        prepare=settings_of(lambda view: view.prepare),
    threads: 4
    resources:
        mem_mb=memory(
            1500,
            lambda wildcards: 256 * image_bytes(wildcards) + larger_image_bytes(wildcards),
        ),
        runtime=minutes(120),
    pathvars:
        job="read_ready_images/{generator}",
    message:
        "Reading the ready images of {wildcards.generator} for {wildcards.dataset}"


use rule job as tabulate_ready_images with:
    input:
        pools=files_of(rules.read_ready_images.output.table, generator=generate.ready),
        rejected=files_of(rules.read_ready_images.output.rejected, generator=generate.ready),
        lists=of(generate.origin_files),
        splits=files_of(SPLIT, repeats.deals),
    output:
        DATASET + "/tables/ready_images.csv",
    params:
        **runs("tabulate_ready_images"),
        generators=of(generate.ready),
        lists=of(generate.origins),
        dealt=of(score.dealt_plain),
    pathvars:
        job="tabulate_ready_images",
    message:
        "Writing what is known of the ready images of {wildcards.dataset}"


use rule job as train_generator with:
    input:
        start=of(generate.starts),
        ready=file_of(rules.read_ready_images.output.images, when=generate.is_ready),
        learned_from=of(generate.origin),
        chosen=chosen_of,
        score_weights=snapshot_weights,
        reference=snapshot_reference,
        images=rules.prepare_images.output.images,
        split=SPLIT,
    output:
        weights=DEALT + "/generators/{generator}{training}/{scope}/weights.safetensors",
        last=DEALT + "/generators/{generator}{training}/{scope}/last.safetensors",
        history=DEALT + "/generators/{generator}{training}/{scope}/history.csv",
        times=DEALT + "/generators/{generator}{training}/{scope}/times.csv",
        snapshots=DEALT + "/generators/{generator}{training}/{scope}/snapshots.csv",
        sheet=DEALT + "/generators/{generator}{training}/{scope}/sheet.png",
        trained_on=DEALT + "/generators/{generator}{training}/{scope}/trained_on.csv",
    params:
        **runs("train_generator", of(generate.training_modules)),
        **in_rehearsal(pauses=True, most_steps=most_steps),
        base=of(generate.base),
        own=of(generate.own),
        devices=generator_devices,
        on_cpu=of(generate.on_cpu),
        classes=of(generate.learned_classes),
        scope=lambda wildcards: wildcards.scope,
        network=of(generate.snapshot_network),
        input_size=of(generate.snapshot_input_size),
        name=of(generate.seeded_as),
        leakage=of(generate.leakage),
        seed=of(repeats.generator_seed),
    # each device has a process
    threads: lambda wildcards: TRAINING_THREADS * generator_devices(wildcards)
    resources:
        gpu=lambda wildcards: GPUS * generator_gpus(wildcards),
        nodes=one_node(generator_devices),
        # on a CPU the layers and their gradients are in the same memory
        mem_mb=memory(
            2000 if GPUS else 4000,
            lambda wildcards: 4000 * image_bytes(wildcards) + snapshot_bytes(wildcards),
            generator_devices,
        ),
        runtime=minutes(60, lambda wildcards: generator_of(wildcards).epochs),
    pathvars:
        **OF_A_DEAL,
        job="train_generator/{generator}{training}-{scope}",
    wildcard_constraints:
        study=f"(?!{PLAN.adopted}){STUDY_NAME}",
    message:
        "Training {wildcards.generator}{wildcards.training} on {wildcards.scope} of"
        " {wildcards.dataset}{wildcards.split}{wildcards.fold}{wildcards.share}"


use rule job as sample_generator with:
    input:
        weights=rules.train_generator.output.weights,
        split=file_of(SPLIT, when=generate.counts_real),
    output:
        images=DEALT + "/stores/{generator}{training}/{scope}.npy",
        table=DEALT + "/stores/{generator}{training}/{scope}.csv",
    params:
        **runs("sample_generator", generator_modules),
        generator=lambda wildcards: wildcards.generator,
        training=of(repeats.generator_number),
        model=lambda wildcards: generator_of(wildcards).model,
        images=of(generate.images_needed),
        at_least=of(generate.at_least),
        fill_to=of(generate.fill_to),
        additions=of(generate.additions),
        labels=of(generate.labels),
        image_size=of(lambda view: view.prepare.image_size),
        truncation=of(generate.truncation),
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2000, drawing_bytes),
        runtime=minutes(60),
    pathvars:
        **OF_A_DEAL,
        job="sample_generator/{generator}{training}-{scope}",
    message:
        "Drawing synthetic images of {wildcards.scope} from"
        " {wildcards.generator}{wildcards.training}"
        "{wildcards.split}{wildcards.fold}{wildcards.share}"
