from argparse import Namespace

import pytest

from synthmix.command_line import run
from synthmix.errors import UserError


def raising(error):
    def work(_):
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (UserError("mend this"), 1, "synthmix: mend this"),
        (OSError("disk full"), 1, "can't be read or written: disk full; make room"),
        (KeyboardInterrupt("a.csv is whole"), 130, "not finished; a.csv is whole"),
    ],
)
def test_what_ends_a_command_line_is_told(error, status, message, capsys):
    assert run(raising(error), Namespace()) == status
    assert message in capsys.readouterr().err


def test_the_status_is_that_of_the_work():
    assert run(lambda asked: asked.status, Namespace(status=1)) == 1
    assert run(lambda asked: None, Namespace()) == 0
