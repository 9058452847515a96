import re

import pytest

from synthmix.repeats import (
    ANY_DEAL,
    ANY_SHARE,
    ANY_TRAINING,
    fold_folder,
    fold_number,
    repeat_seed,
    share_folder,
    share_of_patients,
    split_folder,
    split_number,
    split_seed,
    training_number,
    training_seed,
    training_suffix,
)


@pytest.mark.parametrize(
    ("named", "number_of", "second"),
    [
        (split_folder, split_number, "/split2"),
        (training_suffix, training_number, ".training2"),
    ],
)
def test_the_first_has_no_name(named, number_of, second):
    assert (named(1), named(2)) == ("", second)
    assert [number_of(named(number)) for number in (1, 2, 10)] == [1, 2, 10]


def test_every_fold_has_a_name_where_there_are_any():
    assert fold_folder(1) == "/fold1"
    assert (fold_number("/fold12"), fold_number("")) == (12, None)


@pytest.mark.parametrize("mix", ["dcgan-cancer50-real12.5", "real_only", "dcgan-filled50"])
@pytest.mark.parametrize("training", ["", ".training2", ".training10"])
def test_the_number_of_a_training_is_told_from_those_in_the_name_of_a_mix(mix, training):
    pattern = rf"(?P<mix>[A-Za-z0-9_.-]+?)(?P<training>{ANY_TRAINING})\.csv"
    found = re.fullmatch(pattern, f"{mix}{training}.csv")
    assert (found["mix"], found["training"]) == (mix, training)


@pytest.mark.parametrize("share", [0.01, 0.07, 0.125, 0.25, 0.333, 1])
def test_a_share_is_told_by_its_folder(share):
    folder = share_folder(share)
    assert re.fullmatch(ANY_SHARE, folder)
    assert share_of_patients(folder) == share
    assert (folder == "") == (share == 1)


def test_a_path_has_a_split_and_then_a_fold_and_then_a_share():
    for deal in ("", "/split2", "/fold3", "/split2/fold3", "/share12.5", "/split2/fold3/share25"):
        assert re.fullmatch(ANY_DEAL, deal)
    for other in ("/fold3/split2", "/share25/fold3", "/split", "/splits2"):
        assert not re.fullmatch(ANY_DEAL, other)


def test_the_first_repeat_keeps_the_seed_and_all_others_have_seeds_of_their_own():
    assert split_seed(7, "") == training_seed(7, "", "") == repeat_seed(7, "split", 1) == 7
    seeds = [
        training_seed(master, split, training)
        for master in (1, 2)
        for split in ("", "/split2", "/split3")
        for training in ("", ".training2", ".training3")
    ]
    assert len(set(seeds)) == len(seeds)


def test_seeds_of_repeats_stay_what_they_are():
    """Results could not be had again otherwise."""
    assert split_seed(1, "/split2") == 6485363061583245820
    assert training_seed(1, "", ".training2") == 6108730722807905130
