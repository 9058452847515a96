"""The option `leakage`: what of test patients may be trained on, and what is said where it was.

Imports nothing: the configuration, jobs and figures all ask it.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, get_args

Leakage = Literal["none", "by_image", "as_published"]
NONE, BY_IMAGE, AS_PUBLISHED = get_args(Leakage)
# what tables say of ready images: nobody knows what they were made from, or a list says it
NOT_RULED_OUT, AS_LISTED = "not_ruled_out", "as_listed"
SEEN_IN_TRAINING = f"test images were seen in training (leakage: {AS_PUBLISHED})"
PATIENTS_SEEN = f"other images of test patients were seen in training (leakage: {BY_IMAGE})"
MAY_BE_SEEN = (
    "test images may be among what ready images were made from (learned_from: unknown), a leak "
    "that can't be ruled out"
)
COUNTED = (
    "how many test images ready images were made from, if any, or are, stands in "
    "tables/ready_images.csv (learned_from)"
)
_SAID = {
    NONE: "",
    BY_IMAGE: PATIENTS_SEEN,
    AS_PUBLISHED: SEEN_IN_TRAINING,
    NOT_RULED_OUT: MAY_BE_SEEN,
    AS_LISTED: COUNTED,
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


def each_leakage(names: Iterable[str], leakage: str, of_ready: Mapping[str, str]) -> list[str]:
    """Return what a column `leakage` says of each of `names`: mixes, or generators.

    It is the `leakage` of the split; where that is none, what is in `of_ready`, which has
    NOT_RULED_OUT or AS_LISTED for those with ready images.
    """
    return [of_ready.get(name, leakage) if leakage == NONE else leakage for name in names]
