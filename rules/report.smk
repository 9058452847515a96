"""One page about everything."""


def has_mixes(study):
    """Return whether a study compares mixes of synthetic and real images, or just classifiers."""
    return STUDIES[study].mixes is not None


def study_files(study, dataset):
    """Return the tables and figures that the report shows, by the field of `StudyReport`."""
    figures = RESULTS + f"/{study}/{dataset}/figures"
    tables = RESULTS + f"/{study}/{dataset}/tables"
    files = {
        "fetched": f"{DATA}/{raw_name(STUDIES[study].datasets[dataset])}/fetched.json",
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
    if has_mixes(study):
        files |= {
            "real_share_figure": f"{figures}/real_share.svg",
            "synthetic_share_figure": f"{figures}/synthetic_share.svg",
        }
    if has_mixes(study) or STUDIES[study].selections:
        files |= {
            "mixes_figure": f"{figures}/mixes.svg",
            "comparison_figure": f"{figures}/comparison.svg",
        }
    if STUDIES[study].generators:
        files |= {
            "scores": f"{tables}/scores.csv",
            "generator_history_figure": f"{figures}/generator_history.svg",
            "scores_figure": f"{figures}/scores.svg",
        }
    return files | pipeline_files(study, dataset)


def pipeline_files(study, dataset):
    """Return how fast images are read, of pictures and where the study asks for it."""
    if STUDIES[study].input_pipeline is None or STUDIES[study].prepare_of(dataset).volume_shape:
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
    generators = STUDIES[study].generators
    names = {"study": study, "dataset": dataset}
    classes = STUDIES[study].datasets[dataset].class_names()

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
        "sweeps": [
            (f"{sweep['classifier']}, stage {stage}", figure)
            for sweep in study_sweeps(study, dataset)
            for stage, figure in enumerate(sweep["figures"], start=1)
        ],
    }


def generator_files(study, dataset):
    """Return what there is to see of the generators of a study."""
    names = ("scores", "generator_history_figure", "scores_figure")
    pictures = generator_pictures(study, dataset)
    return (
        [study_files(study, dataset)[name] for name in names]
        + [file for found in pictures.values() for _, file in found]
        + [search["figure"] for search in study_searches(study, dataset)]
        + [file for quiz in study_quizzes(study, dataset) for file in (quiz["figure"], quiz["key"])]
    )


def study_searches(study, dataset):
    """Return generator, table and figure of every search, by the fields of `Search`."""
    return [
        {
            "generator": generator,
            "table": rules.choose_generator.output.table.format(**names),
            "figure": rules.plot_search.output[0].format(**names),
        }
        for searched, generator in SEARCHES
        if searched == study
        for names in [{"study": study, "dataset": dataset, "generator": generator}]
    ]


def study_quizzes(study, dataset):
    """Return generator, figure and key of every quiz, by the fields of `Quiz`."""
    return [
        {
            "generator": generator,
            "figure": rules.plot_quiz.output.figure.format(**names),
            "key": rules.plot_quiz.output.key.format(**names),
        }
        for generator in STUDIES[study].generators
        for names in [{"study": study, "dataset": dataset, "generator": generator}]
    ]


def folds_reported(study, dataset):
    """Return how many folds are tested on in turn, 0 where images are split once."""
    split = STUDIES[study].split_of(dataset)
    return split.folds if isinstance(split, FoldSplit) and split.cross_validate else 0


def study_facts(study, dataset):
    """Return what the report says about a study apart from its files."""
    settings = STUDIES[study]
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


# a data set that no classifier takes has nothing to report
REPORTED = [key for key in MIXES if key[0] in ASKED_STUDIES and classifiers_for(*key)]
REPORT_TEMPLATES = sorted(
    str(file)
    for suffix in ("j2", "css")
    for file in Path(workflow.basedir).glob(f"scripts/synthmix/report/*.{suffix}")
)


rule render_report:
    input:
        templates=REPORT_TEMPLATES,
        files=[file for key in REPORTED for file in study_files(*key).values()],
        pictures=[
            file
            for key in REPORTED
            for pictures in study_pictures(*key).values()
            for _, file in pictures
        ],
        searches=[
            search[kind]
            for key in REPORTED
            for search in study_searches(*key)
            for kind in ("table", "figure")
        ],
        quizzes=[
            quiz[kind]
            for key in REPORTED
            for quiz in study_quizzes(*key)
            for kind in ("figure", "key")
        ],
    output:
        REPORT,
    log:
        f"{RESULTS}/logs/render_report.log",
    benchmark:
        f"{RESULTS}/benchmarks/render_report.tsv"
    params:
        studies=[
            study_facts(*key)
            | {
                "files": study_files(*key),
                "pictures": study_pictures(*key),
                "searches": study_searches(*key),
                "quizzes": study_quizzes(*key),
            }
            for key in REPORTED
        ],
        code=code("render_report"),
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=minutes(20),
    conda:
        ENVIRONMENT
    message:
        "Writing the report"
    script:
        "../scripts/render_report.py"
