"""One page about everything."""


def study_tables(study, dataset):
    """Return the tables that there are of a study's data set, by the field of `StudyReport`."""
    names = {"study": study, "dataset": dataset}
    wildcards = SimpleNamespace(**names)
    tables = {
        "fetched": fetched_of(wildcards),
        "split": rules.split_samples.output.split,
        "rejected": rules.prepare_images.output.rejected,
        "duplicates": rules.split_samples.output.duplicates,
    }
    if is_trained(wildcards):
        for name in ("mixes", "metrics", "summary"):
            tables[name] = rules.tabulate_study.output[name]
        tables["comparison"] = rules.compare_mixes.output[0]
        tables["classifier_comparison"] = rules.compare_classifiers.output[0]
    some = {
        "scores": ("generators", rules.tabulate_scores.output[0]),
        "census": ("census", rules.tabulate_census.output.table),
        "pipeline": ("pipeline", rules.measure_pipeline.output.table),
        "published": ("published", rules.compare_published.output.table),
    }
    tables |= {name: table for name, (when, table) in some.items() if FIGURE_WHEN[when](wildcards)}
    return {name: table.format(**names) for name, table in tables.items()}


def study_sheets(study, dataset):
    """Return title and path of the pictures of each generator as its training went on."""
    classes = VIEWS[study, dataset].datasets[dataset].class_names()
    pattern = rules.train_generator.output.sheet
    return [
        {
            "title": f"{name}, {scope}",
            "path": pattern.format(study=study, dataset=dataset, generator=name, scope=scope),
        }
        for name, generator in VIEWS[study, dataset].generators.items()
        for scope in scopes_of(generator, classes)
    ]


def study_searches(study, dataset):
    """Return generator and table of every search, by the fields of `Search`."""
    return [
        {
            "generator": generator,
            "table": rules.choose_generator.output.table.format(
                study=study, dataset=dataset, generator=generator
            ),
        }
        for *searched, generator in SEARCHES
        if searched == [study, dataset]
    ]


def shown_files(study, dataset):
    """Return all files that a page shows of a study's data set."""
    key = (study, dataset)
    pictures = [picture["path"] for picture in study_sheets(*key)]
    searches = [search["table"] for search in study_searches(*key)]
    return [*study_tables(*key).values(), *figure_files(*key), *pictures, *searches]


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


def pages(keys, page):
    """Return a page, and what some of the studies and data sets have that is on none.

    A study without classifiers ends with what its generators make, or with the split.
    """
    shown = reported(keys)
    return [
        *([f"results/{page}.html"] if shown else []),
        *(file for key in keys for file in sweep_files(*key)),
        *(file for key in keys if key not in shown for file in shown_files(*key)),
    ]


REPORT_TEMPLATES = sorted(
    str(file)
    for suffix in ("j2", "css")
    for file in Path(workflow.basedir).glob(f"scripts/synthmix/report/*.{suffix}")
)


rule render_report:
    input:
        templates=REPORT_TEMPLATES,
        shown=lambda wildcards: [
            file for key in reported_on(wildcards) for file in shown_files(*key)
        ],
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
                "tables": study_tables(*key),
                "figures": figures_of(*key),
                "sheets": study_sheets(*key),
                "searches": study_searches(*key),
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
