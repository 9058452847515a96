"""What would stop the full run is found on the true counts, without a pixel."""

import pandas as pd
import pytest

from synthmix.errors import UserError
from synthmix.mix.plan import plan_mixes
from synthmix.rehearse.check_counts import check_counts
from synthmix.store import read_table

SPLIT = {"method": "shares", "train": 0.6, "validation": 0.2, "test": 0.2}
SHARES = {"sick": 0.5, "well": 0.5}


@pytest.fixture
def check(tmp_path):
    """Check a data set of 50 sick and 100 well patients, with some settings changed."""

    def run(counts=None, **changes):
        counts = counts or {"sick": 50, "well": 100}
        rows = [(label, f"{label}{n}") for label, count in counts.items() for n in range(count)]
        index = pd.DataFrame(rows, columns=["label", "sample_id"])
        index.assign(group=index["sample_id"], path=index["sample_id"]).to_csv(
            tmp_path / "index.csv", index=False
        )
        settings = {
            "split": SPLIT,
            "subsample": None,
            "test_sample": None,
            "leakage": "none",
            "published": None,
            "mixes": [],
            "folds": [None],
            "generators": {},
        }
        output = tmp_path / "counts.csv"
        check_counts(tmp_path / "index.csv", output=output, seed=1, **settings | changes)
        return read_table(output)

    return run


def mixes(train_images, real_share, when="fail"):
    planned = plan_mixes(["gan"], [SHARES], SHARES, [real_share], train_images, 10, when)
    return [mix.to_dict() for mix in planned]


def test_counts_of_the_whole_data_set_are_listed(check):
    counts = check().set_index(["label", "split"])["images"]
    assert counts["sick", "train"] == 30
    assert counts["well", "test"] == 20


def test_real_images_that_a_mix_does_not_find_are_told_with_the_setting(check):
    check(mixes=mixes(100, 0.5))
    with pytest.raises(UserError, match=r"asks for 40 real train images of class sick and there"):
        check(mixes=mixes(160, 0.5))
    with pytest.raises(UserError, match=r"lower mixes\.train_images or mixes\.real_shares"):
        check(mixes=mixes(160, 0.5))
    check(mixes=mixes(160, 0.5, "repeat"))


def test_a_fold_without_a_class_is_told(check):
    folds = {"method": "folds", "folds": 10, "test_fold": 1, "cross_validate": True}
    check(split=folds, folds=list(range(1, 11)))
    with pytest.raises(UserError, match="class sick has images of 5 patient"):
        check({"sick": 5, "well": 100}, split=folds, folds=list(range(1, 11)))


def test_neighbours_that_a_class_has_not_are_told(check):
    gan = {"batch_size": 8, "joint": True, "learns_from": "training", "neighbours": 40}
    with pytest.raises(UserError, match=r"generators\.smote\.neighbours: 40, but class sick has"):
        check(generators={"smote": gan})


def test_published_counts_stand_in_for_those_of_drawn_images(check):
    counts = check({"sick": 6, "well": 6}, published={"sick": 500, "well": 1000})
    assert counts["images"].sum() == 1500
