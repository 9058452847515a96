"""The path of Python, as Snakemake puts it into the command lines of jobs."""

import shlex
import sys
from importlib import import_module
from pathlib import Path


def quote_python() -> None:
    """Quote the path of this Python for a shell, where it has a space or the like.

    Snakemake writes it into command lines as it is: in a folder "My Projects" no job would start.
    A path that needs no quotes stays as it is. Whatever starts Python without a shell asks before.
    """
    quoted = shlex.quote(sys.executable)
    if quoted != sys.executable and Path(sys.executable).exists():
        import_module("multiprocessing.spawn")  # keeps the path as it is at that moment
        sys.executable = quoted
