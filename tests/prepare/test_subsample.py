"""What a rehearsal keeps of a data set."""

import pandas as pd

from synthmix.prepare.subsample import thinned


def table(counts, images_of_a_patient=4, part=""):
    rows = [
        {"label": label, "group": f"{label}{part}{number // images_of_a_patient}", "part": part}
        for label, count in counts.items()
        for number in range(count)
    ]
    return pd.DataFrame(rows)


def test_patients_stay_whole_and_classes_as_unequal_as_they_may_be():
    samples = table({"common": 4000, "rare": 40})
    kept = samples[thinned(samples, images=16, patients=3, seed=1)]
    assert kept["label"].value_counts().to_dict() == {"common": 32, "rare": 16}
    assert (kept.groupby("group").size() == 4).all()


def test_there_are_enough_patients_and_all_there_are_of_a_small_class():
    samples = table({"common": 400, "rare": 8})
    kept = samples[thinned(samples, images=16, patients=10, seed=1)]
    assert kept.groupby("label")["group"].nunique().to_dict() == {"common": 10, "rare": 2}


def test_each_official_part_has_its_own():
    parts = [table({"a": 100, "b": 100}, part=part) for part in ("train", "test")]
    samples = pd.concat(parts, ignore_index=True)
    kept = samples[thinned(samples, images=8, patients=2, seed=1)]
    assert kept.groupby(["part", "label"]).size().tolist() == [8] * 4
