"""Write the report."""

from pathlib import Path

from synthmix.report.ran_on import ran_on
from synthmix.report.render_report import Picture, Search, StudyReport, render_report
from synthmix.results_layout import mark, of_earlier_version
from synthmix.runtime.jobs import job

with job(snakemake):
    studies = []
    for study in snakemake.params.studies:
        figures = {
            name: [Picture(**picture) for picture in pictures]
            for name, pictures in study.pop("figures").items()
        }
        sheets = [Picture(**picture) for picture in study.pop("sheets")]
        searches = [Search(**search) for search in study.pop("searches")]
        tables = study.pop("tables")
        studies.append(
            StudyReport(**study, **tables, figures=figures, sheets=sheets, searches=searches)
        )
    render_report(snakemake.output[0], studies, ran_on(snakemake.config))
    # all that the page shows was made by this version
    folders = [Path("results", snakemake.config["scale"], study.name) for study in studies]
    for folder in of_earlier_version(folders):
        mark(folder)
