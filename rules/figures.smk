"""Figures: a rule for each that `synthmix.figures.catalogue` declares, and what it names."""

from synthmix.figures.catalogue import FIGURES
from synthmix.figures.declaration import check_figures
from synthmix.plan import classify, evaluate, figures, generate, mix, mixups, published
from synthmix.plan import score, search

# What figures may take, by the name by which they take it.
FIGURE_INPUTS = {
    # real images: the array of all that were prepared, and the table of which split each is in
    "images": rules.prepare_images.output.images,
    "split": rules.split_samples.output.split,
    "near_duplicates": rules.find_duplicates.output[0],
    "census": rules.tabulate_census.output.table,
    "pipeline": rules.measure_pipeline.output.table,
    # of a generator: the array of its images by class, where they lie among real ones, and the
    # ones nearest to these
    "pools": pools_of(rules.sample_generator.output.images),
    "plane": rules.project_images.output[0],
    "pairs": rules.score_generator.output.pairs,
    # of all generators: the histories by generator and class, and the scores
    "generator_histories": files_of(rules.train_generator.output.history, generate.models),
    "snapshots": files_of(rules.train_generator.output.snapshots, generate.models_with_snapshots),
    "scores": rules.tabulate_scores.output[0],
    # of a classifier: its histories by mix and seed
    "classifier_histories": files_of(
        rules.train_classifier.output.history,
        classifier=classify.trained_as,
        mix=mix.names,
        seed=SEEDS,
        fold=evaluate.folds,
    ),
    # of a stage of a search: its candidates and their scores
    "search": rules.choose_candidate.output.table,
    # of all stages of one: what candidates say of test images too
    "candidates": rules.tabulate_search.output.table,
    "candidate_histories": candidates_histories,
    # of a classifier and a mix: what all folds say of the test images; a network, the weights that
    # it started from, and what this one says
    "own_predictions": files_of(rules.predict.output.test, seed=MASTER_SEED, fold=evaluate.folds),
    "model": file_of(
        rules.train_classifier.output.weights,
        classifier=classify.trained_as,
        seed=MASTER_SEED,
        fold=evaluate.first_fold,
    ),
    "weights": weights_files,
    "model_predictions": file_of(
        rules.predict.output.test, seed=MASTER_SEED, fold=evaluate.first_fold
    ),
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
    "published_histories": files_of(
        rules.train_classifier.output.history,
        published.shown_as_trained,
        seed=SEEDS,
        fold=evaluate.folds,
    ),
}
# What the files of an input are of, where it has several: they are given together.
FIGURE_KEYS = {
    "pools": of(generate.made_classes),
    "generator_histories": of(figures.generators),
    "snapshots": of(figures.snapshots),
    "candidate_histories": of(figures.candidates),
    "classifier_histories": of(lambda view: figures.histories(PLAN, view)),
    "predictions": of(lambda view: figures.trainings(PLAN, view)),
    "weights": weights_of,
    "published_histories": of(figures.published_histories),
}
FIGURE_PARAMS = {
    "dataset": lambda wildcards: wildcards.dataset,
    "generator": lambda wildcards: wildcards.generator,
    "classifier": lambda wildcards: wildcards.classifier,
    "kind": lambda wildcards: wildcards.kind,
    "name": lambda wildcards: wildcards.name,
    "stage": lambda wildcards: int(wildcards.stage),
    "stages": of(search.stage_count),
    "image_size": of(generate.image_size),
    "seed": MASTER_SEED,
    "unseen": of(score.unseen),
    "positive_class": positive_class_of,
    "label": of(figures.label),
    "augmentations": of(figures.augmentations),
    "title": lambda wildcards: f"{wildcards.classifier}, {wildcards.mix}",
    "measures": of(figures.measures),
    "baseline": of(lambda view: view.baseline),
    "mixups": of(mixups.series),
}


def figure_outputs(figure):
    """Return the patterns of the files that a figure is made of; `output` is the picture."""
    tables = {name: f"{DATASET}/{path}" for name, path in figure.tables.items()}
    return {"output": f"{DATASET}/figures/{figure.file}"} | tables


def figures_of(view):
    """Return all pictures of a data set, by figure: title, path and tables of each."""
    pictures = {}
    for figure in FIGURES:
        for title, own in figures.shown(view, figure).items():
            names = {"study": view.study, "dataset": view.dataset, **own}
            files = {
                name: pattern.format(**names) for name, pattern in figure_outputs(figure).items()
            }
            picture = {"title": title, "path": files.pop("output"), "tables": files}
            pictures.setdefault(figure.name, []).append(picture)
    return pictures


def figure_files(view):
    """Return all files of the figures of a data set."""
    return [
        file
        for pictures in figures_of(view).values()
        for picture in pictures
        for file in (picture["path"], *picture["tables"].values())
    ]


def figure_job(figure):
    """Return what tells a job of a figure from others in the names of logs and benchmarks."""
    return "/".join([figure.name, *(f"{{{name}}}" for name in figure.wildcards())])


def figure_modules(figure):
    """Return a function of wildcards: the module that draws a figure, and those of a network."""
    drawn_by = f"synthmix.figures.{figure.name}"
    shows_network = "model" in figure.inputs
    return lambda wildcards: [drawn_by, *(classifier_modules(wildcards) if shows_network else [])]


def group_of_figures(wildcards):
    """Return the group of all figures that a profile names as `plot_figure`, None without one."""
    return workflow.group_settings.overwrite_groups.get("plot_figure")


try:
    known = {"inputs": FIGURE_INPUTS, "params": FIGURE_PARAMS, "when": figures.WHEN}
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
            f"<logs>/{figure_job(figure)}.log",
        benchmark:
            f"<benchmarks>/{figure_job(figure)}.tsv"
        params:
            **{name: FIGURE_KEYS[name] for name in figure.inputs if name in FIGURE_KEYS},
            **{name: FIGURE_PARAMS[name] for name in figure.params},
            **runs("plot_figure", figure_modules(figure)),
            scale=SCALE,
            leakage=leakage_of,
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
            "../scripts/{params.script}.py"
