"""From a data set's name to its raw files on disk."""

import json
import logging
from pathlib import Path
from typing import Any

from synthmix.files import write_text
from synthmix.registry import load_dataset

LOGGER = logging.getLogger(__name__)


def fetch_dataset(source: str, settings: dict[str, Any], output: str | Path) -> None:
    """Bring the raw files of a data set to the folder of `output` and note where they lie.

    `settings` are those that the raw files depend on: what `raw_settings` of the `source` gives.
    `output` is a JSON file with `root`, the folder of the raw files; a user's own folder is used
    where it is. Raises UserError when they can't be had.
    """
    root = load_dataset(source).fetch(settings, Path(output).parent)
    LOGGER.info("raw files of %s: %s", source, root)
    write_text(output, json.dumps({"source": source, "root": str(root)}, indent=2))
