"""`benchmarks/false_alarms.py` and `planted_effects.py`: that they do what they say, in short."""

import importlib
import io
import sys
from dataclasses import replace
from functools import partial
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import predictions_data
from predictions_data import predictions
from synthmix.files import write_table
from synthmix.repeats import Repeat
from synthmix.store import read_table
from workflow_project import ROOT

CLASSES = ("dark", "bright")
IMAGES = 24  # of each class
TINY = {"network": "cnn", "cnn": {"levels": 2, "filters": 3}, "epochs": 2, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def benchmarks():
    """Return what gives the modules of benchmarks by their names, as their commands see them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        yield importlib.import_module
        for name in ("trained_studies", "false_alarms", "planted_effects", "verdicts"):
            sys.modules.pop(name, None)


@pytest.fixture
def data(benchmarks, tmp_path, monkeypatch):
    """Return a collection `squares` of dark and bright pictures."""
    trained = benchmarks("trained_studies")
    random = np.random.default_rng(1)
    with ZipFile(tmp_path / "squares.zip", "w") as archive:
        for place, label in enumerate(CLASSES):
            for number in range(IMAGES):
                pixels = random.integers(0, 160, (10, 10)) + 60 * place
                content = io.BytesIO()
                Image.fromarray(pixels.astype(np.uint8)).save(content, "PNG")
                archive.writestr(f"{label}/{number}.png", content.getvalue())
    squares = trained.Collection("squares.zip", 8, {label: label for label in CLASSES})
    monkeypatch.setitem(trained.COLLECTIONS, "squares", squares)
    return trained.Data(tmp_path, tmp_path / "data")


@pytest.fixture
def task(benchmarks):
    return benchmarks("trained_studies").Task(
        "squares", "squares", dict.fromkeys(CLASSES, 20), TINY, test=0.4
    )


def study_of(trained, task, data, folder):
    rows = trained.parts(task, 1, data, apart=False, seed=1)[0]
    return trained.Study(task, task.name, rows, data, folder)


def test_arms_learn_from_the_same_images_by_other_seeds(benchmarks, task, data, tmp_path):
    trained, alarms = benchmarks("trained_studies"), benchmarks("false_alarms")
    runs = study_of(trained, task, data, tmp_path / "a").predictions(alarms.arms_of("a", 2), 2)
    tables = {
        arm: {repeat.split: read_table(path) for repeat, (path,) in files.items()}
        for arm, files in runs.items()
    }
    for split in (1, 2):
        one, other = (tables[arm][split] for arm in ("arm1", "arm2"))
        assert one["sample_id"].equals(other["sample_id"])
        assert not one["probability_dark"].equals(other["probability_dark"])
    assert set(tables["arm1"][1]["sample_id"]) != set(tables["arm1"][2]["sample_id"])
    again = study_of(trained, task, data, tmp_path / "b").predictions(alarms.arms_of("a", 2), 2)
    for arm, files in runs.items():
        for repeat, (path,) in files.items():
            assert path.read_bytes() == again[arm][repeat][0].read_bytes()


def test_what_was_tested_is_not_trained_again(benchmarks, task, data, tmp_path, monkeypatch):
    trained, alarms = benchmarks("trained_studies"), benchmarks("false_alarms")
    study, arms = study_of(trained, task, data, tmp_path / "a"), alarms.arms_of("a", 2)
    first = study.predictions(arms[:1], 1)
    counted = []
    train = trained.train_classifier
    monkeypatch.setattr(
        trained, "train_classifier", lambda **work: (counted.append(work["seed"]), train(**work))
    )
    assert study.predictions(arms, 1)["arm1"] == first["arm1"]
    assert len(counted) == 1
    trained.kept_for(tmp_path / "a", [task], splits=3)
    trained.kept_for(tmp_path / "a", [task], splits=3)
    with pytest.raises(SystemExit, match="name another folder"):
        trained.kept_for(tmp_path / "a", [replace(task, test=0.3)], splits=3)


def test_parts_of_a_collection_have_no_image_in_common(benchmarks, task, data):
    few = replace(task, images=dict.fromkeys(CLASSES, 6))
    found = benchmarks("trained_studies").parts(few, 4, data, apart=True, seed=1)
    assert len(np.unique(np.concatenate(found))) == 4 * 2 * 6


def runs_of(folder, accuracies, splits):
    """Return tables of predictions by arm, each right in about a share of the images."""
    runs = {}
    for number, (arm, accuracy) in enumerate(accuracies.items()):
        for split in range(1, splits + 1):
            path = folder / f"{arm}-{split}.csv"
            write_table(path, predictions(30, accuracy, seed=10 * number + split, truth=split))
            runs.setdefault(arm, {})[Repeat(split, 1, 1)] = [path]
    return runs


def test_pairs_are_judged_in_both_ways(benchmarks, task, tmp_path, monkeypatch):
    alarms = benchmarks("false_alarms")
    monkeypatch.setattr(alarms, "BOOTSTRAP_SAMPLES", 200)
    task = replace(task, images=dict.fromkeys(predictions_data.CLASSES, 100))
    found = alarms.judged(task, runs_of(tmp_path, {"a": 0.9, "b": 0.9, "c": 0.3}, splits=3))
    assert set(found["measure"]) == {"accuracy", "balanced_accuracy", "macro_f1", "auc"}
    for method in (alarms.ALL_SPLITS, alarms.ONE_SPLIT):
        of = found[found["method"] == method]
        assert (of.groupby("measure").size() == 3).all()
        differ = (of["first"] == "c") | (of["second"] == "c")
        assert (of["alarm"] == differ).all()
        assert (of["alarm_in_family"] == (of["alarm"] & (of["p_adjusted"] < 0.05))).all()
        assert (of["p_adjusted"] >= of["p_value"]).all()


def test_alarms_are_counted_and_studies_resampled(benchmarks):
    alarms = benchmarks("false_alarms")
    of = {"measure": "accuracy", "method": alarms.ALL_SPLITS, "alarm_in_family": False}
    rows = [{**of, "study": f"s{n}", "alarm": n == 0} for n in range(10) for _ in range(4)]
    row = alarms.summary(pd.DataFrame(rows)).iloc[0]
    assert (row["pairs"], row["alarm"], row["alarm_share"]) == (40, 4, 0.1)
    # all pairs of a study go together: as many studies are alarms as of 10 draws of 1 in 10
    assert (row["alarm_low"], row["alarm_high"]) == (0, pytest.approx(0.3))
    assert row["alarm_in_family_high"] == 0


def mix_of(images):
    """Return a table of a mix with so many training and six validation images of each class."""
    rows = [
        {"split": split, "label": label, "sample_id": f"{split}{label}{number}"}
        for split, count in (("train", images), ("validation", 6))
        for label in CLASSES
        for number in range(count)
    ]
    return pd.DataFrame(rows)


def test_what_is_planted(benchmarks):
    planted = benchmarks("planted_effects")
    mix, random = mix_of(40), np.random.default_rng(1)
    halved = planted.half(mix, random)
    assert halved.groupby(["split", "label"]).size().tolist() == [20, 20, 6, 6]
    wrong = partial(planted.mislabelled, share=0.25)(mix, random)
    assert wrong["sample_id"].tolist() == halved["sample_id"].tolist()
    changed = wrong["label"].to_numpy() != halved["label"].to_numpy()
    assert changed.sum() == 10
    assert (wrong["split"][changed] == "train").all()


def made_up(verdicts, splits, count):
    """Return the repeats of so many studies with a difference of 0.12."""
    setting = replace(verdicts.SETTINGS[1], patients=150)
    (drawn,) = verdicts.studies(setting, splits, 0.12, count)
    values, influence = drawn.repeats.values, drawn.repeats.influence
    return [
        replace(drawn.repeats, values=values[study], influence=influence[study])
        for study in range(count)
    ]


def test_differences_are_seen_as_often_as_pilots_foretell(benchmarks):
    planted, verdicts = benchmarks("planted_effects"), benchmarks("verdicts")
    told = planted.foretold(made_up(verdicts, 6, 20), 3)
    seen = planted.observed(made_up(verdicts, 3, 60))
    assert told["difference"] == pytest.approx(0.12, abs=0.02)
    assert told["error"] == pytest.approx(seen["deviation_seen"], rel=0.3)
    assert 0.2 < told["power"] < 0.9
    assert seen["seen_low"] <= told["power"] <= seen["seen_high"]
