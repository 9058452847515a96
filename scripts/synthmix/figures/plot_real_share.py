"""A measure against the share of real images in the mix."""

from pathlib import Path

from synthmix.figures.shares import draw_shares


def plot_real_share(summary: str | Path, output: str | Path, *, scale: str) -> None:
    """Draw `draw_shares` of the table `summary`, against the share of real images."""
    draw_shares(summary, output, "real", scale)
