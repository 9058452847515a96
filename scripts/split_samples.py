"""Split the images of a data set by patient."""

from pydantic import TypeAdapter

from synthmix.prepare.settings import Split, Subsample
from synthmix.prepare.split_samples import split_samples
from synthmix.runtime.jobs import job

with job(snakemake):
    split_samples(
        table=snakemake.input.table,
        output=snakemake.output.split,
        duplicates=snakemake.output.duplicates,
        near=snakemake.input.near or None,
        first=snakemake.input.first or None,
        near_duplicates=snakemake.params.near_duplicates,
        split=TypeAdapter(Split).validate_python(snakemake.params.split),
        subsample=TypeAdapter(Subsample | None).validate_python(snakemake.params.subsample),
        test_sample=snakemake.params.test_sample,
        seed=snakemake.params.seed,
        leakage=snakemake.params.leakage,
    )
