"""Lists the jobs that Snakemake plans, as JSON; run as a module, it reads its request from stdin.

A process of its own: planning a run within a run would mix up the two. The request names the
`snakefile`, the `config` that is laid over it and the number of `cores`; the answer, on standard
output, is a list with the fields of `synthmix.estimate.jobs.Job` for each job of the default
target.
"""

import io
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from snakemake.api import ApiError, SnakemakeApi
from snakemake.exceptions import WorkflowError
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
)

# the parameters that tell how much work a job is
PARAMS = {
    *("source", "settings", "split", "subsample", "test_sample", "classes"),
    *("base", "own", "mix", "model", "images", "fill_to", "additions", "most"),
    *("evaluation", "scorer", "repeats", "folds", "network", "input_size", "mixes", "classifiers"),
    *("predicting", "comparisons", "equal_steps", "most_steps"),
}
# as `code_digest` writes it, in the quotation marks of a recorded parameter
CODE = re.compile(r"""["']?[0-9a-f]{16}["']?""")


def plan_jobs(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the fields of each job of the default target, in no particular order."""
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        workflow = api.workflow(
            ResourceSettings(cores=request["cores"]),
            ConfigSettings(config=request["config"]),
            snakefile=Path(request["snakefile"]),
        )
        # of what builds the graph without running it this prints the least
        with redirect_stdout(io.StringIO()):
            workflow.dag(DAGSettings()).printrulegraph()
        return list(_records(workflow._workflow))


def _records(workflow: Any) -> Iterator[dict[str, Any]]:
    dag = workflow.dag
    numbers = {job: number for number, job in enumerate(dag.jobs)}
    for job, number in numbers.items():
        yield {
            "number": number,
            "rule": job.rule.name,
            "wildcards": dict(job.wildcards.items()),
            "params": {name: value for name, value in job.params.items() if name in PARAMS},
            "threads": job.threads,
            "mem_mb": job.resources.get("mem_mb", 0),
            "gpus": job.resources.get("gpu", 0),
            "to_do": dag.needrun(job),
            "unchanged": _is_unchanged(workflow, job),
            "benchmark": job.benchmark and str(job.benchmark),
            "log": str(job.log[0]) if job.log else None,
            "outputs": [str(file) for file in job.output],
            "needs": sorted(numbers[needed] for needed in dag.dependencies[job]),
        }


def _is_unchanged(workflow: Any, job: Any) -> bool:
    """Return whether the parameters on record are those of now, whatever the code is by now."""
    changes = workflow.persistence.params_changed(job)
    if not changes:
        return True
    return all(CODE.fullmatch(str(value)) for value in changes.only_old | changes.only_new)


if __name__ == "__main__":
    try:
        planned = plan_jobs(json.load(sys.stdin))
    except (WorkflowError, ApiError) as error:
        sys.exit(str(error))
    json.dump(planned, sys.stdout, default=str)
