"""What a search has chosen, and the settings of a training that waits for it.

Every training reads such files: little else is in here.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synthmix.files import write_text

Settings = Mapping[str, Any]

_WAYS_TO_UNFREEZE = ("unfrozen_layers", "unfrozen_share")


def settle(base: Settings, own: Settings, chosen: str | Path | None) -> dict[str, Any]:
    """Return the settings of a training: `base`, over them those chosen, over these its `own`.

    `chosen` is what `write_chosen` wrote; there is none where the training waits for no choice.
    """
    return lay_over(lay_over(base, read_chosen(chosen) if chosen else {}), own)


def lay_over(settings: Settings, others: Settings) -> dict[str, Any]:
    """Return `settings` with `others` in their place; one way to unfreeze replaces the other."""
    return {**settings, **dict.fromkeys(replaced_by(others)), **others}


def replaced_by(settings: Settings) -> list[str]:
    """Return which settings are others where `settings` are laid over them."""
    ways = _WAYS_TO_UNFREEZE if any(way in settings for way in _WAYS_TO_UNFREEZE) else ()
    return [*ways, *(name for name in settings if name not in ways)]


def read_chosen(path: str | Path) -> dict[str, Any]:
    """Return the settings that the stages of a search have chosen so far."""
    return _read(path)["settings"]


def chosen_candidate(path: str | Path) -> str:
    """Return the name of the best candidate of a stage."""
    return _read(path)["candidate"]


def write_chosen(path: str | Path, candidate: str, settings: Settings) -> None:
    """Write the name of the best candidate of a stage and all that is chosen by then."""
    chosen = {"candidate": candidate, "settings": dict(settings)}
    write_text(path, json.dumps(chosen, indent=2) + "\n")


def _read(path: str | Path) -> dict[str, Any]:
    return json.loads(Path(path).read_text(encoding="utf-8"))
