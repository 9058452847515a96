"""Write the tables of one study."""

from synthmix.evaluate.measure import measure_for
from synthmix.evaluate.tabulate_study import tabulate_study
from synthmix.mix.plan import Mix
from synthmix.runtime.jobs import job

with job(snakemake):
    mixes = [Mix.from_dict(values) for values in snakemake.params.mixes]
    tabulate_study(
        mixes=mixes,
        classifiers=snakemake.params.classifiers,
        mix_tables={mix.name: file for mix, file in zip(mixes, snakemake.input.mixes, strict=True)},
        metrics_tables=snakemake.input.metrics,
        confusion_tables=snakemake.input.confusion,
        comparison=snakemake.input.comparison,
        classifier_comparison=snakemake.input.classifier_comparison,
        outputs=dict(snakemake.output.items()),
        leakage=snakemake.params.leakage,
        of_ready=snakemake.params.of_ready,
        measure=measure_for(snakemake.params.verdict, snakemake.input.split),
    )
