"""Write the report."""

from synthmix.report.ran_on import ran_on
from synthmix.report.render_report import Picture, Quiz, Search, StudyReport, render_report
from synthmix.runtime.jobs import job

with job(snakemake):
    studies = []
    for study in snakemake.params.studies:
        files, pictures = study.pop("files"), study.pop("pictures")
        several = {
            field: [Picture(title, file) for title, file in found]
            for field, found in pictures.items()
        }
        searches = [Search(**search) for search in study.pop("searches")]
        quizzes = [Quiz(**quiz) for quiz in study.pop("quizzes")]
        studies.append(StudyReport(**study, **files, **several, searches=searches, quizzes=quizzes))
    render_report(snakemake.output[0], studies, ran_on(snakemake.config))
