import pandas as pd

from synthmix.prepare.take_fold import take_fold
from synthmix.store import read_table


def test_the_fold_tests_the_next_validates_and_others_train(tmp_path):
    rows = {
        "sample_id": list("abcdefg"),
        "label": "x",
        "group": [f"patient-{sample}" for sample in "abcdefg"],
        "content": list("abcdefg"),
        "split": "train",
        "fold": pd.array([1, 1, 2, 2, 3, 3, None], dtype="Int64"),
    }
    pd.DataFrame(rows).to_csv(tmp_path / "split.csv", index=False)
    for fold, splits in {
        1: ["test", "test", "validation", "validation", "train", "train", "held_out"],
        3: ["validation", "validation", "train", "train", "test", "test", "held_out"],
    }.items():
        take_fold(tmp_path / "split.csv", fold, tmp_path / "fold.csv")
        table = read_table(tmp_path / "fold.csv")
        assert table["split"].tolist() == splits
        assert table["fold"].tolist()[:6] == [1, 1, 2, 2, 3, 3]
