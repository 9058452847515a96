"""Figures: a rule for each that `synthmix.figures.catalogue` declares, and what it names."""

from synthmix.figures.catalogue import FIGURES
from synthmix.figures.declaration import check_figures
from synthmix.plan import classify, figures, generate, mixups, published, repeats, score, search

# What figures may take, by the name by which they take it. What is not of all repeats is of the
# first of them.
FIGURE_INPUTS = {
    # real images: the array of all that were prepared, and the table of which split each is in
    "images": rules.prepare_images.output.images,
    "split": file_of(rules.split_samples.output.split, split=""),
    "near_duplicates": rules.find_duplicates.output[0],
    "census": rules.tabulate_census.output.table,
    "pipeline": rules.measure_pipeline.output.table,
    # of a generator: the array of its images by class, where they lie among real ones, and the
    # ones nearest to these
    "pools": files_of(rules.sample_generator.output.images, scope=generate.scopes, **FIRST),
    "plane": file_of(rules.project_images.output[0], **FIRST),
    "pairs": file_of(rules.score_generator.output.pairs, **FIRST),
    # of all generators: the histories by generator and class, and the scores
    "generator_histories": files_of(rules.train_generator.output.history, generate.models, **FIRST),
    "snapshots": files_of(
        rules.train_generator.output.snapshots, generate.models_with_snapshots, **FIRST
    ),
    "scores": rules.tabulate_scores.output.scores,
    # of a classifier: its histories by mix and repeat
    "classifier_histories": files_of(rules.train_classifier.output.history, figures.trained),
    # of a stage of a search: its candidates and their scores
    "search": file_of(rules.choose_candidate.output.table, **FIRST),
    # of all stages of one: what candidates say of test images too
    "candidates": file_of(rules.tabulate_search.output.table, **FIRST),
    "candidate_histories": files_of(
        rules.train_generator.output.history,
        generator=search.candidate_names,
        scope=lambda view, name: generate.scopes(view, name),
        **FIRST,
    ),
    # of a classifier and a mix: what all folds say of the test images; a network, the weights that
    # it started from, and what this one says
    "own_predictions": files_of(
        rules.predict.output.test, seed=MASTER_SEED, **FIRST | {"fold": repeats.folds}
    ),
    "model": file_of(
        rules.train_classifier.output.weights,
        classifier=classify.trained_as,
        seed=MASTER_SEED,
        **FIRST,
    ),
    "weights": weights_files,
    "model_predictions": file_of(rules.predict.output.test, seed=MASTER_SEED, **FIRST),
    # of all classifiers and mixes: the predictions by classifier, mix and repeat, and the tables
    "predictions": test_predictions,
    "mixes": rules.tabulate_study.output.mixes,
    "metrics": rules.tabulate_study.output.metrics,
    "confusion": rules.tabulate_study.output.confusion,
    "summary": rules.tabulate_study.output.summary,
    "comparison": rules.compare_mixes.output.comparison,
    "variance": rules.compare_mixes.output.variance,
    "learning_curve": rules.tabulate_learning_curve.output[0],
    # beside published values: the comparison, their histories, and ours by classifier and mix
    "published": rules.compare_published.output.table,
    "curves": curves_of,
    "published_histories": files_of(
        rules.train_classifier.output.history,
        published.histories_as_trained,
    ),
}
# What the files of an input are of, where it has several: they are given together.
FIGURE_KEYS = {
    "pools": of(generate.made_classes),
    "generator_histories": of(figures.generators),
    "snapshots": of(figures.snapshots),
    "candidate_histories": of(figures.candidates),
    "classifier_histories": of(figures.histories),
    "predictions": of(figures.trainings),
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
