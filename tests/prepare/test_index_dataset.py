"""The list of samples is held to what the rest of the workflow relies on."""

import pandas as pd
import pytest

from synthmix.errors import UserError
from synthmix.prepare.index_dataset import validate_index


@pytest.fixture
def table():
    rows = [
        ("a", "a.png", "", "sick", "p1", "train"),
        ("b", "b.png", "", "well", "p2", "test"),
        ("c0", "pack.bin", "0", "well", "p3", ""),
        ("c1", "pack.bin", "1", "well", "p3", ""),
    ]
    return pd.DataFrame(rows, columns=["sample_id", "path", "frame", "label", "group", "part"])


def test_a_right_table_passes(table):
    validate_index(table, ["sick", "well"])


@pytest.mark.parametrize(
    ("row", "column", "value", "message"),
    [
        (1, "sample_id", "a", "sample_id: .*such as a, a"),
        (1, "sample_id", "b/../c", r"sample_id: .*such as b/\.\./c"),
        (3, "frame", "0", "frame: "),
        (1, "label", "helthy", "label: .*such as helthy"),
        (1, "group", "", "group: no patient: 1 rows"),
        (1, "part", "dev", "part: .*such as dev"),
    ],
)
def test_a_wrong_row_is_named(table, row, column, value, message):
    table.loc[row, column] = value
    with pytest.raises(UserError, match=message):
        validate_index(table, ["sick", "well"])


def test_all_that_is_wrong_is_told_at_once(table):
    table.loc[0, "group"] = ""
    table.loc[1, "label"] = "other"
    with pytest.raises(UserError, match=r"group(.|\n)*label"):
        validate_index(table, ["sick", "well"])


def test_a_class_without_an_image(table):
    with pytest.raises(UserError, match="no image of class rare"):
        validate_index(table, ["sick", "well", "rare"])
