"""What a rehearsal stands in for, and what it cannot prove."""

from pathlib import Path

import pandas as pd

import plan_data
from synthmix.files import write_table
from synthmix.plan.rehearse import (
    counts,
    has_long_steps,
    is_drawn,
    knows_counts,
    stood_in_for,
    unproven,
)
from synthmix.rehearse.check_counts import check_counts
from synthmix.store import read_table


def plan_of(study, **config):
    return plan_data.plan_of(study, scale="rehearsal", data_dir="none_such", **config)


def test_what_is_not_there_is_stood_in_for_and_told():
    lines = stood_in_for(plan_of("mammography_as_published"), "mammography_as_published")
    start = "the raw files of mammography_as_published/mammograms"
    assert f"{start} (mini_ddsm) by drawn images" in lines
    assert any(line.startswith("the weights vgg16-imagenet by random ones") for line in lines)
    assert not stood_in_for(plan_of("tests/studies/tiny.yaml"), "tiny")


def test_steps_on_large_images_are_long():
    asked = ("tests/studies/tiny.yaml", "mammography_as_published", "skin_lesions_as_published")
    views = [plan_of(study).asked[0] for study in asked]
    assert [has_long_steps(view) for view in views] == [False, True, True]


def test_trainings_that_others_stand_in_for_are_told():
    lines = stood_in_for(plan_of("imbalance_as_published"), "imbalance_as_published")
    told = [line for line in lines if "trainings of imbalance_as_published/" in line]
    assert len(told) == 3
    assert sum(int(line.split()[0]) for line in told) == 30
    assert all("of the 20 trainings" in line for line in told)
    every = plan_of("imbalance_as_published", rehearse="all")
    assert not any("trainings of" in line for line in stood_in_for(every, "imbalance_as_published"))


def test_counts_are_those_of_the_study_as_it_is_written():
    (view,) = plan_of("mammography_as_published").asked
    asked = counts(view)
    assert is_drawn(view)
    assert knows_counts(view)
    assert asked["published"] == dict(view.data.published_images)
    written = {mix.name: mix.to_dict() for mix in view.written.plan()}
    assert {mix["name"]: mix for mix in asked["mixes"]} == written
    assert len(asked["mixes"]) > len(view.mixes)


def test_trainings_are_told_with_all_batches_that_a_search_may_choose():
    (view,) = plan_of("tests/studies/search.yaml").asked
    asked = counts(view)
    assert asked["generators"]["retrained"] == {
        "joint": True,
        "learns_from": "training",
        "settings": [{"batch_size": 16, "devices": 1, "neighbours": 5}],
    }
    assert asked["generators"]["plain"]["settings"][0]["batch_size"] is None  # it has no batches
    assert asked["classifiers"] == {"vgg16": {"": [{"batch_size": 32, "devices": 1}]}}
    (view,) = plan_of("tests/studies/stages.yaml").asked
    sizes = [found["batch_size"] for found in counts(view)["classifiers"]["tuned"][""]]
    assert sizes == [8, 16]


def test_what_the_study_does_not_print_is_listed_as_unproven():
    plan = plan_of("skin_lesions_as_published")
    assert not any(knows_counts(view) for view in plan.asked)
    assert any(
        "how many images there are" in line for line in unproven(plan, "skin_lesions_as_published")
    )


def test_a_figure_of_several_repeats_is_listed_as_unproven():
    def told(**config):
        plan = plan_of("tests/studies/tiny.yaml", seeds="1,2", **config)
        return [line for line in unproven(plan, "tiny") if "the figure" in line]

    assert told() == [
        "tiny/phantoms: the figure plot_variance, which takes what rehearse=all has several of"
    ]
    assert told(rehearse="all") == []


def test_a_class_that_a_selection_empties_here_is_listed_with_the_setting(tmp_path, monkeypatch):
    removal = {"method": "edited_nearest_neighbours", "vote": "all"}
    study = plan_data.study_file(tmp_path, "tiny", selections={"cleaned": removal})
    plan = plan_of(study)
    monkeypatch.chdir(tmp_path)
    folder = Path("results", "rehearsal", "tiny", "phantoms", "selections")
    folder.mkdir(parents=True)
    for spared in ("False", "True"):
        (folder / "cleaned.csv").write_text(
            f"sample_id,label,kept,spared\na,sick,True,{spared}\nb,well,True,False\n"
        )
        (line,) = [
            line for line in unproven(plan, "tiny") if "the selection cleaned leaves" in line
        ]
        assert ("lower selections.cleaned.neighbours" in line) == (spared == "True")
        assert ("all of sick but one" in line) == (spared == "True")


def test_a_long_tail_has_true_counts(tmp_path):
    tail = {str(digit): 40 * (digit + 1) for digit in range(10)}
    subsample = {"method": "long_tail", "train": tail}
    datasets = {"mnist": {"source": "mnist", "subsample": subsample}}
    study = plan_data.study_file(tmp_path, "long_tail", datasets=datasets)
    (view,) = plan_of(study).asked
    assert is_drawn(view)
    assert knows_counts(view)
    rows = [{"label": digit, "part": part} for digit in tail for part in ("train", "test")]
    table = pd.DataFrame(rows).assign(sample_id=[f"s{n}" for n in range(20)])
    write_table(tmp_path / "index.csv", table.assign(group=table["sample_id"], path="a"))
    check_counts(tmp_path / "index.csv", **counts(view), output=tmp_path / "counts.csv", seed=1)
    found = read_table(tmp_path / "counts.csv")
    learned = found[found["split"].isin(["train", "validation"])]
    assert learned.groupby("label")["images"].sum().to_dict() == tail


def test_of_seeds_and_folds_there_is_one_unless_all_are_asked_for():
    one = plan_of("mri_qc_as_published", seeds=[1, 2])
    every = plan_of("mri_qc_as_published", seeds=[1, 2], rehearse="all")
    assert {tuple(view.seeds) for view in one.asked} == {(1,)}
    assert {tuple(view.seeds) for view in every.asked} == {(1, 2)}
    assert {len(view.folds) for view in one.asked} == {1}
    assert {len(view.folds) for view in every.asked} == {10}
