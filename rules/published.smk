"""What the source of a study prints, beside what came out here."""

from synthmix.published.rows import (
    LEARNED_WEIGHTS,
    PLANE,
    TRAINING_MINUTES,
    curves_file,
    headings_file,
    of_dataset,
    read_curves,
    read_printed,
)


def published_file(study):
    """Return the file of published values of a study, None where it names none."""
    published = STUDIES[study].published
    return None if published is None else CONFIGURATION.study_files[study].parent / published


PRINTED = {study: read_printed(published_file(study)) for study in STUDIES if published_file(study)}


def printed_of(wildcards, *places):
    """Return the published values of a data set; with `places` those that are looked up there."""
    rows = of_dataset(PRINTED.get(wildcards.study, []), wildcards.dataset)
    return [row for row in rows if not places or row.of in places]


def where_printed(file, *places, when=lambda wildcards: True):
    """Return an input function: `file` where published values are looked up in one of `places`."""
    return lambda wildcards: (
        file.format(**wildcards) if printed_of(wildcards, *places) and when(wildcards) else []
    )


def printed_trainings(wildcards, *places, metric=None):
    """Return (classifier, mix) of the trainings that published values are of, and that there are."""
    printed = {
        (row.classifier, row.mix)
        for row in printed_of(wildcards, *places)
        if metric is None or row.metric == metric
    }
    there = product(classifiers_of(wildcards), mixes_of(wildcards)) if is_trained(wildcards) else ()
    return [training for training in there if training in printed]


def printed_generators(wildcards, place, metric=None):
    """Return the generators that published values are of, and that there are."""
    rows = printed_of(wildcards, place)
    printed = {row.generator for row in rows if metric is None or row.metric == metric}
    return [name for name in study_of(wildcards).generators if name in printed]


def printed_models(wildcards):
    """Return (generator, what it learns) of the models that published values are of."""
    printed = printed_generators(wildcards, "generator")
    return [model for model in models_of(wildcards) if model[0] in printed]


def printed_sweeps(wildcards):
    """Return the swept classifiers that published values are of."""
    printed = {row.classifier for row in printed_of(wildcards, "sweep")}
    swept = study_of(wildcards).classifiers
    there = classifiers_of(wildcards) if is_trained(wildcards) else []
    return [name for name in there if name in printed and swept[name].sweep]


def printed_settings(wildcards):
    """Return the settings of classifiers and generators that published ones are compared with."""
    printed = {row.classifier for row in printed_of(wildcards, "parameters")}
    trained = {
        name: training_of(named(wildcards, classifier=name))
        for name in classifiers_of(wildcards)
        if name in printed
    }
    return {
        "classifiers": {
            name: {"base": found.base, "own": found.own} for name, found in trained.items()
        },
        "generators": {
            name: generator_of(named(wildcards, generator=name)).model_dump(mode="json")
            for name in printed_generators(wildcards, "parameters")
        },
    }


def printed_choices(wildcards):
    """Return (kind, name) and the file of what is chosen for those of `printed_settings`."""
    settings = printed_settings(wildcards)
    trained = {
        ("classifiers", name): chosen_file(named(wildcards, classifier=name))
        for name in settings["classifiers"]
    }
    made = {
        ("generators", name): chosen_of(named(wildcards, generator=name))
        for name in settings["generators"]
    }
    return {key: file for key, file in (trained | made).items() if file}


def files_of_trainings(pattern, *places):
    """Return an input function: `pattern` of each training, of its seeds, and of these the folds."""
    return lambda wildcards: [
        pattern.format(**wildcards, classifier=classifier, mix=mix, seed=seed, fold=fold)
        for classifier, mix in printed_trainings(wildcards, *places)
        for seed in SEEDS
        for fold in folds_of(wildcards)
    ]


def files_of_models(pattern, of_models=lambda wildcards, models: models):
    """Return an input function: `pattern` of each model that published values are of."""
    return lambda wildcards: [
        pattern.format(**wildcards, generator=generator, scope=scope)
        for generator, scope in of_models(wildcards, printed_models(wildcards))
    ]


def timed_models(wildcards, models):
    timed = printed_generators(wildcards, "generator", metric=TRAINING_MINUTES)
    return [model for model in models if model[0] in timed]


def scored_models(wildcards, models):
    scored = models_scored_while_training(wildcards)
    return [model for model in models if model in scored]


