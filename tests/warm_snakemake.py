"""Snakemake in a process that has it loaded already: each start takes a second less."""

import atexit
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path
from tempfile import NamedTemporaryFile

ROOT = Path(__file__).parents[1]
# nothing of synthmix: each copy of the project has its own, and edits it
LOADED = ["snakemake.cli", "snakemake_executor_plugin_slurm", "numpy", "pandas", "pydantic", "yaml"]

_server = get_context("forkserver")
_server.set_forkserver_preload(LOADED)


def run(arguments: Sequence[str], folder: Path, longest: float) -> subprocess.CompletedProcess:
    """Run `snakemake ARGUMENTS` in `folder` to its end; the output has standard output and error.

    Raises TimeoutError where it has not ended within `longest` seconds.
    """
    with NamedTemporaryFile() as said:
        what = (list(arguments), folder, Path(said.name), dict(os.environ))
        process = _server.Process(target=_snakemake, args=what)
        process.start()
        try:
            process.join(longest)
            output = said.read().decode()
            if process.exitcode is None:
                raise TimeoutError(output)
        finally:
            process.kill()  # where it goes on: a test that is interrupted waits for nothing
    return subprocess.CompletedProcess(arguments, process.exitcode, output)


def _snakemake(
    arguments: list[str], folder: Path, said: Path, environment: Mapping[str, str]
) -> None:
    """Be what `python -m snakemake` is there."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    with said.open("wb") as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)
    ours = {str(ROOT), str(ROOT / "scripts"), str(ROOT / "tests")}
    sys.path[:] = [str(folder), *(place for place in sys.path if place not in ours)]
    sys.argv = ["snakemake", *arguments]
    from snakemake.cli import main

    try:
        main()
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves them out
