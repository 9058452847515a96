"""Labels and their keys."""

import pytest

from synthmix.errors import UserError
from synthmix.label.choices import label_keys


@pytest.mark.parametrize(
    ("labels", "keys"),
    [
        (["good", "bad"], ["g", "b"]),
        (["Good", "gone", "great", "1st"], ["g", "2", "3", "1"]),
        (["ßa", "Éclair"], ["1", "é"]),
    ],
)
def test_a_label_has_its_first_letter_or_the_next_that_is_free(labels, keys):
    assert label_keys(labels) == dict(zip(labels, keys, strict=True))


def test_every_label_has_a_key_of_its_own_however_many_there_are():
    keys = label_keys([f"a{number}" for number in range(35)])
    assert len({key.casefold() for key in keys.values()}) == 35


def test_keys_can_be_chosen():
    assert label_keys(["good", "bad"], ["J", "."]) == {"good": "J", "bad": "."}


@pytest.mark.parametrize(
    ("labels", "keys", "message"),
    [
        (["good"], None, "two at least"),
        (["a"] * 2, None, "a label is there twice"),
        ([f"a{number}" for number in range(36)], None, "no more than 35"),
        (["good", ""], None, "'' is empty"),
        (["good", " bad"], None, "begins or ends with a space"),
        (["good", "b\u200bad"], None, "can't be seen"),
        (["good", "bad"], ["g"], "1 keys for 2 labels"),
        (["good", "bad"], ["g", "G"], "a key is there twice"),
        (["good", "bad"], ["g", " "], "is not one letter"),
        (["good", "bad"], ["g", "up"], "is not one letter"),
    ],
)
def test_what_is_wrong_with_labels_or_keys_is_told(labels, keys, message):
    with pytest.raises(UserError, match=message):
        label_keys(labels, keys)
