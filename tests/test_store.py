import numpy as np
import pandas as pd
import pytest

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.store import load_store, read_table, save_array, table_path


def test_an_array_written_in_blocks_is_the_array(tmp_path):
    array = np.random.default_rng(0).integers(0, 256, (300, 5, 4, 1)).astype(np.uint8)
    blocks = (array[start : start + 7] for start in range(0, 300, 7))
    assert save_array(tmp_path / "a.npy", (5, 4, 1), "uint8", blocks) == 300
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), array)


def test_an_array_may_be_empty(tmp_path):
    assert save_array(tmp_path / "a.npy", (5, 4), "float16", []) == 0
    assert np.load(tmp_path / "a.npy").shape == (0, 5, 4)


def test_a_broken_off_write_leaves_nothing(tmp_path):
    def blocks():
        yield np.zeros((2, 3), np.uint8)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        save_array(tmp_path / "a.npy", (3,), "uint8", blocks())
    assert list(tmp_path.iterdir()) == []


def test_a_store_whose_parts_disagree_is_refused(tmp_path):
    images = tmp_path / "real.npy"
    save_array(images, (4, 4, 1), "uint8", [np.zeros((3, 4, 4, 1))])
    write_table(table_path(images), pd.DataFrame({"sample_id": ["a", "b"]}))
    with pytest.raises(UserError, match="3 images but the table beside it 2 rows"):
        load_store(images)


def test_identifiers_stay_text(tmp_path):
    table = pd.DataFrame({"sample_id": ["007", "NA"], "group": ["1", "02"], "value": [0.5, None]})
    table["label"], table["predicted"] = ["0", "1"], ["0", "true"]
    write_table(tmp_path / "t.csv", table)
    read = read_table(tmp_path / "t.csv")
    assert read["sample_id"].tolist() == ["007", "NA"]
    assert read["group"].tolist() == ["1", "02"]
    assert (read["label"] == read["predicted"]).tolist() == [True, False]
    assert np.isnan(read["value"][1])


def test_pickles_are_refused(tmp_path):
    np.save(tmp_path / "real.npy", np.array([{}], dtype=object), allow_pickle=True)
    write_table(tmp_path / "real.csv", pd.DataFrame({"sample_id": ["a"]}))
    with pytest.raises(ValueError, match="Python objects"):
        load_store(tmp_path / "real.npy")
