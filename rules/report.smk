"""One page about everything."""

from synthmix.plan import acquire, generate, report
from synthmix.plan.plan import reported


def study_files(study, dataset):
    """Return the tables and figures that the report shows, by the field of `StudyReport`."""
    view = PLAN.view(study, dataset)
    settings = view.settings
    figures = RESULTS + f"/{study}/{dataset}/figures"
    tables = RESULTS + f"/{study}/{dataset}/tables"
    files = {
        "fetched": rules.fetch_dataset.output[0].format(raw=acquire.raw_name(view)),
        "split": RESULTS + f"/{study}/{dataset}/split.csv",
        "rejected": RESULTS + f"/{study}/{dataset}/rejected.csv",
        "duplicates": RESULTS + f"/{study}/{dataset}/duplicates.csv",
        "mixes": f"{tables}/mixes.csv",
        "metrics": f"{tables}/metrics.csv",
        "summary": f"{tables}/summary.csv",
        "comparison": f"{tables}/comparison.csv",
        "classifier_comparison": f"{tables}/classifier_comparison.csv",
        "metrics_figure": f"{figures}/metrics.svg",
        "roc_figure": f"{figures}/roc.svg",
        "calibration_figure": f"{figures}/calibration.svg",
        "confusion_figure": f"{figures}/confusion.svg",
    }
    if settings.has_mixes:
        files |= {
            "real_share_figure": f"{figures}/real_share.svg",
            "synthetic_share_figure": f"{figures}/synthetic_share.svg",
        }
    if settings.has_mixes or settings.selections or settings.baselines:
        files |= {
            "mixes_figure": f"{figures}/mixes.svg",
            "comparison_figure": f"{figures}/comparison.svg",
        }
    if settings.generators:
        files |= {
            "scores": f"{tables}/scores.csv",
            "generator_history_figure": f"{figures}/generator_history.svg",
            "scores_figure": f"{figures}/scores.svg",
        }
    return (
        files
        | census_files(study, dataset)
        | pipeline_files(study, dataset)
        | published_files(study, dataset)
    )


def census_files(study, dataset):
    """Return what the metadata says of all images, where it says more than their classes."""
    if not PLAN.view(study, dataset).data.facts:
        return {}
    names = {"study": study, "dataset": dataset}
    return {
        "census": rules.tabulate_census.output.table.format(**names),
        "census_figure": rules.plot_census.output[0].format(**names),
    }


def pipeline_files(study, dataset):
    """Return how fast images are read, of pictures and where the study asks for it."""
    if not PLAN.view(study, dataset).measures_pipeline:
        return {}
    names = {"study": study, "dataset": dataset}
    return {
        "pipeline": rules.measure_pipeline.output.table.format(**names),
        "pipeline_figure": rules.plot_pipeline.output[0].format(**names),
    }


def study_pictures(study, dataset):
    """Return the figures of which there are several, as (title, path), by the same fields."""
    return generator_pictures(study, dataset) | classifier_pictures(study, dataset)


def generator_pictures(study, dataset):
    """Return what there is to see of each generator."""
    view = PLAN.view(study, dataset)
    names = {"study": study, "dataset": dataset}

    def of_each(pattern):
        return [(name, pattern.format(**names, generator=name)) for name in generate.names(view)]

    return {
        "samples": of_each(rules.plot_samples.output[0]),
        "snapshots": [
            ("", rules.plot_snapshots.output[0].format(**names))
            for _ in generate.models_with_snapshots(view)[:1]
        ],
        "planes": of_each(rules.plot_pca.output[0]),
        "nearest": of_each(rules.plot_nearest.output[0]),
        "sheets": [
            (
                ", ".join(model),
                rules.train_generator.output.sheet.format(**names, **model._asdict()),
            )
            for model in generate.models(view)
        ],
    }


