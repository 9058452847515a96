"""Ask whether what a run downloads can be had; nothing is downloaded."""

from synthmix.estimate.check_downloads import check_downloads
from synthmix.files import write_text
from synthmix.runtime.jobs import job

with job(snakemake):
    params = snakemake.params
    found = check_downloads(params.datasets, params.networks, params.score_weights, params.folder)
    print(f"\n{found}\n", flush=True)
    write_text(snakemake.output[0], f"{found}\n")
