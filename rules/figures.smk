"""Figures: a rule for each that `synthmix.figures.catalogue` declares, and what it names."""

from itertools import product
from types import SimpleNamespace

from synthmix.figures.catalogue import FIGURES
from synthmix.figures.declaration import check_figures


def inspected(pattern):
    """Return an input function: `pattern` for the first seed and fold of a classifier and mix."""
    return lambda wildcards: pattern.format(
        **wildcards, seed=MASTER_SEED, fold=folds_of(wildcards)[0]
    )


def compares(study):
    """Return whether other training sets are compared with real images alone."""
    return bool(study.has_mixes or study.selections or study.baselines)


def trained_classifiers(wildcards):
    return classifiers_of(wildcards) if is_trained(wildcards) else []


def each_model(pattern, models):
    """Return an input function: `pattern` of each (generator, what it learns) of `models`."""
    return lambda wildcards: [
        pattern.format(**wildcards, generator=generator, scope=scope)
        for generator, scope in models(wildcards)
    ]


# What figures may take, by the name by which they take it.
FIGURE_INPUTS = {
    # real images: the array of all that were prepared, and the table of which split each is in
    "images": rules.prepare_images.output.images,
    "split": rules.split_samples.output.split,
    "census": rules.tabulate_census.output.table,
    "pipeline": rules.measure_pipeline.output.table,
    # of a generator: the array of its images by class, where they lie among real ones, and the
    # ones nearest to these
    "pools": pools_of(rules.sample_generator.output.images),
    "plane": rules.project_images.output[0],
    "pairs": rules.score_generator.output.pairs,
    "search": rules.choose_generator.output.table,
    # of all generators: the histories by generator and class, and the scores
    "generator_histories": each_model(rules.train_generator.output.history, models_of),
    "snapshots": each_model(rules.train_generator.output.snapshots, models_scored_while_training),
    "scores": rules.tabulate_scores.output[0],
    # of a classifier: its histories by mix and seed, and a stage of its sweep
    "classifier_histories": lambda wildcards: expand(
        rules.train_classifier.output.history,
        **wildcards,
        mix=mixes_of(wildcards),
        seed=SEEDS,
        fold=folds_of(wildcards),
    ),
    "stage_table": rules.choose_classifier.output.table,
    # of a classifier and a mix: what all folds say of the test images; a network, the weights that
    # it started from, and what this one says
    "own_predictions": lambda wildcards: expand(
        rules.predict.output.test, **wildcards, seed=MASTER_SEED, fold=folds_of(wildcards)
    ),
    "model": inspected(rules.train_classifier.output.weights),
    "weights": weights_files,
    "model_predictions": inspected(rules.predict.output.test),
    # of all classifiers and mixes: the predictions by classifier, mix and seed, and the tables
    "predictions": test_predictions,
    "mixes": rules.tabulate_study.output.mixes,
    "metrics": rules.tabulate_study.output.metrics,
    "confusion": rules.tabulate_study.output.confusion,
    "summary": rules.tabulate_study.output.summary,
    "comparison": rules.compare_mixes.output[0],
    # beside published values: the comparison, their histories, and ours by classifier and mix
    "published": rules.compare_published.output.table,
    "curves": curves_of,
    "published_histories": files_of_trainings(rules.train_classifier.output.history, "history"),
}
# What the files of an input are of, where it has several: they are given together.
FIGURE_KEYS = {
    "pools": classes_of,
    "generator_histories": lambda wildcards: list(map(", ".join, models_of(wildcards))),
    "snapshots": lambda wildcards: list(map(", ".join, models_scored_while_training(wildcards))),
    "classifier_histories": lambda wildcards: [
        key for *key, fold in product(mixes_of(wildcards), SEEDS, folds_of(wildcards))
    ],
    "predictions": lambda wildcards: [
        key
        for *key, fold in product(
            classifiers_of(wildcards), mixes_of(wildcards), SEEDS, folds_of(wildcards)
        )
    ],
    "weights": weights_of,
    "published_histories": lambda wildcards: published_keys(wildcards)["histories"],
}
FIGURE_PARAMS = {
    "dataset": lambda wildcards: wildcards.dataset,
    "generator": lambda wildcards: wildcards.generator,
    "classifier": lambda wildcards: wildcards.classifier,
    "stage": lambda wildcards: int(wildcards.stage),
    "stages": lambda wildcards: len(sweep_stages(wildcards)),
    "seed": MASTER_SEED,
    "positive_class": lambda wildcards: study_of(wildcards).positive_class,
    "label": lambda wildcards: study_of(wildcards).positive_class or classes_of(wildcards)[0],
    "title": lambda wildcards: f"{wildcards.classifier}, {wildcards.mix}",
    "measures": lambda wildcards: (
        ["loss", "accuracy"] + ([] if study_of(wildcards).positive_class else ["macro_f1"])
    ),
}
# What a data set of a study must have.
FIGURE_WHEN = {
    "always": lambda wildcards: True,
    "census": has_census,
    "pipeline": measures_pipeline,
    "generators": lambda wildcards: bool(study_of(wildcards).generators),
    "snapshots": models_scored_while_training,
    "trainings": is_trained,
    "mixes": lambda wildcards: is_trained(wildcards) and study_of(wildcards).has_mixes,
    "comparisons": lambda wildcards: is_trained(wildcards) and compares(study_of(wildcards)),
    "published": printed_of,
    "published curves": has_curves,
}
# Of what there is a figure each: what tells it from the others, and its wildcards.
FIGURE_PER = {
    "data set": lambda wildcards: {"": {}},
    "generator": lambda wildcards: {
        name: {"generator": name} for name in study_of(wildcards).generators
    },
    "search": lambda wildcards: {
        name: {"generator": name} for *key, name in SEARCHES if tuple(key) == key_of(wildcards)
    },
    # of its trainings that on real images
    "classifier": lambda wildcards: {
        name: {"classifier": name, "mix": first_baseline(wildcards)}
        for name in trained_classifiers(wildcards)
    },
    "stage": lambda wildcards: {
        f"{name}, stage {stage}": {"classifier": name, "stage": stage}
        for name in trained_classifiers(wildcards)
        for stage in range(1, stages_of(study_of(wildcards).classifiers[name]) + 1)
    },
}


