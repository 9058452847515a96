"""How good the generators' images are, scored alike for all of them."""

from synthmix.plan import generate, score
from synthmix.score.settings import INCEPTION_FILE

SCORES = DATASET + "/scores"

scores_of = of(score.settings)


def score_weights(wildcards):
    """Return the file of the network whose features are compared."""
    path = scores_of(wildcards).weights_path(PLAN.downloads)
    return path or rules.train_score_network.output[0].format(**wildcards)


rule fetch_score_weights:
    output:
        f"{DATA}/weights/{INCEPTION_FILE}",
    log:
        f"{DATA}/weights/{INCEPTION_FILE}.log",
    benchmark:
        f"{DATA}/weights/{INCEPTION_FILE}.tsv"
    params:
        code=code("fetch_score_weights"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(60),
    localrule: True
    conda:
        ENVIRONMENT
    message:
        "Fetching the weights of FID's Inception network"
    script:
        "../scripts/fetch_score_weights.py"


rule train_score_network:
    input:
        images=rules.prepare_images.output.images,
        split=rules.split_samples.output.split,
    output:
        SCORES + "/network.safetensors",
    log:
        LOGS + "/train_score_network.log",
    benchmark:
        BENCHMARKS + "/train_score_network.tsv"
    params:
        classes=classes_of,
        seed=MASTER_SEED,
        code=code("train_score_network"),
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2000, lambda wildcards: 512 * image_bytes(wildcards)),
        runtime=minutes(30),
    conda:
        ENVIRONMENT
    message:
        "Training a network for the scores of {wildcards.dataset}"
    script:
        "../scripts/train_score_network.py"


rule extract_score_features:
    input:
        images=STORE,
        weights=score_weights,
    output:
        features=SCORES + "/features/{store}.npy",
        table=SCORES + "/features/{store}.csv",
    log:
        LOGS + "/extract_score_features/{store}.log",
    benchmark:
        BENCHMARKS + "/extract_score_features/{store}.tsv"
    params:
        kind=of(score.features),
        most=of(score.images),
        code=code("extract_score_features"),
    threads: TRAINING_THREADS
    resources:
        gpu=GPUS,
        mem_mb=memory(2500, lambda wildcards: 512 * image_bytes(wildcards)),
        runtime=minutes(240),
    conda:
        ENVIRONMENT
    message:
        "Extracting features of {wildcards.store} to score by"
    script:
        "../scripts/extract_score_features.py"


rule fit_real:
    input:
        features=SCORES + "/features/real.npy",
        split=rules.split_samples.output.split,
    output:
        SCORES + "/training.safetensors",
    log:
        LOGS + "/fit_real.log",
    benchmark:
        BENCHMARKS + "/fit_real.tsv"
    params:
        classes=classes_of,
        code=code("fit_real"),
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Describing the training images of {wildcards.dataset} to score snapshots by"
    script:
        "../scripts/fit_real.py"


rule score_real:
    input:
        features=SCORES + "/features/real.npy",
        split=rules.split_samples.output.split,
    output:
        reference=SCORES + "/real.safetensors",
        scores=SCORES + "/real.csv",
    log:
        LOGS + "/score_real.log",
    benchmark:
        BENCHMARKS + "/score_real.tsv"
    params:
        classes=classes_of,
        settings=settings_of(score.settings),
        seed=MASTER_SEED,
        code=code("score_real"),
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=minutes(60),
    conda:
        ENVIRONMENT
    message:
        "Describing the real images of {wildcards.dataset} to score by"
    script:
        "../scripts/score_real.py"


rule score_generator:
    input:
        pools=pools_of(SCORES + "/features/{generator}/{scope}.npy"),
        real=SCORES + "/features/real.npy",
        reference=rules.score_real.output.reference,
        split=rules.split_samples.output.split,
    output:
        scores=SCORES + "/{generator}/scores.csv",
        pairs=SCORES + "/{generator}/nearest.csv",
    log:
        LOGS + "/score_generator/{generator}.log",
    benchmark:
        BENCHMARKS + "/score_generator/{generator}.tsv"
    params:
        generator=lambda wildcards: wildcards.generator,
        classes=classes_of,
        settings=settings_of(score.settings),
        seed=MASTER_SEED,
        code=code("score_generator"),
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=minutes(120),
    conda:
        ENVIRONMENT
    message:
        "Scoring the images of {wildcards.generator}"
    script:
        "../scripts/score_generator.py"


rule tabulate_scores:
    input:
        files_of(rules.score_generator.output.scores, generator=generate.names),
        rules.score_real.output.scores,
    output:
        DATASET + "/tables/scores.csv",
    log:
        LOGS + "/tabulate_scores.log",
    benchmark:
        BENCHMARKS + "/tabulate_scores.tsv"
    params:
        leakage=leakage_of,
        code=code("tabulate_scores"),
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    conda:
        ENVIRONMENT
    message:
        "Writing the scores of the generators of {wildcards.dataset}"
    script:
        "../scripts/tabulate_scores.py"


rule project_images:
    input:
        images=rules.prepare_images.output.images,
        split=rules.split_samples.output.split,
        pools=pools_of(rules.sample_generator.output.images),
    output:
        SCORES + "/{generator}/plane.csv",
    log:
        LOGS + "/project_images/{generator}.log",
    benchmark:
        BENCHMARKS + "/project_images/{generator}.tsv"
    params:
        classes=classes_of,
        most=of(score.plane_images),
        code=code("project_images"),
    threads: 1
    resources:
        mem_mb=memory(
            1000,
            lambda wildcards: 4 * scores_of(wildcards).plane_images * image_bytes(wildcards),
        ),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Projecting real images and those of {wildcards.generator} onto a plane"
    script:
        "../scripts/project_images.py"
