"""What rules ask about packing synthetic images for use elsewhere."""

from typing import Any

from synthmix.plan import generate
from synthmix.plan.view import View


def settings(view: View, generator: str) -> dict[str, Any]:
    """Return what is packed, as plain values: with the truncation of pools where none is given."""
    asked = view.settings.export.model_dump(mode="json")
    if asked["truncation"] is None or generate.is_ready(view, generator):
        asked["truncation"] = generate.truncation(view, generator)
    return asked
