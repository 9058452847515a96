"""The protocol of the mammography source, at paper scale: nothing is trained."""

import math

import pytest
import torch

from plan_data import ROOT, plan_of
from synthmix.evaluate.metrics import OF_POSITIVE, OVERALL, PUBLISHED_WAY
from synthmix.plan import classify, generate, published
from synthmix.published.rows import curves_file, read_curves, read_headings, read_printed

PUBLISHED = ROOT / "studies" / "published" / "mammography.csv"
MIXES = [
    f"stylegan2_ada-cancer{cancer}-normal{100 - cancer}-real{real}"
    for real in (0, 5, 10)
    for cancer in (30, 50, 70)
]


@pytest.fixture(scope="module")
def view():
    study = "mammography_as_published"
    return plan_of(study).view(study, "mammograms")


@pytest.fixture(scope="module")
def fair():
    return plan_of("mammography").view("mammography", "mammograms")


def vgg16_of(view):
    """Return the complete settings of the trainings."""
    found = classify.trained(view, "vgg16", MIXES[0])
    return {**found.base, **found.own}


def test_it_has_the_nine_trainings_of_the_source_and_no_more(view):
    assert list(view.mixes) == MIXES
    assert view.settings.baselines == view.settings.selections == {}
    assert view.classifiers == ["vgg16"]
    assert generate.models(view) == [("stylegan2_ada", "cancer"), ("stylegan2_ada", "normal")]


def test_it_compares_what_the_source_compares(view):
    compared = view.settings.plan_comparisons()
    assert all(one.is_pair for one in compared)
    names = (
        [view.mixes[one.mix] for one in compared],
        [view.mixes[one.baseline] for one in compared],
    )
    with_real = [(one, other) for one, other in zip(*names, strict=True) if one.real_share]
    assert {one.name for one, _ in with_real} == set(MIXES[3:])
    for one, other in with_real:
        assert (other.real_share, other.class_shares) == (0, one.class_shares)
    assert len(compared) == len(with_real) + 3


def test_it_leaks_as_the_source_does(view):
    assert view.settings.leakage == "as_published"
    assert view.data.near_duplicates == "tell"
    # a tenth of the images of either class is there without any of them twice
    real = {"cancer": 4049, "normal": 2409}
    split = view.split
    for mix in view.mixes.values():
        assert mix.when_real_runs_short == "fail"
        for part, classes in mix.counts().items():
            share = split.validation if part == "validation" else 1 - split.validation
            for label, origins in classes.items():
                assert origins["real"] <= share * real[label]
    sample = view.settings.test_sample
    assert sample.images * sample.class_shares["normal"] <= real["normal"]


def test_batches_of_256_count_what_the_annex_counts(view):
    """Training accuracies are shares of 55 batches, one of which may be the last, short one."""
    settings = vgg16_of(view)
    batch = settings["batch_size"]
    steps, short = divmod(view.mixes[MIXES[0]].train_images, batch)
    counted = {steps * batch, (steps - 1) * batch + short}
    assert counted == {14080, 14024}
    for curve in read_curves(curves_file(PUBLISHED)):
        if curve.split != "train" or curve.mix == MIXES[1]:  # 14,620, of 17,500 images
            continue
        for accuracy in curve.values["accuracy"].values():
            assert any(
                math.isclose(accuracy * n, round(accuracy * n), abs_tol=5e-3) for n in counted
            )


def test_all_printed_trainings_end_when_ours_would(view):
    settings = vgg16_of(view)
    assert (settings["monitor"], settings["min_delta"], settings["keep"]) == ("loss", 0, "last")
    validated = [c for c in read_curves(curves_file(PUBLISHED)) if c.split == "validation"]
    assert {curve.mix for curve in validated} == set(MIXES)
    for curve in validated:
        losses = curve.values["loss"]
        best = min(losses, key=losses.__getitem__)
        assert max(losses) - best == settings["patience"], curve.mix
        assert max(losses) <= settings["epochs"]


