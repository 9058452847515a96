"""Paths that users give, as far as Snakemake can work with them."""

import os
import re

from synthmix.errors import shown
from synthmix.files import expanded

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def braces_in(path: str) -> str | None:
    """Return what is wrong with braces in `path`, None where it has none.

    Snakemake knows no way to write braces that are no wildcard.
    """
    if "{" not in path and "}" not in path:
        return None
    return (
        f"{path} has braces, which Snakemake takes for one of its wildcards: rename the file or"
        " folder, or make a link to it without braces and name that"
    )


def no_path_for_snakemake(path: str) -> str | None:
    """Return why Snakemake can't take `path` for a file of a job, None where it can."""
    if _CONTROL.search(path):
        return (
            f"{shown(path)} has a line break or another character that can't be seen: rename the"
            " file or folder"
        )
    return braces_in(path)


def folder_for_snakemake(path: str) -> str:
    """Return the folder `path` as Snakemake names files in it: ~ expanded, nothing redundant.

    Raises ValueError where Snakemake can't work with it.
    """
    problem = no_path_for_snakemake(path)
    if problem:
        raise ValueError(problem)
    return os.path.normpath(expanded(path))
