"""One page about everything."""


def study_files(study, dataset):
    """Return the tables and figures that the report shows, by the field of `StudyReport`."""
    settings = VIEWS[study, dataset]
    figures = RESULTS + f"/{study}/{dataset}/figures"
    tables = RESULTS + f"/{study}/{dataset}/tables"
    files = {
        "fetched": f"{DATA}/{raw_name(settings.datasets[dataset])}/fetched.json",
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
    if not VIEWS[study, dataset].datasets[dataset].facts:
        return {}
    names = {"study": study, "dataset": dataset}
    return {
        "census": rules.tabulate_census.output.table.format(**names),
        "census_figure": rules.plot_census.output[0].format(**names),
    }


def pipeline_files(study, dataset):
    """Return how fast images are read, of pictures and where the study asks for it."""
    settings = VIEWS[study, dataset]
    if settings.input_pipeline is None or settings.prepare_of(dataset).volume_shape:
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
    generators = VIEWS[study, dataset].generators
    names = {"study": study, "dataset": dataset}
    classes = VIEWS[study, dataset].datasets[dataset].class_names()

    def of_each(pattern):
        return [(name, pattern.format(**names, generator=name)) for name in generators]

    return {
        "samples": of_each(rules.plot_samples.output[0]),
        "snapshots": [
            ("", rules.plot_snapshots.output[0].format(**names))
            for scored in [any(generator.snapshots for generator in generators.values())]
            if scored
        ],
        "planes": of_each(rules.plot_pca.output[0]),
        "nearest": of_each(rules.plot_nearest.output[0]),
        "sheets": [
            (
                f"{name}, {scope}",
                rules.train_generator.output.sheet.format(**names, generator=name, scope=scope),
            )
            for name, generator in generators.items()
            for scope in scopes_of(generator, classes)
        ],
    }


def classifier_pictures(study, dataset):
    """Return what there is to see of each classifier; of one training that on real images."""
    names = {"study": study, "dataset": dataset}
    if (study, dataset) not in MIXES:
        return {}
    shown = next(name for name, mix in MIXES[study, dataset].items() if mix.is_baseline)

    def of_each(pattern, **more):
        return [
            (classifier, pattern.format(**names, classifier=classifier, **more))
            for classifier in classifiers_for(study, dataset)
        ]

    return {
        "classifier_histories": of_each(rules.plot_classifier_history.output[0]),
        "examples": of_each(rules.plot_examples.output[0], mix=shown),
        "heat_maps": of_each(rules.plot_gradcam.output[0], mix=shown),
        "feature_maps": of_each(rules.plot_feature_maps.output[0], mix=shown),
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
        for generator in VIEWS[study, dataset].generators
        for names in [{"study": study, "dataset": dataset, "generator": generator}]
    ]


def folds_reported(study, dataset):
    """Return how many folds are tested on in turn, 0 where images are split once."""
    split = VIEWS[study, dataset].split_of(dataset)
    return split.folds if isinstance(split, FoldSplit) and split.cross_validate else 0


def study_facts(study, dataset):
    """Return what the report says about a study apart from its files."""
    settings = VIEWS[study, dataset]
    return {
        "name": study,
        "dataset": dataset,
        "title": settings.title,
        "description": settings.description,
        "demo": DEMO,
        "positive_class": settings.positive_class,
        "seeds": SEEDS,
        "folds": folds_reported(study, dataset),
        "evaluation": settings.evaluation.model_dump(mode="json"),
        "settings": settings.model_dump(mode="json"),
    }


def reported(keys):
    """Return those studies and data sets that have something to report: a classifier takes them."""
    return [key for key in keys if key in MIXES and classifiers_for(*key)]


def reported_on(wildcards):
    """Return what a page reports on: one study, or all that are asked for."""
    study = wildcards.page.removesuffix("report").strip("/").removeprefix(SCALE).strip("/")
    return reported([key for key in VIEWS if key[0] == study] if study else ASKED)


def on_page(find):
    """Return an input function: the files that `find` gives for all that a page reports on."""
    return lambda wildcards: [file for key in reported_on(wildcards) for file in find(*key)]


def pages(keys, page):
    """Return a page, and what some of the studies and data sets have that is on none."""
    return [
        *([f"results/{page}.html"] if reported(keys) else []),
        *(
            file
            for study, dataset in keys
            # a study without classifiers ends with what its generators make, or with the split
            for file in (
                generator_files(study, dataset)
                if VIEWS[study, dataset].generators and not VIEWS[study, dataset].classifiers
                else []
            )
            + search_files(study, dataset)
            + list(census_files(study, dataset).values())
            + list(pipeline_files(study, dataset).values())
            + list(published_files(study, dataset).values())
            + [f"{RESULTS}/{study}/{dataset}/split.csv"]
        ),
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
                for search in searches_shown(*key)
                for file in (*search["tables"], *search["figures"])
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
            study_facts(*key)
            | {
                "files": study_files(*key),
                "pictures": study_pictures(*key),
                "searches": searches_shown(*key),
                "quizzes": study_quizzes(*key),
            }
            for key in reported_on(wildcards)
        ],
        code=code("render_report"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    wildcard_constraints:
        page=f"(?:{SCALE}/(?:{'|'.join(STUDIES)})/)?report",
    conda:
        ENVIRONMENT
    message:
        "Writing the page {wildcards.page}"
    script:
        "../scripts/render_report.py"
