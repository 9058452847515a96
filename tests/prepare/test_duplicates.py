"""What becomes of images that several patients or classes have."""

import pandas as pd
import pytest

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.leakage import AS_PUBLISHED
from synthmix.prepare.duplicates import HOLD_OUT, OFF, TELL
from synthmix.prepare.folds import split_for_fold
from synthmix.prepare.settings import FoldSplit, OfficialSplit, ShareSplit
from synthmix.prepare.split_samples import split_samples
from synthmix.store import read_table


class Splitter:
    """Forty images of forty patients, in the parts that they come in, and pairs among them."""

    def __init__(self, folder):
        parts = ["train"] * 24 + ["validation"] * 6 + ["test"] * 10
        names = [f"{number:02d}" for number in range(40)]
        self.folder = folder
        self.samples = pd.DataFrame({"sample_id": names, "group": [f"p{name}" for name in names]})
        self.samples["path"] = self.samples["sample_id"] + ".png"
        self.samples["label"] = ["a", "b"] * 20
        self.samples["part"] = parts
        self.samples["content"] = [f"c{name}" for name in names]
        self.pairs = []

    def pair(self, first, second, kind="near", distance=0.01):
        self.pairs.append((f"{first:02d}", f"{second:02d}", kind, distance))

    def split(self, treatment, settings=None, **more):
        columns = ["first", "second", "kind", "distance"]
        write_table(self.folder / "real.csv", self.samples)
        write_table(self.folder / "near.csv", pd.DataFrame(self.pairs, columns=columns))
        split_samples(
            self.folder / "real.csv",
            self.folder / "split.csv",
            self.folder / "duplicates.csv",
            settings or OfficialSplit(method="official"),
            None,
            None,
            near=None if treatment == OFF else self.folder / "near.csv",
            near_duplicates=treatment,
            **{"seed": 1} | more,
        )
        return read_table(self.folder / "split.csv")

    def listed(self):
        return read_table(self.folder / "duplicates.csv").set_index("sample_id")

    def held_out(self, treatment):
        table = self.split(treatment)
        changed = table[table["split"] != table["part"]]
        assert (changed["part"] == "test").all()
        assert (changed["split"] == "held_out").all()
        return list(changed["sample_id"])


@pytest.fixture
def splitter(tmp_path):
    return Splitter(tmp_path)


def test_test_images_that_are_nearly_a_training_image_are_held_out(splitter):
    splitter.pair(0, 30)
    splitter.pair(26, 32, "mirrored")
    splitter.pair(2, 4)
    assert splitter.held_out(HOLD_OUT) == ["30", "32"]
    assert list(splitter.listed().index) == ["00", "30", "02", "04", "26", "32"]


def test_those_of_two_test_patients_are_held_out_as_equal_ones_are(splitter):
    splitter.pair(30, 34)
    assert splitter.held_out(HOLD_OUT) == ["30", "34"]
    splitter.pairs.clear()
    splitter.samples.loc[[30, 34], "content"] = "same"
    assert splitter.held_out(OFF) == ["30", "34"]


def test_what_is_like_one_that_is_like_another_counts_as_the_same(splitter):
    splitter.pair(36, 38)  # of one test patient
    splitter.samples.loc[[36, 38], "group"] = "p36"
    splitter.pair(36, 0)
    splitter.samples.loc[[38, 32], "content"] = "same"
    assert splitter.held_out(HOLD_OUT) == ["32", "36", "38"]
    listed = splitter.listed()
    assert set(listed["picture"]) == {"00"}
    assert listed["kind"].to_dict() == {"00": "near", "32": "equal", "36": "near", "38": "equal"}
    assert listed.loc["38", ["nearest", "distance"]].tolist() == ["32", 0]
    assert listed.loc["00", ["nearest", "distance"]].tolist() == ["36", 0.01]


def test_those_of_one_patient_and_class_are_no_matter(splitter):
    splitter.samples.loc[[30, 32], "group"] = "p30"
    splitter.pair(30, 32)
    assert splitter.held_out(HOLD_OUT) == []
    assert splitter.listed().empty


def test_they_are_told_and_left_where_they_are(splitter, caplog):
    splitter.pair(0, 30, distance=0.02)
    splitter.pair(2, 4, distance=0.01)
    assert splitter.held_out(TELL) == []
    assert "picture" not in read_table(splitter.folder / "split.csv")
    assert len(splitter.listed()) == 4
    (told,) = caplog.messages
    assert "4 images are nearly the same as one of another patient" in told
    assert "02.png of p02, 04.png of p04; 00.png of p00, 30.png of p30" in told
    assert "1 of them are tested on" in told


def test_images_of_one_file_are_told_apart_by_their_names(splitter, caplog):
    splitter.samples["path"] = "images.gz"
    splitter.samples["frame"] = [str(row) for row in range(len(splitter.samples))]
    splitter.pair(0, 30)
    assert splitter.held_out(TELL) == []
    assert "(00 of p00, 30 of p30)" in caplog.text
    splitter.samples["group"] = splitter.samples["sample_id"]
    assert splitter.held_out(TELL) == []
    assert "(00, 30)" in caplog.text


