"""What is said of each job."""

import os
from pathlib import Path

import pandas as pd
import pytest

from synthmix.trace.chain import Chain
from synthmix.trace.describe import deal_of, describe
from synthmix.trace.records import Records
from traced_project import DATASET, METRICS, MIX


def described():
    chain = Chain(Records.read(Path()), METRICS)
    describe(chain)
    return {step.rule: step for step in chain}


def test_what_a_job_worked_on(untouched):
    expected = [
        ("index_dataset", "listed: 24 images of 12 patients (sick 12, well 12)"),
        ("prepare_images", "prepared: 24 x 2 x 2 x 1, uint8"),
        ("prepare_images", "0 could not be read"),
        ("split_samples", "test: 8 images of 4 patients (sick 4, well 4)"),
        ("train_generator", "model dcgan, epochs 2"),
        ("train_generator", "last epoch 2: loss 0.25"),
        ("train_generator", "learned from 6 images of 3 patients, all in split train"),
        ("sample_generator", "3 synthetic images, seeds 0 to 2, truncation 1"),
        ("compose_mix", "train, real: well 6, all in split train"),
        ("compose_mix", "train, synthetic: sick 3"),
        ("fetch_dataset", "source mnist"),
    ]
    steps = described()
    missing = [(rule, line) for rule, line in expected if line not in steps[rule].details]
    assert not missing


def test_the_seed_is_named_where_no_other_number_is_meant(untouched):
    steps = described()
    assert steps["train_generator"].details[0].endswith(", seed 7")
    assert "seed" not in steps["sample_generator"].details[0]


def test_other_parameters_have_another_digest(project):
    before = described()["compose_mix"].details[0]
    project.note("compose_mix", [f"{DATASET}/mixes/{MIX}.csv"], [], [{"real_share": 0.25}])
    assert described()["compose_mix"].details[0] != before


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        (f"{DATASET}/mixes/{MIX}.csv", "compose_mix"),
        (f"{DATASET}/generators/dcgan/sick/trained_on.csv", "train_generator"),
    ],
)
def test_a_test_image_that_was_learned_from_is_found(table, rule, project):
    rows = pd.read_csv(table)
    rows.loc[0, "sample_id"] = "s23"
    state = Path(table).stat()
    rows.to_csv(table, index=False)
    os.utime(table, (state.st_atime, state.st_mtime))
    found = [p for p in described()[rule].problems if "not in split train, such as s23" in p]
    assert found == [
        f"{table}: 1 real images are not in split train, such as s23: run snakemake again"
    ]


def test_a_validation_image_may_be_learned_from_where_the_settings_say_so(project):
    made = [
        f"{DATASET}/generators/dcgan/sick/{name}"
        for name in ("weights.safetensors", "history.csv", "trained_on.csv")
    ]
    rows = pd.read_csv(made[-1])
    rows.loc[0, "sample_id"] = "s13"
    rows.to_csv(made[-1], index=False)
    inputs = [f"{DATASET}/split.csv", f"{DATASET}/stores/real.npy"]
    for learns_from, found in (("training", 1), ("training_and_validation", 0)):
        project.note("train_generator", made, inputs, [7, {"learns_from": learns_from}])
        problems = described()["train_generator"].problems
        assert len([text for text in problems if "s13" in text]) == found, problems


def test_the_epoch_whose_weights_were_kept(project):
    folder = f"{DATASET}/classifiers/vgg16/{MIX}/seed1"
    rows = {"epoch": [1, 1, 2, 2], "split": ["train", "validation"] * 2, "loss": [3, 2, 1, 4]}
    history = pd.DataFrame(rows).assign(kept=[True, True, False, False])
    history.to_csv(f"{folder}/history.csv", index=False)
    outputs = [f"{folder}/weights.safetensors", f"{folder}/history.csv"]
    project.note("train_classifier", outputs, [])
    chain = Chain(Records.read(Path()), outputs[0])
    describe(chain)
    assert chain.step_of(outputs[0]).details[1:] == [
        "last epoch 2, train: loss 1",
        "last epoch 2, validation: loss 4",
        "whose weights were kept: epoch 1, train: loss 3",
        "whose weights were kept: epoch 1, validation: loss 2",
    ]


def test_what_a_search_has_chosen(project):
    best = Path(f"{DATASET}/searches/generators/dcgan/stage1.json")
    best.parent.mkdir(parents=True)
    best.write_text('{"candidate": "dcgan_1", "settings": {"learning_rate": 0.0001}}')
    project.note("choose_candidate", [str(best)])
    chain = Chain(Records.read(Path()), str(best))
    describe(chain)
    assert "chosen: candidate dcgan_1, settings (learning_rate 0.0001)" in next(iter(chain)).details


def test_what_can_not_be_read_is_a_problem(project):
    Path(f"{DATASET}/split.csv").write_text("")
    assert "what split_samples wrote can't be read" in described()["split_samples"].problems[-1]


def test_the_split_and_fold_that_a_path_names():
    assert (
        deal_of(f"{DATASET}/split2/fold12/predictions/vgg16/real_only/seed1.csv")
        == "/split2/fold12"
    )
    assert deal_of(f"{DATASET}/fold3/mixes/real_only.csv") == "/fold3"
    assert deal_of(f"{DATASET}/predictions/vgg16/real_only/seed1.csv") == ""
    assert deal_of("data/mini_ddsm/fetched.json") is None
