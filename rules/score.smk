"""How good the generators' images are, scored alike for all of them."""

from synthmix.plan import generate, mix, repeats, score
from synthmix.score.settings import INCEPTION_FILE

SCORES = DEALT + "/scores"

scores_of = of(score.settings)


def score_weights(wildcards):
    """Return the file of the network whose features are compared."""
    if fetched := of(score.fetched_weights)(wildcards):
        return rules.fetch_weights.output[0].format(weights=fetched)
    path = scores_of(wildcards).inception_path(PLAN.downloads)
    return path or rules.train_score_network.output[0].format(**wildcards)


use rule job as fetch_score_weights with:
    output:
        f"{PLAN.downloads}/{INCEPTION_FILE}",
    params:
        **runs("fetch_score_weights"),
        **in_rehearsal(kept=f"{DATA}/weights/{INCEPTION_FILE}", seed=MASTER_SEED),
    resources:
        mem_mb=memory(1500),
        runtime=minutes(60),
    pathvars:
        logs=f"{PLAN.downloads}",
        benchmarks=f"{PLAN.downloads}",
        job=f"{INCEPTION_FILE}",
    localrule: True
    message:
        "Fetching the weights of FID's Inception network"


use rule job as train_score_network with:
    input:
        images=rules.prepare_images.output.images,
        split=SPLIT,
    output:
        SCORES + "/network.safetensors",
    params:
        **runs("train_score_network"),
        classes=classes_of,
        seed=seed_of,
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2000, lambda wildcards: 512 * image_bytes(wildcards)),
        runtime=minutes(30),
    pathvars:
        **OF_A_DEAL,
        job="train_score_network",
    message:
        "Training a network for the scores of"
        " {wildcards.dataset}{wildcards.split}{wildcards.fold}{wildcards.share}"


use rule job as extract_score_features with:
    input:
        images=file_of(STORE, mix.store_placed),
        weights=score_weights,
    output:
        features=SCORES + "/features/{store}.npy",
        table=SCORES + "/features/{store}.csv",
    params:
        **runs("extract_score_features", of(score.network_modules)),
        network=of(score.network),
        input_size=of(score.input_size),
        most=of(score.images),
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2500, lambda wildcards: 512 * image_bytes(wildcards)),
        runtime=minutes(240),
    pathvars:
        **OF_A_DEAL,
        job="extract_score_features/{store}",
    message:
        "Extracting features of {wildcards.store} of"
        " {wildcards.dataset}{wildcards.split}{wildcards.fold}{wildcards.share} to score by"


use rule job as fit_real with:
    input:
        features=file_of(SCORES + "/features/real.npy", score.real_placed),
        split=SPLIT,
    output:
        SCORES + "/training.safetensors",
    params:
        **runs("fit_real"),
        classes=classes_of,
        everything=of(generate.any_learns_all),
        seen=of(score.seen),
    resources:
        mem_mb=memory(4000),
        runtime=minutes(20),
    pathvars:
        **OF_A_DEAL,
        job="fit_real",
    message:
        "Describing the training images of"
        " {wildcards.dataset}{wildcards.split}{wildcards.fold}{wildcards.share}"
        " to score snapshots by"


use rule job as score_real with:
    input:
        features=file_of(SCORES + "/features/real.npy", score.real_placed),
        split=SPLIT,
    output:
        reference=SCORES + "/real.safetensors",
        scores=SCORES + "/real.csv",
    params:
        **runs("score_real"),
        classes=classes_of,
        everything=of(generate.any_learns_all),
        seen=of(score.seen),
        settings=settings_of(score.settings),
        seed=seed_of,
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    pathvars:
        **OF_A_DEAL,
        job="score_real",
    message:
        "Describing the real images of"
        " {wildcards.dataset}{wildcards.split}{wildcards.fold}{wildcards.share} to score by"


use rule job as score_generator with:
    input:
        pools=pools_of(SCORES + "/features/{generator}{training}/{scope}.npy"),
        real=file_of(SCORES + "/features/real.npy", score.real_placed),
        reference=rules.score_real.output.reference,
        split=SPLIT,
    output:
        scores=SCORES + "/{generator}{training}/scores.csv",
        pairs=SCORES + "/{generator}{training}/nearest.csv",
    params:
        **runs("score_generator"),
        generator=lambda wildcards: wildcards.generator,
        classes=of(generate.made_classes),
        seen=of(score.seen),
        looks_at_test=of(generate.is_ready),
        settings=settings_of(score.settings),
        seed=seed_of,
    resources:
        mem_mb=memory(4000),
        runtime=minutes(120),
    pathvars:
        **OF_A_DEAL,
        job="score_generator/{generator}{training}",
    message:
        "Scoring the images of"
        " {wildcards.generator}{wildcards.training}"
        "{wildcards.split}{wildcards.fold}{wildcards.share}"


use rule job as tabulate_scores with:
    input:
        scores=files_of(rules.score_generator.output.scores, score.scored),
        real=files_of(rules.score_real.output.scores, repeats.deals),
    output:
        scores=DATASET + "/tables/scores.csv",
        each=DATASET + "/tables/scores_of_repeats.csv",
    params:
        **runs("tabulate_scores"),
        scored=of(score.scored_plain),
        dealt=of(score.dealt_plain),
        leakage=leakage_of,
        of_ready=of(generate.leakage_of_ready),
    pathvars:
        job="tabulate_scores",
    message:
        "Writing the scores of the generators of {wildcards.dataset}"


use rule job as project_images with:
    input:
        images=rules.prepare_images.output.images,
        split=SPLIT,
        pools=pools_of(rules.sample_generator.output.images),
    output:
        SCORES + "/{generator}{training}/plane.csv",
    params:
        **runs("project_images"),
        classes=of(generate.made_classes),
        most=of(score.plane_images),
        image_size=of(generate.image_size),
    resources:
        mem_mb=memory(
            1000,
            lambda wildcards: 4 * scores_of(wildcards).plane_images * image_bytes(wildcards),
        ),
        runtime=minutes(20),
    pathvars:
        **OF_A_DEAL,
        job="project_images/{generator}{training}",
    message:
        "Projecting real images and those of {wildcards.generator}{wildcards.training} onto a plane"
