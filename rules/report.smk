"""One page about everything."""


def study_files(study, dataset):
    """Return the tables and figures that the report shows, by the field of `StudyReport`."""
    figures = RESULTS + f"/{study}/{dataset}/figures"
    tables = RESULTS + f"/{study}/{dataset}/tables"
    return {
        "fetched": f"{DATA}/{raw_name(STUDIES[study].datasets[dataset])}/fetched.json",
        "split": RESULTS + f"/{study}/{dataset}/split.csv",
        "rejected": RESULTS + f"/{study}/{dataset}/rejected.csv",
        "duplicates": RESULTS + f"/{study}/{dataset}/duplicates.csv",
        "mixes": f"{tables}/mixes.csv",
        "summary": f"{tables}/summary.csv",
        "comparison": f"{tables}/comparison.csv",
        "scores": f"{tables}/scores.csv",
        "mixes_figure": f"{figures}/mixes.svg",
        "generator_history_figure": f"{figures}/generator_history.svg",
        "real_share_figure": f"{figures}/real_share.svg",
        "metrics_figure": f"{figures}/metrics.svg",
        "comparison_figure": f"{figures}/comparison.svg",
        "confusion_figure": f"{figures}/confusion.svg",
        "scores_figure": f"{figures}/scores.svg",
    }


def study_pictures(study, dataset):
    """Return the figures of which there are several, as (title, path), by the same fields."""
    settings = STUDIES[study]
    names = {"study": study, "dataset": dataset}
    classes = settings.datasets[dataset].class_names()
    return {
        "samples": [
            (generator, *expand(rules.plot_samples.output[0], **names, generator=generator))
            for generator in settings.generators
        ],
        "snapshots": [
            ("", *expand(rules.plot_snapshots.output[0], **names))
            for scored in [any(g.snapshots for g in settings.generators.values())]
            if scored
        ],
        "planes": [
            (generator, *expand(rules.plot_pca.output[0], **names, generator=generator))
            for generator in settings.generators
        ],
        "nearest": [
            (generator, *expand(rules.plot_nearest.output[0], **names, generator=generator))
            for generator in settings.generators
        ],
        "sheets": [
            (
                f"{name}, {scope}",
                *expand(rules.train_generator.output.sheet, **names, generator=name, scope=scope),
            )
            for name, generator in settings.generators.items()
            for scope in scopes_of(generator, classes)
        ],
        "classifier_histories": [
            (
                classifier,
                *expand(rules.plot_classifier_history.output[0], **names, classifier=classifier),
            )
            for classifier in settings.classifiers
        ],
    }


def generator_files(study, dataset):
    """Return what there is to see of the generators of a study."""
    names = ("scores", "generator_history_figure", "scores_figure")
    pictures = study_pictures(study, dataset)
    return (
        [study_files(study, dataset)[name] for name in names]
        + [
            file
            for kind in ("samples", "sheets", "snapshots", "planes", "nearest")
            for _, file in pictures[kind]
        ]
        + [search["figure"] for search in study_searches(study, dataset)]
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
        "evaluation": settings.evaluation.model_dump(mode="json"),
        "settings": settings.model_dump(mode="json"),
    }


REPORTED = [key for key in MIXES if key[0] in ASKED_STUDIES]
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