def test_the_generators_have_the_defaults_of_the_program(view):
    settings = generate.settings(view, "stylegan2_ada")
    assert (settings.batch_size, settings.mapping_layers) == (8, 2)
    assert (settings.augment_geometric, settings.augment_colour) == (True, False)
    assert settings.snapshots.images == 50_000  # as "fid50k_full" has it
    # every 50 ticks of 4,000 images
    assert settings.snapshots.every * 4049 == pytest.approx(200_000, rel=0.05)
    # whose features, 8 KB each, have room when they are put together
    assert generate.snapshot_bytes(view, "stylegan2_ada") == 2 * 50_000 * 8192
    assert settings.ada_images == 500_000
    assert settings.model_copy(update={"init_from": "ffhq.pkl"}).ada_images == 100_000


def test_annex_ii_is_the_published_vgg16(view):
    (row,) = [r for r in read_printed(PUBLISHED) if (r.table, r.of) == ("annex II", "none")]
    import torchvision

    with torch.device("meta"):
        network = torchvision.models.vgg16()
    assert sum(weights.numel() for weights in network.parameters()) == row.low


def test_every_published_value_is_of_something_that_is_trained_or_says_why_not(view):
    for row in read_printed(PUBLISHED):
        if row.of == "none":
            assert row.note
            continue
        assert row.classifier in ("", "vgg16")
        assert set(row.mixes) <= set(MIXES), row
        assert row.generator in ("", "stylegan2_ada")
        if row.of == "metrics":
            assert row.metric in (*OVERALL, *OF_POSITIVE, *PUBLISHED_WAY), row
    (size,) = published.rows(view, "parameters")
    assert vgg16_of(view)[size.metric] == size.low


def test_every_table_has_its_heading():
    assert {row.table for row in read_printed(PUBLISHED)} == set(read_headings(PUBLISHED))


def test_the_sensitivity_to_cancer_follows_from_what_is_printed():
    """Section 6.6.2 calls 0.6004 the sensitivity, which is that to normal images."""
    printed = {row.metric: row for row in read_printed(PUBLISHED) if row.table == "section 6.6.2"}
    cancer, normal = 0.3, 0.7
    by_missed = (cancer - printed["missed_positive_share"].low) / cancer
    right = printed["accuracy"].low - normal * printed["published_way_recall"].low
    assert printed["sensitivity"].low == pytest.approx(by_missed, abs=0.005)
    assert printed["sensitivity"].high == pytest.approx(right / cancer, abs=0.005)


def test_deviations_are_declared(view):
    declared = view.settings.deviations
    assert len(declared) == 10
    tables = {row.table for row in read_printed(PUBLISHED)}
    assert {one.table for one in declared if one.table} <= tables


def test_the_fair_study_is_another_protocol(fair):
    assert fair.settings.published_values == "context"
    assert fair.settings.leakage == "none"
    assert fair.settings.deviations == []
    assert len([mix for mix in fair.mixes.values() if mix.is_baseline]) == 4
    pairs = [one for one in fair.settings.plan_comparisons() if one.is_pair]
    # nine mixes of a fixed size, and three additions of each of two generators, with copies
    assert [one.family for one in pairs] == ["copies"] * (9 + 2 * 3)
    assert {fair.mixes[one.baseline].generator for one in pairs} == {"oversampling"}
    assert not any(mix.validation_images for mix in fair.mixes.values())
    assert set(fair.settings.generators) == {"stylegan2_ada", "diffusion", "oversampling"}
    fixed = [mix for mix in fair.mixes if fair.mixes[mix].real_share in (0, 0.05, 0.1)]
    copied = [mix.replace("stylegan2_ada", "oversampling") for mix in MIXES]
    assert fixed == MIXES + copied
    assert vgg16_of(fair)["keep"] == "best"
