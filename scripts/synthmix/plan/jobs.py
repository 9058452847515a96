"""Of which studies the jobs are that a process on a node was started for."""

import re
from collections.abc import Sequence
from itertools import takewhile

_OPTION = "--target-jobs"


def studies_of_jobs(arguments: Sequence[str]) -> set[str] | None:
    """Return the studies of the jobs that the `arguments` of Snakemake name.

    None where they name no jobs, or one that is of no study: it may be of all of them.
    """
    if _OPTION not in arguments:
        return None
    rest = arguments[arguments.index(_OPTION) + 1 :]
    jobs = takewhile(lambda word: not word.startswith("--"), rest)
    studies = [re.search(r"[:,]study=(\w+)", job) for job in jobs]
    return {study[1] for study in studies} if all(studies) else None
