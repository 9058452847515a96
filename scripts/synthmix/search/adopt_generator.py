"""Using the best candidate of a search as it is."""

import logging
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from synthmix.files import write_beside
from synthmix.search.chosen import chosen_candidate

LOGGER = logging.getLogger(__name__)


def adopt_generator(
    best: str | Path,
    candidates: Mapping[str, Sequence[str | Path]],
    outputs: Sequence[str | Path],
) -> None:
    """Copy the files of the candidate that `best` names to `outputs`, in the same order.

    `candidates` are the files that training each of them has written.
    """
    chosen = chosen_candidate(best)
    for source, output in zip(candidates[chosen], outputs, strict=True):
        with write_beside(output) as temporary:
            shutil.copyfile(source, temporary)
    LOGGER.info("%d files of %s", len(outputs), chosen)
