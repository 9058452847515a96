"""From a data set's name to its raw files on disk."""

import json
import logging
from pathlib import Path
from typing import Any

from synthmix.files import write_text
from synthmix.registry import load_dataset

LOGGER = logging.getLogger(__name__)


def fetch_dataset(settings: dict[str, Any], output: str | Path) -> None:
    """Bring the raw files of a data set to the folder of `output` and note where they lie.

    `settings` are the data set's. `output` is a JSON file with `root`, the folder of the raw
    files; a user's own folder is used where it is. Raises UserError when they can't be had.
    """
    source = load_dataset(settings["source"])
    root = source.fetch(source.Settings(**settings), Path(output).parent)
    LOGGER.info("raw files of %s: %s", settings["source"], root)
    write_text(output, json.dumps({"source": settings["source"], "root": str(root)}, indent=2))
