"""What would stop the full run is found on the true counts, without a pixel."""

import pandas as pd
import pytest

from synthmix.errors import UserError
from synthmix.mix.plan import plan_mixes, plan_real_mixes
from synthmix.rehearse import trainings
from synthmix.rehearse.check_counts import check_counts
from synthmix.store import read_table

SPLIT = {"method": "shares", "train": 0.6, "validation": 0.2, "test": 0.2}
SHARES = {"sick": 0.5, "well": 0.5}
NO_CURVE = {"shares": [], "mixes": [], "generators": [], "classifiers": []}


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
            "selections": {},
            "folds": [None],
            "generators": {},
            "classifiers": {},
            "learning_curve": NO_CURVE,
        }
        output = tmp_path / "counts.csv"
        check_counts(tmp_path / "index.csv", output=output, seed=1, **settings | changes)
        return read_table(output)

    return run


def mixes(train_images, real_share, when="fail"):
    planned = plan_mixes(["gan"], [SHARES], SHARES, [real_share], train_images, 10, when)
    return [mix.to_dict() for mix in planned]


def test_batches_are_those_of_the_baseline_where_steps_are_equal(check):
    """The baseline has 60 images, of which 59 go in a batch and one is left; the mix has 100."""
    planned = mixes(100, 0.5)
    classifiers = {"net": {"": [{"batch_size": 59, "devices": 1}]}}
    own = {"mixes": planned, "classifiers": classifiers}
    check(**own)
    check(**own, equal_steps=True)  # a last batch of one joins the one before it
    classifiers["net"][""][0] = {"batch_size": 100, "devices": 40}
    with pytest.raises(UserError, match="not two for each") as without:
        check(**own, equal_steps=False)
    with pytest.raises(UserError, match="not two for each") as with_:
        check(**own, equal_steps=True)
    assert "100 images of mix gan" not in str(without.value)
    assert "60 images" in str(with_.value)


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


def test_what_a_share_of_the_patients_runs_short_of_is_told(check):
    half = NO_CURVE | {"shares": [0.5], "mixes": [mixes(100, 0.5)[0]["name"]]}
    with pytest.raises(UserError, match=r"share of 0\.5 of the patients: mix gan.* there are 15"):
        check(mixes=mixes(100, 0.5), learning_curve=half)
    check(mixes=mixes(100, 0.5), learning_curve=half | {"mixes": []})
    tenth = NO_CURVE | {"shares": [0.03], "generators": ["dcgan"]}
    with pytest.raises(
        UserError, match=r"share of 0\.03 of the patients: generators\.dcgan: class"
    ):
        check(generators={"dcgan": generator()}, learning_curve=tenth)


def test_a_fold_without_a_class_is_told(check):
    folds = {"method": "folds", "folds": 10, "test_fold": 1, "cross_validate": True}
    check(split=folds, folds=list(range(1, 11)))
    with pytest.raises(UserError, match="class sick has images of 5 patient"):
        check({"sick": 5, "well": 100}, split=folds, folds=list(range(1, 11)))


def generator(batch_size=8, devices=1, neighbours=None, joint=True, learns_from="training"):
    settings = {"batch_size": batch_size, "devices": devices, "neighbours": neighbours}
    return {"joint": joint, "learns_from": learns_from, "settings": [settings]}


def test_neighbours_that_a_class_has_not_stop_nothing_and_are_told(check, caplog):
    check(generators={"smote": generator(neighbours=40)})
    assert "generators.smote.neighbours: 40, but class sick has 30 training images: 29" in (
        caplog.text
    )


@pytest.mark.parametrize(("joint", "learned"), [(True, "all classes"), (False, "sick")])
def test_batches_that_several_devices_cannot_share_are_told(check, joint, learned):
    check(generators={"gan": generator(200, 2, joint=joint)})
    with pytest.raises(UserError, match=rf"generators\.gan\.devices: 46, but .* of {learned} has"):
        check(generators={"gan": generator(200, 46, joint=joint)})


def test_a_class_too_small_for_its_generator_is_told(check):
    few = {"sick": 3, "well": 100}  # one to train on
    assert check(few)["images"].sum() == 103
    for joint in (True, False):
        with pytest.raises(UserError, match=r"generators\.gan: class sick has 1 training images"):
            check(few, generators={"gan": generator(joint=joint)})
    check(few, generators={"gan": generator(joint=False, learns_from="all")})


