"""A study in short: less long and less much, never another kind of work."""

from pathlib import Path

import pytest

from synthmix.config.load import load
from synthmix.config.rehearsal import few_candidates, few_of, largest_batch, rehearse

ROOT = Path(__file__).parents[2]
PUBLISHED = (
    "imbalance_as_published",
    "mammography",
    "mri_qc_as_published",
    "skin_lesions_as_published",
    "transfer_learning_as_published",
)
# what a rehearsal may change of a training
HOW_LONG = {"epochs", "patience", "sheet_epochs", "snapshots", "sampling_steps", "search"}
HOW_LONG |= {"autoencoder_epochs", "monte_carlo_passes"}


@pytest.fixture(scope="module")
def studies():
    """The view of each data set of the studies, by both names."""
    config = {"studies": list(PUBLISHED), "scale": "paper"}
    return load(config, ROOT, needed=[]).views


def test_a_training_has_the_same_shapes_and_takes_less_long(studies, tmp_path):
    for study in studies.values():
        short = rehearse(study, data=tmp_path)
        for section in ("generators", "classifiers"):
            for name, before in getattr(study, section).items():
                after = getattr(short, section)[name]
                same = {"exclude": HOW_LONG}
                assert after.model_dump(**same) == before.model_dump(**same)
                if section == "classifiers" and before.network is None:
                    continue
                assert after.epochs <= max(4, before.epochs)
                assert after.epochs >= 2 or before.epochs == 1
        assert short.prepare == study.prepare


def test_settings_that_are_taken_from_another_classifier_stay_taken(studies, tmp_path):
    for study in studies.values():
        short = rehearse(study, data=tmp_path)
        for name, before in study.classifiers.items():
            if before.network is None:
                assert short.classifiers[name].model_fields_set == before.model_fields_set


def test_all_names_stay_with_every_job_and_one_of_each_kind_without(studies, tmp_path):
    for study in studies.values():
        names = [mix.name for mix in study.plan()]
        every = rehearse(study, every_job=True, data=tmp_path)
        assert [mix.name for mix in every.plan()] == names
        few = [mix.name for mix in rehearse(study, data=tmp_path).plan()]
        assert set(few) <= set(names)
        assert {mix.generator for mix in rehearse(study, data=tmp_path).plan()} == {
            mix.generator for mix in study.plan()
        }


def test_a_mix_holds_a_full_batch_of_the_largest_classifier(studies, tmp_path):
    study = studies["mammography", "mammograms"]
    short = rehearse(study, data=tmp_path)
    assert largest_batch(study) <= short.mixes.train_images < study.mixes.train_images
    assert short.mixes.real_shares == study.mixes.real_shares


def test_what_is_kept_holds_a_full_batch_of_each_class_that_has_its_own_generator(studies):
    study = studies["skin_lesions_as_published", "isic"]
    # 64 of two classes for the classifiers, of which 70% are learned from; the DCGAN learns of all
    assert few_of(study, "isic").images * study.split.train >= 64


def test_what_is_kept_holds_a_full_batch_of_each_phase(studies):
    study = studies["imbalance_as_published", "cifar10"]
    bagan_gp = study.generators["bagan_gp"].model_copy(update={"autoencoder_batch_size": 4096})
    long = study.model_copy(update={"generators": study.generators | {"bagan_gp": bagan_gp}})
    # of ten classes that it learns together; a fifth validates
    assert few_of(long, "cifar10").images * 0.8 * 10 >= 4096 > few_of(study, "cifar10").images * 8


def test_raw_files_that_are_there_are_taken(studies, tmp_path):
    study = studies["skin_lesions_as_published", "isic"]
    assert rehearse(study, data=tmp_path).datasets["isic"].embedded is not None
    (tmp_path / "isic").mkdir()
    (tmp_path / "isic" / "metadata.csv").touch()
    assert rehearse(study, data=tmp_path).datasets["isic"].embedded is None


def test_of_candidates_the_largest_another_and_each_kind_are_kept():
    points = [{"batch_size": size, "learning_rate": rate} for size in (8, 64) for rate in (1, 2)]
    kept = few_candidates(points)
    assert len(kept) == 2
    assert {"batch_size": 64, "learning_rate": 1} in kept
    kinds = [{"optimizer": name, "learning_rate": 1} for name in ("adam", "sgd", "rmsprop")]
    assert few_candidates(kinds) == kinds


def test_the_study_that_is_rehearsed_is_kept_as_it_was_written():
    config = {"studies": "skin_lesions_as_published", "scale": "rehearsal", "max_steps": 3}
    found = load(config, ROOT, needed=[])
    key = ("skin_lesions_as_published", "isic")
    assert found.views[key].classifiers["base"].epochs == 3
    assert found.written[key].classifiers["base"].epochs == 100
