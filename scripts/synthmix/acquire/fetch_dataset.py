"""From a data set's name to its raw files on disk."""

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from synthmix.errors import UserError
from synthmix.files import write_text
from synthmix.registry import load_dataset

LOGGER = logging.getLogger(__name__)


def fetch_dataset(source: str, settings: dict[str, Any], output: str | Path) -> None:
    """Bring the raw files of a data set to the folder of `output` and note where they lie.

    `settings` are those that the raw files depend on: what `raw_settings` of the `source` gives.
    `output` is a JSON file with `root`, the folder of the raw files (a user's own folder is used
    where it is), and `about`: licence, citation and home of a published data set. Raises
    UserError when they can't be had.
    """
    dataset = load_dataset(source)
    root = dataset.fetch(settings, Path(output).parent)
    LOGGER.info("raw files of %s: %s", source, root)
    about = None if dataset.about is None else asdict(dataset.about)
    fetched = {"source": source, "root": str(root), "about": about}
    write_text(output, json.dumps(fetched, indent=2))


def require_ready(fetches: Iterable[tuple[str, dict[str, Any], Path]]) -> None:
    """Raise UserError, about all of them, when a fetch lacks what it needs to begin.

    `fetches` are the source, the settings and the folder of each data set that is to be fetched.
    """
    problems = [
        load_dataset(source).missing(settings, folder) for source, settings, folder in fetches
    ]
    parts = [problem.partition("\n\n") for problem in problems if problem]
    if parts:
        # what is needed for several of them is said once
        needed = dict.fromkeys([*(what for what, _, _ in parts), *(how for _, _, how in parts)])
        raise UserError(
            "\n\n".join(filter(None, needed))
            + "\n\nNothing has been started. To have other data sets now, see docs/data_sets.md."
        )
