"""Draw real and synthetic images in the plane of a principal component analysis."""

from synthmix.figures.plot_pca import plot_pca
from synthmix.runtime.jobs import job

with job(snakemake):
    plot_pca(snakemake.input.plane, snakemake.output[0], demo=snakemake.params.demo)
