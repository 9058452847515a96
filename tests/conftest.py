import errno
import fcntl
import os
import signal
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[1]


def pytest_collection_modifyitems(items):
    """Put first what takes longest: with several processes none is left alone with it at the end.

    Where a file is in one process, that is the runs of the workflow as a whole.
    """
    folders = [ROOT / "tests" / name for name in ("cluster", "workflow")]
    items.sort(key=lambda item: not any(folder in item.path.parents for folder in folders))


@pytest.fixture(autouse=True, scope="session")
def _interrupted_as_at_a_keyboard():
    """A shell has what it puts in the background ignore Ctrl-C, and all that this starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    """Small tensors are faster on one thread, and results don't depend on the machine."""
    torch.set_num_threads(1)


@pytest.fixture
def nfs_locks(monkeypatch):
    """Lock files as NFS does: those alone that are open for writing."""
    flock = fcntl.flock

    def as_nfs(handle, operation):
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        flock(handle, operation)

    monkeypatch.setattr(fcntl, "flock", as_nfs)


@pytest.fixture(scope="session")
def published_mammography():
    """The mammography study as published, at paper scale."""
    from synthmix.config.load import load

    name = "mammography_as_published"
    return load({"studies": [name], "scale": "paper"}, ROOT).studies[name]
