"""Say what a run will cost before it starts."""

from functools import partial
from pathlib import Path

from synthmix.estimate.costs import Machine
from synthmix.estimate.estimate import write_estimate
from synthmix.estimate.jobs import plan
from synthmix.estimate.machine import device_of
from synthmix.estimate.wording import terminal_text
from synthmix.runtime.jobs import job

with job(snakemake):
    params, config = snakemake.params, dict(snakemake.config)
    found = write_estimate(
        partial(plan, params.python, Path(params.snakefile), cores=params.cores),
        config,
        params.studies,
        params.published,
        Machine(params.cores, params.gpus, device_of(config["device"])),
        Path("results"),
        snakemake.output.table,
        snakemake.output.markdown,
    )
    print(f"\n{terminal_text(found)}\n", flush=True)
