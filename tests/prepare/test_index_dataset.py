"""The list of samples is held to what the rest of the workflow relies on."""

import pandas as pd
import pytest

from synthmix.errors import UserError
from synthmix.prepare.index_dataset import validate_index


@pytest.fixture
def table(tmp_path):
    for name in ("a.png", "b.png", "pack.bin"):
        (tmp_path / name).touch()
    rows = [
        ("a", "a.png", "", "sick", "p1", "train"),
        ("b", "b.png", "", "well", "p2", "test"),
        ("c0", "pack.bin", "0", "well", "p3", ""),
        ("c1", "pack.bin", "1", "well", "p3", ""),
    ]
    return pd.DataFrame(rows, columns=["sample_id", "path", "frame", "label", "group", "part"])


def test_a_right_table_passes(table, tmp_path):
    validate_index(table, ["sick", "well"], tmp_path)


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
def test_a_wrong_row_is_named(table, tmp_path, row, column, value, message):
    table.loc[row, column] = value
    with pytest.raises(UserError, match=message):
        validate_index(table, ["sick", "well"], tmp_path)


def test_all_that_is_wrong_is_told_at_once(table, tmp_path):
    table.loc[0, "group"] = ""
    table.loc[1, "label"] = "other"
    with pytest.raises(UserError, match=r"group(.|\n)*label"):
        validate_index(table, ["sick", "well"], tmp_path)


def test_files_may_be_missing_but_not_all_of_them(table, tmp_path):
    (tmp_path / "a.png").unlink()
    validate_index(table, ["sick", "well"], tmp_path)
    for name in ("b.png", "pack.bin"):
        (tmp_path / name).unlink()
    with pytest.raises(UserError, match=r"none of the files .* such as a\.png, b\.png"):
        validate_index(table, ["sick", "well"], tmp_path)


def test_a_class_without_an_image(table, tmp_path):
    with pytest.raises(UserError, match="no image of class rare"):
        validate_index(table, ["sick", "well", "rare"], tmp_path)
