"""How far a study follows the work whose values it is held against, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

CONTEXT = "context"


@dataclass(frozen=True)
class Deviation:
    """Where a study departs from its source: what, why, the likely effect; `table` or ""."""

    what: str
    why: str
    effect: str
    table: str = ""

    @property
    def text(self) -> str:
        """All of it in a line."""
        return " ".join([self.what, f"Why: {self.why}", f"Likely effect: {self.effect}"])


@dataclass(frozen=True)
class Protocol:
    """Whether a study follows its source, and where it departs from it all the same."""

    is_that_of_source: bool
    deviations: Sequence[Deviation] = ()

    @classmethod
    def of_settings(cls, settings: Mapping[str, object]) -> Self:
        """Return what the plain settings of a study say: published_values and deviations."""
        listed = settings.get("deviations", [])
        found = [Deviation(**(one | {"table": one.get("table") or ""})) for one in listed]
        return cls(settings.get("published_values") != CONTEXT, found)

    @property
    def about(self) -> str:
        """How the published values are to be read; "" where they are held against ours."""
        if self.is_that_of_source:
            return ""
        return (
            "This study follows another protocol than its source. The published values stand beside"
            " ours as context, and nothing is said of whether they agree."
        )

    @property
    def heading(self) -> str:
        """What stands above the deviations; "" where none is declared."""
        count = len(self.deviations)
        if not count:
            return ""
        places = "1 place" if count == 1 else f"{count} places"
        return f"Where this study is known to depart from its source: {places}"

    def notes_on(self, table: str) -> list[str]:
        """Return what departs in a table of the source."""
        return [f"Here otherwise: {one.text}" for one in self.deviations if one.table == table]


LIKE_ITS_SOURCE = Protocol(True)