def classifier_pictures(study, dataset):
    """Return what there is to see of each classifier; of one training that on real images."""
    view = PLAN.view(study, dataset)
    names = {"study": study, "dataset": dataset}
    if not view.mixes:
        return {}

    def of_each(pattern, **more):
        return [
            (classifier, pattern.format(**names, classifier=classifier, **more))
            for classifier in view.classifiers
        ]

    return {
        "classifier_histories": of_each(rules.plot_classifier_history.output[0]),
        "examples": of_each(rules.plot_examples.output[0], mix=view.baseline),
        "heat_maps": of_each(rules.plot_gradcam.output[0], mix=view.baseline),
        "feature_maps": of_each(rules.plot_feature_maps.output[0], mix=view.baseline),
    }


def generator_files(study, dataset):
    """Return what there is to see of the generators of a study."""
    names = ("scores", "generator_history_figure", "scores_figure")
    pictures = generator_pictures(study, dataset)
    return (
        [study_files(study, dataset)[name] for name in names]
        + [file for found in pictures.values() for _, file in found]
        + [file for quiz in study_quizzes(study, dataset) for file in (quiz["figure"], quiz["key"])]
    )


def study_quizzes(study, dataset):
    """Return generator, figure and key of every quiz, by the fields of `Quiz`."""
    return [
        {
            "generator": generator,
            "figure": rules.plot_quiz.output.figure.format(**names),
            "key": rules.plot_quiz.output.key.format(**names),
        }
        for generator in generate.names(PLAN.view(study, dataset))
        for names in [{"study": study, "dataset": dataset, "generator": generator}]
    ]


def on_page(find):
    """Return an input function: the files that `find` gives for all that a page reports on."""
    return lambda wildcards: [
        file for view in PLAN.on_page(wildcards.page) for file in find(view.study, view.dataset)
    ]


def pages(views, page):
    """Return a page, and what some of the studies and data sets have that is on none."""
    return [
        *([f"results/{page}.html"] if reported(views) else []),
        *(file for view in views for file in beside_pages(view)),
    ]


def own_page(study):
    """Return the page of a study alone, and what it has that is on none."""
    return pages(PLAN.views_of(study), f"{SCALE}/{study}/report")


def beside_pages(view):
    """Return what a study makes of a data set that is on no page, or where there may be none.

    A study without classifiers ends with what its generators make, or with the split.
    """
    key = view.study, view.dataset
    return [
        *(generator_files(*key) if view.settings.generators and not view.mixes else []),
        *search_files(*key),
        *census_files(*key).values(),
        *pipeline_files(*key).values(),
        *published_files(*key).values(),
        rules.split_samples.output.split.format(study=view.study, dataset=view.dataset),
    ]


REPORT_TEMPLATES = sorted(
    str(file)
    for suffix in ("j2", "css")
    for file in Path(workflow.basedir).glob(f"scripts/synthmix/report/*.{suffix}")
)


rule render_report:
    input:
        templates=REPORT_TEMPLATES,
        files=on_page(lambda *key: study_files(*key).values()),
        pictures=on_page(
            lambda *key: [
                file for pictures in study_pictures(*key).values() for _, file in pictures
            ]
        ),
        searches=on_page(
            lambda *key: [
                file
                for shown in searches_shown(*key)
                for file in (*shown["tables"], *shown["figures"])
            ]
        ),
        quizzes=on_page(
            lambda *key: [quiz[kind] for quiz in study_quizzes(*key) for kind in ("figure", "key")]
        ),
    output:
        "results/{page}.html",
    log:
        f"{RESULTS}/logs/render_report/{{page}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/render_report/{{page}}.tsv"
    params:
        studies=lambda wildcards: [
            report.facts(PLAN, view)
            | {
                "files": study_files(view.study, view.dataset),
                "pictures": study_pictures(view.study, view.dataset),
                "searches": searches_shown(view.study, view.dataset),
                "quizzes": study_quizzes(view.study, view.dataset),
            }
            for view in PLAN.on_page(wildcards.page)
        ],
        code=code("render_report"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    wildcard_constraints:
        page=f"(?:{SCALE}/(?:{'|'.join(PLAN.studies)})/)?report",
    conda:
        ENVIRONMENT
    message:
        "Writing the page {wildcards.page}"
    script:
        "../scripts/render_report.py"
