"""The option `leakage`: what of test patients may be trained on, and what is said where it was.

Imports nothing: the configuration, jobs and figures all ask it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, get_args

Leakage = Literal["none", "by_image", "as_published"]
NONE, BY_IMAGE, AS_PUBLISHED = get_args(Leakage)
SEEN_IN_TRAINING = f"test images were seen in training (leakage: {AS_PUBLISHED})"
PATIENTS_SEEN = f"other images of test patients were seen in training (leakage: {BY_IMAGE})"
_SAID = {NONE: "", BY_IMAGE: PATIENTS_SEEN, AS_PUBLISHED: SEEN_IN_TRAINING}

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
