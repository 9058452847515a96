"""The option `leakage`: what of test patients may be trained on, and what is said where it was.

Imports nothing: the configuration, jobs and figures all ask it.
"""

from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, get_args

Leakage = Literal["none", "by_image", "as_published"]
NONE, BY_IMAGE, AS_PUBLISHED = get_args(Leakage)
# what tables say of ready images of which nobody knows what they were made from
NOT_RULED_OUT = "not_ruled_out"
SEEN_IN_TRAINING = f"test images were seen in training (leakage: {AS_PUBLISHED})"
PATIENTS_SEEN = f"other images of test patients were seen in training (leakage: {BY_IMAGE})"
MAY_BE_SEEN = (
    "test images may be among what ready images were made from (learned_from: unknown), a leak "
    "that can't be ruled out"
)
_SAID = {
    NONE: "",
    BY_IMAGE: PATIENTS_SEEN,
    AS_PUBLISHED: SEEN_IN_TRAINING,
    NOT_RULED_OUT: MAY_BE_SEEN,
}

# a mark that each figure of a job carries, whichever function draws it
_OF_JOB: ContextVar[str] = ContextVar("leakage of the job", default=NONE)


@contextmanager
def leakage_of_job(leakage: str) -> Iterator[None]:
    """Have `caution` speak of data that were split with this `leakage`, within the context."""
    before = _OF_JOB.set(leakage)
    try:
        yield
    finally:
        _OF_JOB.reset(before)


def caution(leakage: str | None = None) -> str:
    """Return what has to be said of results with this `leakage`, "" where there is nothing.

    Without `leakage` it is that of the job that runs.
    """
    said = _SAID[_OF_JOB.get() if leakage is None else leakage]
    return said[:1].upper() + said[1:]


def each_leakage(names: Iterable[str], leakage: str, not_ruled_out: Container[str]) -> list[str]:
    """Return what a column `leakage` says of each of `names`: mixes, or generators.

    It is the `leakage` of the split; where that is none, NOT_RULED_OUT for those that are
    `not_ruled_out`, which have ready images of unknown origin.
    """
    return [
        NOT_RULED_OUT if leakage == NONE and name in not_ruled_out else leakage for name in names
    ]