def test_equal_ones_are_held_out_even_where_near_ones_are_not_looked_for(splitter, caplog):
    splitter.samples.loc[[0, 30], "content"] = "same"
    for treatment in (TELL, OFF, HOLD_OUT):
        caplog.clear()
        assert splitter.held_out(treatment) == ["30"]
        assert caplog.messages == [
            "2 images are the same as one of another patient; 1 of them are kept out of the test"
        ]


def test_it_is_told_how_many_of_them_are_equal_and_what_to_do_if_they_are_many(splitter, caplog):
    splitter.samples.loc[[0, 30], "content"] = "same"
    splitter.pair(2, 32)
    splitter.split(HOLD_OUT)
    assert caplog.messages == [
        "4 images are the same or nearly the same as one of another patient (2 of them pixel by "
        "pixel); 2 of them are kept out of the test; if they are alike by nature, set "
        "near_duplicates: tell"
    ]


@pytest.mark.parametrize("treatment", [HOLD_OUT, TELL, OFF])
@pytest.mark.parametrize("group", ["p30", "p31"])
def test_the_same_picture_in_two_classes_is_told_and_listed(splitter, caplog, treatment, group):
    splitter.samples.loc[[30, 31], "content"] = "same"
    splitter.samples.loc[31, "group"] = group
    splitter.pair(0, 2)
    splitter.pair(4, 5)
    splitter.samples.loc[5, "group"] = "p04"
    splitter.split(treatment)
    (told,) = [message for message in caplog.messages if "of another class" in message]
    near = treatment != OFF
    assert told.startswith(f"{4 if near else 2} images are the same or nearly the same")
    assert "(2 of them pixel by pixel): 30.png of a, 31.png of b" in told
    assert ("04.png of a, 05.png of b" in told) == near
    listed = set(splitter.listed().index)
    assert listed == ({"00", "02", "04", "05", "30", "31"} if near else {"30", "31"})


def test_pictures_of_one_pool_are_told_and_stay(splitter, caplog):
    splitter.pair(0, 30)
    table = splitter.split(HOLD_OUT, ShareSplit(), leakage=AS_PUBLISHED)
    assert set(table["split"]) == {"train"}
    assert any("2 images are nearly the same" in message for message in caplog.messages)


def test_in_every_fold_none_is_tested_on_that_is_trained_on(splitter):
    splitter.pair(0, 30)
    splitter.pair(0, 17)
    settings = FoldSplit(method="folds", folds=5, cross_validate=True)
    table = splitter.split(HOLD_OUT, settings)
    tested = set()
    for fold in range(1, 6):
        split = split_for_fold(table, fold)
        tested |= set(split.loc[split["split"] == "test", "sample_id"])
    assert set(table["sample_id"]) - tested == {"00", "17", "30"}


def test_no_class_is_lost_of_the_test_while_it_has_images_of_its_own(splitter):
    """With most seeds a single test image of either class is a copy, for half of all are."""
    for number in range(20):
        splitter.samples.loc[[number, 39 - number], "content"] = f"same{number}"
    splitter.samples = splitter.samples.drop(index=range(4, 14)).reset_index(drop=True)
    clean = splitter.samples.groupby("content")["group"].transform("nunique") == 1
    assert clean.sum() == 10
    small = ShareSplit(train=0.84, validation=0.08, test=0.08)
    for seed in range(1, 8):
        table = splitter.split(OFF, small, seed=seed)
        tested = table[table["split"] == "test"]
        assert set(tested["label"]) == {"a", "b"}
        assert clean[tested.index].all()


def test_a_class_of_copies_alone_is_refused(splitter):
    splitter.samples.loc[splitter.samples["label"] == "a", "content"] = "same"
    with pytest.raises(UserError, match=r"test split has no image of class a.*near_duplicates"):
        splitter.split(HOLD_OUT, ShareSplit())


def test_where_most_patients_are_alike_by_nature_they_are_tested_on_and_that_is_told(
    splitter, caplog
):
    """As registered volumes are: holding them out would leave nothing to test on."""
    for number in range(39):
        splitter.pair(number, number + 1)
    table = splitter.split(HOLD_OUT)
    assert (table["split"] == table["part"]).all()
    assert "40 of 40 patients show nearly the same as others, in every class" in caplog.text
    splitter.samples.loc[30, "content"] = "c00"
    table = splitter.split(HOLD_OUT)
    assert list(table[table["split"] != table["part"]]["sample_id"]) == ["30"]
    splitter.pair(4, 33, "mirrored", 0.001)
    table = splitter.split(HOLD_OUT)
    assert list(table[table["split"] != table["part"]]["sample_id"]) == ["30", "33"]


def test_a_picture_of_one_class_that_many_have_is_no_nature(splitter):
    """As the frames of one video are."""
    for number in range(0, 38, 2):
        splitter.pair(number, number + 2)
    with pytest.raises(UserError, match="no image of class a"):
        splitter.split(HOLD_OUT)


def test_an_image_of_many_pairs_counts_once(splitter, caplog):
    for number in range(1, 6):
        splitter.pair(0, number)
        splitter.pair(number, number + 1)
    splitter.split(TELL)
    assert "7 images are nearly the same as one of another patient" in caplog.text
    assert "7 images are the same or nearly the same as one of another class" in caplog.text
