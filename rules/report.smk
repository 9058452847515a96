"""One page about everything."""

from synthmix.plan import acquire, figures, generate, repeats, report, search
from synthmix.plan.plan import reported

# The tables that the report shows, by the field of `StudyReport`, and when there are such.
REPORT_TABLES = {
    "split": ("always", rules.split_samples.output.split),
    "rejected": ("always", rules.prepare_images.output.rejected),
    "duplicates": ("always", rules.split_samples.output.duplicates),
    "mixes": ("trainings", rules.tabulate_study.output.mixes),
    "metrics": ("trainings", rules.tabulate_study.output.metrics),
    "summary": ("trainings", rules.tabulate_study.output.summary),
    "comparison": ("trainings", rules.compare_mixes.output.comparison),
    "classifier_comparison": ("trainings", rules.compare_classifiers.output[0]),
    "learning_curve": ("learning curves", rules.tabulate_learning_curve.output[0]),
    "scores": ("generators", rules.tabulate_scores.output.scores),
    "ready_images": ("ready images", rules.tabulate_ready_images.output[0]),
    "census": ("census", rules.tabulate_census.output.table),
    "pipeline": ("pipeline", rules.measure_pipeline.output.table),
    "published": ("published", rules.compare_published.output.table),
}
REPORT_TEMPLATES = sorted(
    str(file)
    for suffix in ("j2", "css")
    for file in Path(workflow.basedir).glob(f"scripts/synthmix/report/*.{suffix}")
) + [f"{workflow.basedir}/scripts/synthmix/palette.css"]


def study_tables(view):
    """Return the tables that there are of a data set, by the field of `StudyReport`."""
    raw = rules.fetch_dataset.output[0].format(raw=acquire.raw_name(view))
    return {"fetched": raw} | {
        name: pattern.format(study=view.study, dataset=view.dataset, split="")
        for name, (when, pattern) in REPORT_TABLES.items()
        if figures.WHEN[when](view)
    }


def first_of(view):
    """Return the wildcards of the first of all repeats of a data set."""
    fold = repeats.first_fold(view)
    return {"study": view.study, "dataset": view.dataset} | FIRST | {"fold": fold}


def study_sheets(view):
    """Return title and path of the pictures of each generator as its training went on."""
    pattern = rules.train_generator.output.sheet
    return [
        {
            "title": ", ".join(model),
            "path": pattern.format(**first_of(view), **model._asdict()),
        }
        for model in generate.models(view)
    ]


def study_searches(view):
    """Return every search, by the fields of `Search`."""

    def table(kind, name, stage):
        return rules.choose_candidate.output.table.format(
            **first_of(view), kind=kind, name=name, stage=stage
        )

    return [
        {
            "kind": kind,
            "name": name,
            "adopted": search.adopted(view, kind, name),
            "tables": {
                search.stage_title(view, kind, name, stage): table(kind, name, stage)
                for stage in search.stages(view, kind, name)
            },
        }
        for kind, name in search.all_searched(view)
    ]


def shown_files(view):
    """Return all files that a page shows of a data set."""
    pictures = [picture["path"] for picture in study_sheets(view)]
    searches = [table for found in study_searches(view) for table in found["tables"].values()]
    return [*study_tables(view).values(), *figure_files(view), *pictures, *searches]


def pages(views, page):
    """Return a page, and what some of the studies and data sets have that is on none.

    A study without classifiers ends with what its generators make, or with the split.
    """
    shown = reported(views)
    return [
        *([f"results/{page}.html"] if shown else []),
        *(file for view in views for file in search_files(view)),
        *(file for view in views if view not in shown for file in shown_files(view)),
        *checks_of(views),
    ]


use rule job as render_report with:
    input:
        templates=REPORT_TEMPLATES,
        shown=lambda wildcards: [
            file for view in PLAN.on_page(wildcards.page) for file in shown_files(view)
        ],
    output:
        "results/{page}.html",
    params:
        **runs("render_report"),
        studies=lambda wildcards: [
            report.facts(PLAN, view)
            | {
                "tables": study_tables(view),
                "figures": figures_of(view),
                "sheets": study_sheets(view),
                "searches": study_searches(view),
            }
            for view in PLAN.on_page(wildcards.page)
        ],
    pathvars:
        **OF_THE_RUN,
        job="render_report/{page}",
    wildcard_constraints:
        page=f"(?:{SCALE}/(?:{'|'.join(PLAN.studies)})/)?report",
    message:
        "Writing the page {wildcards.page}"
