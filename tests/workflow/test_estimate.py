"""The estimate of a study that has never run, by Snakemake's own plan."""

from synthmix.store import read_table
from workflow_project import Project


def test_it_counts_the_jobs_that_a_dry_run_does_and_runs_none(tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    result = project.run("estimate")
    assert result.returncode == 0, result.stdout[-3000:]
    planned = project.planned()
    jobs = sum(planned.values())
    assert f"{jobs} of {jobs} jobs are to do." in result.stdout
    assert "nothing has been measured on it yet" in result.stdout
    files = {
        str(file.relative_to(project.folder / "results"))
        for file in (project.folder / "results").rglob("*")
        if file.is_file()
    }
    assert files == {
        *("paper/estimate.csv", "paper/estimate.md"),
        *("paper/logs/estimate.log", "paper/benchmarks/estimate.tsv"),
    }
    assert not (project.folder / "data").exists()
    table = read_table(project.folder / "results" / "paper" / "estimate.csv")
    assert table.groupby("rule")["to_do"].sum().to_dict() == planned
    # asked again it is made again
    assert project.planned("estimate") == {"estimate": 1}