def figures_of(study, dataset):
    """Return all pictures of a study's data set, by figure: title, path and tables of each."""
    names = {"study": study, "dataset": dataset}
    wildcards = SimpleNamespace(**names)
    pictures = {
        figure.name: [
            {
                "title": title,
                "path": path.format(**names, **own),
                "tables": {table: path.format(**names, **own) for table, path in tables},
            }
            for title, own in FIGURE_PER[figure.per](wildcards).items()
            for (_, path), *tables in [figure_outputs(figure).items()]
        ]
        for figure in FIGURES
        if FIGURE_WHEN[figure.when](wildcards)
    }
    return {name: found for name, found in pictures.items() if found}


def figure_files(study, dataset):
    """Return all files of the figures of a study's data set."""
    return [
        file
        for pictures in figures_of(study, dataset).values()
        for picture in pictures
        for file in (picture["path"], *picture["tables"].values())
    ]


def figure_outputs(figure):
    """Return the patterns of the files that a figure is made of; `output` is the picture."""
    tables = {name: f"{DATASET}/{path}" for name, path in figure.tables.items()}
    return {"output": f"{DATASET}/figures/{figure.file}"} | tables


def figure_job(figure):
    """Return what tells a job of a figure from others in the names of logs and benchmarks."""
    return "/".join([figure.name, *(f"{{{name}}}" for name in figure.wildcards())])


def figure_code(figure):
    """Return a rule parameter: a digest of the code behind a figure, and of a network it shows."""

    def digest(wildcards):
        networks = networks_of(wildcards) if "model" in figure.inputs else []
        return code_digest("plot_figure", f"synthmix.figures.{figure.name}", *networks)

    return digest


def group_of_figures(wildcards):
    """Return the group of all figures that a profile names as `plot_figure`, None without one."""
    return workflow.group_settings.overwrite_groups.get("plot_figure")


try:
    known = {"inputs": FIGURE_INPUTS, "params": FIGURE_PARAMS, "when": FIGURE_WHEN}
    check_figures(FIGURES, known)
except UserError as error:
    raise WorkflowError(str(error)) from None

for figure in FIGURES:

    rule:
        name:
            figure.name
        input:
            **{name: FIGURE_INPUTS[name] for name in figure.inputs},
        output:
            **figure_outputs(figure),
        log:
            f"{LOGS}/{figure_job(figure)}.log",
        benchmark:
            f"{BENCHMARKS}/{figure_job(figure)}.tsv"
        params:
            **{name: FIGURE_KEYS[name] for name in figure.inputs if name in FIGURE_KEYS},
            **{name: FIGURE_PARAMS[name] for name in figure.params},
            demo=DEMO,
            leakage=leakage_of,
            code=figure_code(figure),
        threads: 1
        resources:
            mem_mb=memory(figure.mem_mb),
            runtime=minutes(20),
        group:
            group_of_figures
        conda:
            ENVIRONMENT
        message:
            figure.message
        script:
            "../scripts/plot_figure.py"
