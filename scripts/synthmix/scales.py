"""How large studies are run, and what marks results that say nothing of their subject."""

from typing import Literal

Scale = Literal["demo", "paper", "rehearsal"]

DEMO, PAPER, REHEARSAL = "demo", "paper", "rehearsal"

OF_REHEARSAL = (
    "A few steps on a few images, stand-ins among them, to prove that every job of the full run"
    " works. No number here means anything."
)
"""What is said of whatever a rehearsal makes."""


def mark_of(scale: str) -> str:
    """Return the word that marks what is made at `scale`; "" where nothing is to be said of it."""
    return "" if scale == PAPER else scale


def warning_of(scale: str, of_demo: str) -> str:
    """Return what is said of what is made at `scale`: `of_demo` of demos; "" at scale paper."""
    return {DEMO: of_demo, REHEARSAL: f"Rehearsal. {OF_REHEARSAL}"}.get(scale, "")