def published_keys(wildcards):
    """Return what the files of each input with several of them are of, in their order."""
    predicted = printed_trainings(wildcards, "confusion")
    return {
        "histories": printed_trainings(wildcards, "history"),
        "test": predicted,
        "validation": predicted,
        "weights": printed_trainings(wildcards, "parameters", metric=LEARNED_WEIGHTS),
        "generator_histories": printed_models(wildcards),
        "generator_times": timed_models(wildcards, printed_models(wildcards)),
        "snapshots": scored_models(wildcards, printed_models(wildcards)),
        "planes": printed_generators(wildcards, "scores", metric=PLANE),
        "sweeps": printed_sweeps(wildcards),
        "chosen": list(printed_choices(wildcards)),
    }


def published_names(wildcards):
    """Return what there is that published values may be of."""
    there = is_trained(wildcards)
    return {
        "classifiers": classifiers_of(wildcards) if there else [],
        "mixes": list(mixes_of(wildcards)) if there else [],
        "generators": list(study_of(wildcards).generators),
    }


def curves_of(wildcards):
    """Return the file of the training histories that the source prints, where it prints any."""
    path = curves_file(published_file(wildcards.study))
    return str(path) if path.is_file() else []


def has_curves(wildcards):
    """Return whether the source prints training histories of a data set."""
    if not printed_of(wildcards):
        return False
    curves = read_curves(curves_file(published_file(wildcards.study)))
    return any(curve.dataset in ("", wildcards.dataset) for curve in curves)


rule compare_published:
    input:
        published=lambda wildcards: str(published_file(wildcards.study)),
        headings=lambda wildcards: [
            str(path)
            for path in [headings_file(published_file(wildcards.study))]
            if path.is_file()
        ],
        curves=curves_of,
        index=where_printed(rules.index_dataset.output[0], "images"),
        split=where_printed(rules.split_samples.output.split, "images"),
        census=where_printed(rules.tabulate_census.output.images, "census", when=has_census),
        composition=where_printed(
            rules.tabulate_study.output.mixes,
            "images",
            when=lambda wildcards: (
                is_trained(wildcards) and any(row.mix for row in printed_of(wildcards, "images"))
            ),
        ),
        metrics=where_printed(rules.tabulate_study.output.metrics, "metrics", when=is_trained),
        histories=files_of_trainings(rules.train_classifier.output.history, "history"),
        test=files_of_trainings(rules.predict.output.test, "confusion"),
        validation=files_of_trainings(rules.predict.output.validation, "confusion"),
        weights=lambda wildcards: [
            rules.train_classifier.output.weights.format(
                **wildcards,
                classifier=classifier,
                mix=mix,
                seed=MASTER_SEED,
                fold=folds_of(wildcards)[0],
            )
            for classifier, mix in published_keys(wildcards)["weights"]
        ],
        generator_histories=files_of_models(rules.train_generator.output.history),
        generator_times=files_of_models(rules.train_generator.output.times, timed_models),
        snapshots=files_of_models(rules.train_generator.output.snapshots, scored_models),
        scores=where_printed(
            rules.tabulate_scores.output[0],
            "scores",
            when=lambda wildcards: printed_generators(wildcards, "scores"),
        ),
        pipeline=where_printed(
            rules.measure_pipeline.output.table,
            "pipeline",
            when=measures_pipeline,
        ),
        planes=lambda wildcards: expand(
            rules.project_images.output[0],
            **wildcards,
            generator=published_keys(wildcards)["planes"],
        ),
        sweeps=lambda wildcards: [
            rules.tabulate_sweep.output.table.format(**named(wildcards, classifier=name))
            for name in printed_sweeps(wildcards)
        ],
        chosen=lambda wildcards: list(printed_choices(wildcards).values()),
    output:
        table=DATASET + "/tables/published.csv",
        markdown=DATASET + "/tables/published.md",
    log:
        LOGS + "/compare_published.log",
    benchmark:
        BENCHMARKS + "/compare_published.tsv"
    params:
        there=published_names,
        belong_to=published_keys,
        folds=folds_of,
        settings=printed_settings,
        confidence=lambda wildcards: study_of(wildcards).evaluation.confidence,
        leakage=leakage_of,
        demo=DEMO,
        code=code("compare_published"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(10),
    conda:
        ENVIRONMENT
    message:
        "Comparing {wildcards.dataset} with the published values"
    script:
        "../scripts/compare_published.py"
