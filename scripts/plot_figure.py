"""Draw a figure: the rule's name is that of the module in `synthmix.figures` that draws it."""

from synthmix.figures.plot_figure import plot_figure
from synthmix.runtime.jobs import job
from synthmix.runtime.memory_end import ended_beyond_memory

with job(snakemake), ended_beyond_memory(snakemake):
    plot_figure(
        snakemake.rule,
        dict(snakemake.input.items()),
        dict(snakemake.params.items()),
        dict(snakemake.output.items()),
    )
