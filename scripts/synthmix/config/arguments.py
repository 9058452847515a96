"""What --config says on the command line, as it was written there."""

from collections.abc import Iterable, Mapping
from typing import Any

TEXTS = ("data_dir", "new_images")
NAMES = "studies"


def as_written(config: Mapping[str, Any], arguments: Iterable[str] | None) -> dict[str, Any]:
    """Return `config` with its texts and names as the `arguments` of --config have them.

    Snakemake reads each as YAML: it takes a study 010 for 10, cuts a path at " #" and makes a
    section of one with ": ". A list in brackets stays as Snakemake reads it, and so does nothing.
    """
    written = dict(config)
    for argument in arguments or ():
        name, _, value = argument.partition("=")
        is_list = name == NAMES and value.strip().startswith("[")
        if name in (*TEXTS, NAMES) and value and not is_list:
            written[name] = _without_quotes(value)
    return written


def _without_quotes(text: str) -> str:
    """Return text without the quotes that are around all of it: those of a shell within others."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text
