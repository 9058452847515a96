"""The jobs of the workflow called by hand, as in the tutorials: no Snakemake here."""
