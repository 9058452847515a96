import numpy as np
import pytest

from predictions_data import predictions, write_predictions
from synthmix.evaluate.predictions import Predictions, fold_tables, read_predictions
from synthmix.files import write_table


def test_folds_are_read_together(tmp_path):
    files = [write_predictions(tmp_path / f"{fold}.csv", 5, fold=fold) for fold in (1, 2, 3)]
    table = read_predictions(files)
    assert len(table) == 30
    parts = fold_tables(table)
    assert list(parts) == ["1", "2", "3"]
    assert parts["2"]["sample_id"].tolist() == predictions(5, fold=2)["sample_id"].tolist()


def test_without_folds_there_are_none(tmp_path):
    assert fold_tables(read_predictions([write_predictions(tmp_path / "p.csv", 5)])) == {}


def test_an_image_without_a_patient_is_a_group_of_its_own(tmp_path):
    table = predictions(5)
    table.loc[:3, "group"] = np.nan
    write_table(tmp_path / "p.csv", table)
    groups = read_predictions([tmp_path / "p.csv"])["group"]
    assert groups.tolist()[:6] == ["s00000", "s00001", "s00002", "s00003", "p2", "p2"]


def test_a_fold_without_images_is_left_out(tmp_path):
    empty = tmp_path / "1.csv"
    write_table(empty, predictions(5, fold=1).head(0))
    assert len(read_predictions([empty])) == 0
    full = write_predictions(tmp_path / "2.csv", 5, fold=2)
    assert list(fold_tables(read_predictions([empty, full]))) == ["2"]


def test_classes_may_be_called_by_numbers(tmp_path):
    write_predictions(tmp_path / "p.csv", 5, 1.0, classes=("0", "1"))
    read = Predictions.from_table(read_predictions([tmp_path / "p.csv"]), ["0", "1"])
    assert (read.actual == read.predicted).all()


def test_other_classes_are_refused():
    with pytest.raises(ValueError, match="are not of a, b"):
        Predictions.from_table(predictions(5), ("a", "b"))
