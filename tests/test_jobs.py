import errno
import logging
from types import SimpleNamespace

import pytest
import torch

from little_memory import SAID
from synthmix.errors import UserError
from synthmix.jobs import LOGGER, job


@pytest.fixture
def snakemake(tmp_path):
    handlers = list(LOGGER.handlers)
    yield SimpleNamespace(log=[str(tmp_path / "logs" / "a.log")], params={})
    LOGGER.handlers = handlers
    LOGGER.propagate = True


def read_log(snakemake):
    with open(snakemake.log[0]) as file:  # noqa: PTH123
        return file.read()


def test_messages_go_to_the_log(snakemake):
    with job(snakemake):
        logging.getLogger("synthmix.somewhere").info("epoch 1")
    assert "epoch 1" in read_log(snakemake)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (UserError("path: no such folder"), "path: no such folder"),
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full"),
        (torch.OutOfMemoryError(SAID), "total capacity of 79.15 GiB"),
        (MemoryError("Unable to allocate 7 PiB"), "the job is out of memory (Unable to allocate"),
    ],
)
def test_a_users_mistake_ends_with_its_message_and_code_1(snakemake, capsys, error, message):
    with pytest.raises(SystemExit) as stop, job(snakemake):
        raise error
    assert stop.value.code == 1
    assert message in capsys.readouterr().err
    log = read_log(snakemake)
    assert message in log
    assert "Traceback" not in log


def test_a_bug_keeps_its_traceback(snakemake):
    with pytest.raises(ZeroDivisionError), job(snakemake):
        1 / 0  # noqa: B018
    assert "Traceback" in read_log(snakemake)
