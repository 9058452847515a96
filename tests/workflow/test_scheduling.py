"""How Snakemake's scheduler is set up."""

import pytest

from workflow_project import Project

SHOWN = """

onsuccess:
    limiter = workflow.scheduler.job_rate_limiter
    print("limit of jobs:", limiter and limiter.max_jobs)
"""


@pytest.mark.parametrize(
    ("asked_for", "limit"),
    [([], "None"), (["--max-jobs-per-timespan", "50/1s"], "50")],
)
def test_the_number_of_jobs_a_second_is_limited_on_demand_alone(tmp_path, asked_for, limit):
    """The limit that is there by default keeps waking the scheduler, ever more often."""
    project = Project.copy(tmp_path / "synthmix")
    snakefile = project.folder / "Snakefile"
    snakefile.write_text(snakefile.read_text() + SHOWN)
    result = project.run("results/paper/tiny/phantoms/index.csv", *asked_for)
    assert result.returncode == 0, result.stdout[-3000:]
    assert f"limit of jobs: {limit}\n" in result.stdout
