"""How the jobs of a rehearsal have ended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """A job of the rehearsal: its study ("" of several), rule, what tells it apart, and log."""

    study: str
    rule: str
    name: str
    log: Path


@dataclass(frozen=True)
class Outcome:
    """How the jobs of a run have ended: `done` in this run or before.

    `failed` are those that failed: their logs say why, and with a user's mistake which setting to
    change. `waited` could not run after that. `whole` are the studies that it had every job of.
    """

    failed: Sequence[Job] = ()
    waited: Sequence[Job] = ()
    done: Sequence[Job] = ()
    whole: Collection[str] = ()