REMOVAL = {"method": "edited_nearest_neighbours", "removes_from": "all_but_smallest"}
THREE = {"many": 60, "some": 10, "few": 8}


@pytest.mark.parametrize(
    "method",
    [
        "edited_nearest_neighbours",
        "repeated_edited_nearest_neighbours",
        "all_nearest_neighbours",
        "neighbourhood_cleaning",
    ],
)
def test_a_class_that_a_method_of_removal_empties_is_told_with_the_setting(check, method):
    def cleaned(neighbours, vote):
        own = {"method": method, "neighbours": neighbours, "vote": vote}
        check(THREE, selections={"cleaned": own})

    # of six training images each has five others of its class
    cleaned(5, "all")
    cleaned(15, "majority")
    for neighbours, vote, most in ((6, "all", 5), (16, "majority", 15)):
        told = rf"selections\.cleaned takes all 6 training images of class some but one.*to {most} "
        with pytest.raises(UserError, match=told):
            cleaned(neighbours, vote)


def test_the_smallest_class_is_kept_whole_whatever_its_neighbours(check):
    check({"sick": 6, "well": 100}, selections={"cleaned": REMOVAL | {"neighbours": 9}})


def test_more_neighbours_than_there_are_images_are_told(check):
    own = {"method": "condensed_nearest_neighbours", "neighbours": 40}
    with pytest.raises(UserError, match=r"selections\.condensed: .* asks for 40 neighbours"):
        check(selections={"condensed": own})


def test_what_random_under_sampling_leaves_too_little_of_is_told(check):
    way = [{"sick": 0.99, "well": 0.01}]
    planned = plan_mixes([], way, SHARES, [0.5], 100, 10, "fail", selections=["fewer"])
    mixed = [mix.to_dict() for mix in planned if mix.selection]
    check({"sick": 200, "well": 400}, mixes=mixed)
    own = {"fewer": {"method": "random_under_sampling"}}
    check({"sick": 200, "well": 400}, mixes=mixed, selections=own)
    with pytest.raises(UserError, match=r"mix fewer-sick99-well1: the train split has"):
        check(mixes=mixed, selections=own)


def classifier(batch_size=16, devices=1):
    return {"net": {"": [{"batch_size": batch_size, "devices": devices}]}}


def test_a_mix_too_small_for_the_devices_of_a_classifier_is_told(check):
    check(mixes=mixes(40, 0.5), classifiers=classifier(64, 16))
    with pytest.raises(UserError, match=r"classifiers\.net\.devices: 21, but a batch of the 40"):
        check(mixes=mixes(40, 0.5), classifiers=classifier(64, 21))


def test_no_training_has_a_last_batch_of_one(check, monkeypatch):
    check(mixes=mixes(41, 0.5), classifiers=classifier(8))
    check(mixes=mixes(41, 0.5), classifiers=classifier(1))  # as in the rehearsal's own trainings

    def left_as_they_are(order, size):
        return [order[at : at + size] for at in range(0, len(order), size)]

    monkeypatch.setattr(trainings, "batches_of", left_as_they_are)
    check(mixes=mixes(42, 0.5), classifiers=classifier(8))
    with pytest.raises(UserError, match=r"classifiers\.net\.batch_size: 8 leaves a batch of one"):
        check(mixes=mixes(41, 0.5), classifiers=classifier(8))


def test_a_fold_without_a_class_to_validate_on_is_told(check):
    folds = {"method": "folds", "folds": 3, "test_fold": 1, "cross_validate": True}
    planned = [mix.to_dict() for mix in plan_real_mixes()]
    every = {"split": folds, "folds": [1, 2, 3], "mixes": planned}
    check(**every, classifiers=classifier())
    with pytest.raises(UserError, match=r"classifiers\.net\.devices: 60, but a batch of the"):
        check(**every, classifiers=classifier(200, 60))


def test_published_counts_stand_in_for_those_of_drawn_images(check):
    counts = check({"sick": 6, "well": 6}, published={"sick": 500, "well": 1000})
    assert counts["images"].sum() == 1500
