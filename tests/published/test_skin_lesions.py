"""The skin study as published: its protocol, its printed values, and what is said of them."""

import math

import pytest

from plan_data import plan_of
from synthmix.plan import published
from synthmix.published.finders import find
from synthmix.published.results import Results
from synthmix.published.rows import PLACES, read_headings, read_printed
from workflow_project import ROOT

FILE = ROOT / "studies" / "published" / "skin_lesions.csv"
NETWORKS = ["base", "dropout", "l2", "l2_dropout", "l2_dropout_augmentation"]


@pytest.fixture(scope="module")
def rows():
    return read_printed(FILE)


@pytest.fixture(scope="module")
def view():
    return plan_of("skin_lesions_as_published").view("skin_lesions_as_published", "isic")


@pytest.fixture(scope="module")
def fair():
    return plan_of("skin_lesions").view("skin_lesions", "isic")


def only(rows, table, metric, **key):
    (found,) = [
        row
        for row in rows
        if (row.table, row.metric) == (table, metric)
        and all(getattr(row, name) == value for name, value in key.items())
    ]
    return found.low


def test_it_has_the_sources_own_runs_and_no_others(view):
    assert view.classifiers == NETWORKS
    assert list(view.mixes) == ["real_only"]
    assert list(view.settings.generators) == ["dcgan"]


def test_what_defaults_could_change_is_pinned(view):
    """Section 4: 70, 20 and 10% of balanced images, dealt out one by one; the generator has all."""
    settings = view.settings
    assert view.leakage == "by_image"
    assert (view.split.train, view.split.validation, view.split.test) == (0.7, 0.2, 0.1)
    assert view.data.subsample.method == "balanced"
    assert view.data.near_duplicates == "tell"
    assert view.data.excluded_sources == ["SONIC"]
    assert view.data.has_unlabelled
    assert (view.prepare.image_size, view.prepare.pad_to_square) == (256, False)
    assert settings.generators["dcgan"].learns_from == "all"
    assert settings.generators["dcgan"].label_noise == 0
    assert settings.generators["dcgan"].real_label == 1
    assert settings.scores.network == "efficientnet_lite0"
    assert settings.scores.plane_images == 100
    assert view.settings.input_pipeline.batch_size == 32
    assert settings.published_values == "comparable"
    for classifier in settings.classifiers.values():
        assert classifier.dense_layers == [512, 64]
        assert (classifier.patience, classifier.min_delta) == (100, 0)
        assert (classifier.class_weights, classifier.sampler) == ("none", "shuffled")


def test_each_printed_setting_is_ours(view, rows):
    results = Results(**published.there(view), confidence=0.95, settings=published.settings(view))
    printed = [row for row in rows if row.of == "parameters"]
    assert len(printed) > 20
    for row in printed:
        assert find(row, results).low == row.low, row


def test_each_printed_value_is_of_something_that_there_is_or_says_why_not(view, rows):
    for row in rows:
        assert row.of in PLACES
        assert row.of != "none" or row.note
        assert row.classifier in ("", *NETWORKS)
        assert row.mix in ("", "real_only")
        assert row.generator in ("", "dcgan")
        if row.of == "metrics":
            assert row.split in ("validation", "test")


def test_deviations_are_said_of_tables_that_there_are(view):
    tables = set(read_headings(FILE))
    deviations = view.settings.deviations
    assert len(deviations) == 12
    assert {found.table for found in deviations} - {None} <= tables


def test_numbers_of_the_source_fit_together(rows):
    numbers = {row.candidate: row.low for row in rows if (row.table, row.metric) == ("3", "images")}
    shares = {row.candidate: row.low for row in rows if row.metric == "percent_of_14775"}
    assert len(numbers) == len(shares) == 19
    assert sum(numbers.values()) == 14_775
    for which, share in shares.items():
        nevi = which.startswith("diagnosis=nevus")
        count = numbers[which if nevi else which.removesuffix("; collection!=SONIC")]
        assert round(100 * count / 14_775, 2) == share
    of_14654 = [row.low for row in rows if row.metric == "percent_of_14654"]
    assert sum(of_14654) == pytest.approx(100)
    # 38.70% of 23,906 are of SONIC; of all the benign ones would be fewer than the nevi
    assert round(23_906 * (1 - 0.3870)) == 14_654
    assert round(0.1560 * 14_654) == 2_286
    assert 0.6907 * 23_906 - 0.3870 * 23_906 < 9_315 < 0.6907 * 14_654


def confusion(rows, table, split):
    return [
        only(rows, table, f"predicted_{said}", split=split, label=label)
        for label in ("benign", "malignant")
        for said in ("benign", "malignant")
    ]


def test_the_matrices_give_the_printed_measures(rows):
    right_benign, false_alarms, missed, found = confusion(rows, "7", "validation")
    total = right_benign + false_alarms + missed + found
    assert round((right_benign + found) / total, 4) == only(rows, "8", "accuracy")
    assert round(found / (found + false_alarms), 4) == only(rows, "8", "precision")
    assert round(right_benign / (right_benign + false_alarms), 4) == only(rows, "8", "specificity")
    # cut off, not rounded
    assert math.floor(1e4 * found / (found + missed)) / 1e4 == only(rows, "8", "sensitivity")
    tested = confusion(rows, "9", "test")
    assert round((tested[0] + tested[3]) / sum(tested), 4) == only(rows, "9", "accuracy")


@pytest.mark.parametrize(
    ("table", "split", "share", "batches", "most"),
    [("7", "validation", 0.2, 14, 457), ("9", "test", 0.1, 7, 229)],
)
def test_no_pass_over_as_many_of_each_class_has_so_many_benign_ones(
    rows, table, split, share, batches, most
):
    """What the notes on tables 7 and 9 say of a part whose images are half benign."""
    counts = confusion(rows, table, split)
    assert sum(counts) == 64 * batches
    images = round(share * 4394)
    assert sum(counts) > images  # some count twice, however they were drawn and split
    of_a_class = -(-images // 2)
    assert of_a_class + (64 * batches - images) == most
    assert sum(counts[:2]) > most


def test_what_only_the_program_says_is_marked_as_its_own():
    """No text has these: widths, step sizes and what the changes of images are."""
    lines = (ROOT / "studies" / "skin_lesions_as_published.yaml").read_text().split("\ndemo:")[0]
    settings = lines[lines.index("\ngenerators:") :].split("\n")
    for setting in (
        *("start_size: 32", "base_channels: 16", "discriminator_channels: 64", "leak: 0.3"),
        *("learning_rate: 1.0e-4", "beta1: 0.9", "dense_layers: [512, 64]"),
    ):
        (line,) = [line for line in settings if line.strip().startswith(setting)]
        assert "# program" in line, setting


def test_nothing_of_the_published_leakage_is_in_the_fair_study(fair):
    assert fair.leakage == "none"
    assert fair.settings.published_values == "context"
    assert not fair.settings.deviations
    assert not fair.data.has_unlabelled
    generators = fair.settings.generators
    assert list(generators) == ["dcgan", "diffusion", "smote", "copies"]
    assert {found.learns_from for found in generators.values()} == {"training"}
    assert fair.classifiers == NETWORKS
    assert {mix.generator for mix in fair.mixes.values()} == {None, *generators}
