"""Ending a job that holds more memory than a rehearsal lets it, and that has no batches to part.

What has batches begins anew with smaller ones: `synthmix.runtime.memory_bound`. No torch here: most
jobs need none.
"""

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from synthmix.runtime.memory_free import GB, bound_of, held

LOGGER = logging.getLogger(__name__)
LOOK_EVERY = 0.02  # seconds, in which a process can take some ten MB more


@contextmanager
def ended_beyond_memory(snakemake: Any, settings: str = "prepare.image_size") -> Iterator[None]:
    """Run the body of a script; end the job where it holds more than `rehearsal_memory_gb`.

    That is with code 1 and a message, in the log and on standard error, that says to lower the
    `settings`. There is a bound in rehearsals alone.
    """
    gigabytes = bound_of(snakemake.config)
    if gigabytes is None or held() is None:
        yield
        return
    over = threading.Event()
    threading.Thread(target=_watch, args=(gigabytes, settings, over), daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _watch(gigabytes: float, settings: str, over: threading.Event) -> None:
    while not over.wait(LOOK_EVERY):
        most = held()
        if most > gigabytes * GB:
            _end(
                f"the job needs more than {most / GB:.1f} GB, and rehearsal_memory_gb allows "
                f"{gigabytes:g}: lower {settings}, raise rehearsal_memory_gb, or run fewer jobs at "
                f"once"
            )


def _end(message: str) -> None:
    LOGGER.error(message)
    print(f"\nsynthmix: {message}\n", file=sys.stderr, flush=True)
    os._exit(1)  # no other thread can end what the main one is at; outputs are whole or not there
