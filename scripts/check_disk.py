"""Check that the files of the full run have room."""

from functools import partial
from pathlib import Path

from synthmix.estimate.jobs import plan
from synthmix.rehearse.check_disk import check_disk
from synthmix.runtime.jobs import job

with job(snakemake):
    params, config = snakemake.params, dict(snakemake.config)
    check_disk(
        partial(plan, params.python, Path(params.snakefile), cores=1),
        {**config, "studies": params.studies, "scale": "paper"},
        params.published,
        "results/paper",
        config["data_dir"],
        snakemake.output[0],
    )
