import numpy as np
import pandas as pd

from synthmix.generate.tabulate_ready_images import COLUMNS
from synthmix.report.cautions import find_cautions

MIX = {
    "generator": "dcgan",
    "selection": "",
    "training": "",
    "addition": "",
    "class_shares": "a 50 / b 50",
    "kind": "synthetic_mix",
    "same_as": "",
}
MIXES = pd.DataFrame(
    [
        {"mix": "m5", "real_share": 0.05, "repeated": 0} | MIX,
        {"mix": "m10", "real_share": 0.1, "repeated": 7} | MIX,
        {"mix": "m10", "real_share": 0.1, "repeated": 3} | MIX,
        {"mix": "real", "real_share": 1.0, "repeated": 0} | MIX | {"kind": "real_only"},
    ]
)


def summary(**answers):
    """Return a summary in which a mix has the (sensitivity, specificity) given."""
    table = MIXES.drop_duplicates("mix").assign(classifier="vgg16")
    table["sensitivity"] = [answers.get(mix, (0.8, 0.7))[0] for mix in table["mix"]]
    table["missed_positives"] = 3
    table["specificity"] = [answers.get(mix, (0.8, 0.7))[1] for mix in table["mix"]]
    return table


def split(tested):
    return pd.DataFrame({"split": ["test"] * tested + ["held_out"] * 10})


def test_a_study_without_a_flaw_has_no_cautions():
    mixes = MIXES.assign(repeated=0)
    assert find_cautions({"test_sample": {"images": 30}}, "d", split(30), mixes, summary()) == []
    assert find_cautions({"test_sample": None}, "d", split(30), mixes, summary()) == []


def test_a_small_test_sample_and_repeated_images_are_told():
    settings = {"test_sample": {"images": 3000}}
    small, repeated = find_cautions(settings, "d", split(30), MIXES, summary())
    assert small.startswith("The test sample has 30 images, not the 3,000 asked for")
    assert "10%\N{NO-BREAK SPACE}real (10)" in repeated
    assert "5%\N{NO-BREAK SPACE}real" not in repeated


def test_mixes_of_the_images_of_their_baseline_are_told():
    mixes = MIXES.assign(repeated=0, same_as=["", "real", "real", ""])
    (told,) = find_cautions({}, "d", split(30), mixes, summary())
    assert "10%\N{NO-BREAK SPACE}real (as real only)" in told
    assert "5%\N{NO-BREAK SPACE}real" not in told
    empty = mixes.assign(same_as=np.nan)  # as a column without a value is read
    assert find_cautions({}, "d", split(30), empty, summary()) == []


def test_a_classifier_that_always_says_the_same_is_told():
    told = find_cautions(
        {}, "d", split(30), MIXES.assign(repeated=0), summary(m5=(1, 0), real=(0, 1), m10=(1, 1))
    )
    assert len(told) == 2
    assert told[0].endswith("It has learned nothing.")
    assert "better than this baseline means nothing" in told[1]


def test_without_a_positive_class_the_correlation_tells_who_has_learned_nothing():
    table = MIXES.drop_duplicates("mix").assign(classifier="vgg16", missed_positives=np.nan)
    table = table.assign(mcc=[0.4, np.nan, 0.5], macro_auc=0.6, accuracy_deviation=np.nan)
    mixes = MIXES.assign(repeated=0)
    (told,) = find_cautions({}, "d", split(30), mixes, table)
    assert "10%\N{NO-BREAK SPACE}real says the same of every test image" in told
    # images of one class only have no correlation either
    assert find_cautions({}, "d", split(30), mixes, table.assign(macro_auc=np.nan)) == []
    # and that of several trainings may lack for one of them
    assert find_cautions({}, "d", split(30), mixes, table.assign(accuracy_deviation=0.1)) == []


def test_patients_that_nobody_named_are_told():
    settings = {"datasets": {"d": {"patients": "image"}, "e": {"patients": "folder"}}}
    mixes = MIXES.assign(repeated=0)
    (told,) = find_cautions(settings, "d", split(30), mixes, summary())
    assert told.startswith("No patients were named")
    assert find_cautions(settings, "e", split(30), mixes, summary()) == []


def test_validation_images_that_generators_learned_from_are_told():
    generators = {"a": {"learns_from": "training_and_validation"}, "b": {"learns_from": "training"}}
    given = ("d", split(30), MIXES.assign(repeated=0), summary())
    (told,) = find_cautions({"generators": generators}, *given)
    assert told.startswith("The validation images were not held out of a, which learned")
    assert find_cautions({"generators": {"b": generators["b"]}}, *given) == []


def test_test_images_that_were_seen_in_training_are_told_first():
    pool = pd.DataFrame({"split": ["train"] * 40, "tested": [True] * 30 + [False] * 10})
    pool["validates"] = False
    settings = {"leakage": "as_published", "test_sample": {"images": 99}}
    mixes = MIXES.assign(repeated=0)
    leak, small = find_cautions(settings, "d", pool, mixes, summary())
    assert leak.startswith("Test images were seen in training (leakage: as_published).")
    assert small.startswith(
        "The test sample has 30 images, not the 99 asked for: there are no more"
    )
    assert find_cautions({"leakage": "none"}, "d", split(30), mixes, summary()) == []


def test_a_split_by_image_is_told():
    mixes = MIXES.assign(repeated=0)
    (leak,) = find_cautions({"leakage": "by_image"}, "d", split(30), mixes, summary())
    assert leak.startswith("Other images of test patients were seen in training")
    assert "learned from every real image" not in leak


def ready_cautions(known, near=0.01):
    row = dict.fromkeys(COLUMNS, 0) | {"generator": "theirs", "images": 400}
    ready = pd.DataFrame([row | {"learned_from": "a list"} | known])
    scores = pd.DataFrame(
        [
            {"score": name, "value": value, "high": 0.03, "images_synthetic": 400}
            for name, value in (
                ("suspiciously_near_test", near),
                ("suspiciously_near_test_by_chance", 0.01),
            )
        ]
    ).assign(generator="theirs", scope="all_classes")
    mixes = MIXES.assign(repeated=0)
    return find_cautions({}, "d", split(30), mixes, summary(), ready, scores)


def test_ready_images_of_known_origin_that_are_near_nothing_are_no_caution():
    assert ready_cautions({"listed": 5, "listed_train": 5}) == []


def test_ready_images_of_unknown_origin_are_told():
    (told,) = ready_cautions({"learned_from": "unknown"})
    assert "is not known (learned_from: unknown)" in told
    assert "a leak that can't be ruled out" in told


def test_ready_images_that_are_near_the_test_are_told():
    (told,) = ready_cautions({}, near=0.12)
    assert "theirs are suspiciously near to test images: 12.0% of 400" in told
    assert "chance allows up to 3.0%" in told


def test_what_is_odd_in_a_pool_is_told():
    told = ready_cautions({"repeated": 7, "unreadable": 1, "equal_train": 2, "listed_unknown": 3})
    assert [sentence.split(" of ")[0] for sentence in told] == [
        "2 images",
        "7",
        "1 image",
        "3",
    ]
