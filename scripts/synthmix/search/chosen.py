"""The file that says which candidate was chosen. Trainings read it: little else is in here."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synthmix.files import write_text


def write_chosen(path: str | Path, candidate: str, settings: Mapping[str, Any]) -> None:
    """Write the name of the best candidate and the settings that set it apart."""
    chosen = {"candidate": candidate, "settings": dict(settings)}
    write_text(path, json.dumps(chosen, indent=2) + "\n")


def chosen_candidate(path: str | Path) -> str:
    """Return the name of the best candidate."""
    return json.loads(Path(path).read_text(encoding="utf-8"))["candidate"]


def with_chosen(settings: Mapping[str, Any], path: str | Path | None) -> dict[str, Any]:
    """Return `settings` with those of the best candidate, where there is a file about it."""
    if not path:
        return dict(settings)
    return dict(settings) | json.loads(Path(path).read_text(encoding="utf-8"))["settings"]
