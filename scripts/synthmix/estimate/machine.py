"""What this machine has, without torch."""

from pathlib import Path

# made by NVIDIA's driver where there is a card
CARD = Path("/dev/nvidia0")


def device_of(asked: str) -> str:
    """Return what trainings run on, cpu or cuda, where `asked` is auto, cpu or cuda."""
    if asked != "auto":
        return asked
    return "cuda" if CARD.exists() else "cpu"
