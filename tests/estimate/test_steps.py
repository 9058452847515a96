"""How many steps a job takes, by the settings that its training goes by."""

import pytest

from estimate_graphs import altered, of_rule, study
from synthmix.classify import extract_features, passes, predict
from synthmix.estimate import steps
from synthmix.generate import sheet
from synthmix.generate.models.bagan_gp.settings import Settings as BaganGp
from synthmix.generate.models.diffusion.settings import Settings as Diffusion
from synthmix.generate.models.sampling import SAMPLE_BATCH
from synthmix.runtime.pace import AUTOENCODING, DISTANCE, DRAWING, FEATURES, JUDGING, PREDICTING
from synthmix.runtime.pace import STEP as A_STEP
from synthmix.score import extract_score_features


def counts(sizes, rule, **how):
    found = steps.steps(of_rule(sizes, rule), sizes, **how)
    return {kind: (each.count, each.images) for kind, each in found.items()}


def test_sizes_of_batches_are_those_of_the_modules():
    assert passes.LARGEST_BATCH == steps.LARGEST_JUDGED
    assert extract_features.BATCH == steps.FEATURE_BATCH
    assert extract_score_features.BATCH == steps.SCORE_BATCH
    assert (predict.BATCH, predict.BATCH_OF_IMAGES) == (steps.PREDICTED, steps.PREDICTED_IMAGES)
    assert (sheet.SHEET_IMAGES, SAMPLE_BATCH) == (steps.SHEET_IMAGES, steps.DRAWN)


def test_a_generator_leaves_out_batches_that_are_not_full():
    # 60 images of the class; sheets at epochs 1 and 5, and of the last
    assert counts(study(epochs=10), "train_generator") == {A_STEP: (70, 8), DRAWING: (3, 16)}


def test_snapshots_are_drawn_seen_and_compared():
    sizes = study(epochs=10)
    params = of_rule(sizes, "train_generator").params
    snapshots = {"every": 3, "images": 100, "patience": 1, "keep": "best"}
    base = {**params["base"], "snapshots": snapshots}
    sizes = altered(sizes, "train_generator", params={**params, "base": base, "network": "own"})
    found = counts(sizes, "train_generator")
    # after 3, 6, 9 and 10 epochs
    assert (found[DISTANCE], found[FEATURES]) == ((4, 1), (16, 32))
    assert found[DRAWING] == (3 + 4 * 7, 16)
    fewest = counts(sizes, "train_generator", fewest=True)
    assert (fewest[A_STEP][0], fewest[DISTANCE][0]) == (42, 2)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Diffusion(model="diffusion", epochs=3, batch_size=8), {A_STEP: 3 * 8}),
        (
            BaganGp(model="bagan_gp", epochs=10, autoencoder_epochs=4, batch_size=8),
            {AUTOENCODING: 4 * 7, A_STEP: 6 * 7},
        ),
    ],
)
def test_models_count_steps_of_their_own(settings, expected):
    assert settings.steps(60) == expected


def test_a_classifier_learns_and_judges_in_each_epoch():
    found = counts(study(batch_size=32), "train_classifier")
    assert found == {A_STEP: (30 * 3, 32), JUDGING: (30 * 2, 32)}
    assert counts(study(batch_size=32), "train_classifier", fewest=True)[A_STEP][0] == 10 * 3


def test_other_jobs_go_through_their_images_once():
    assert counts(study(), "sample_generator") == {DRAWING: (7, 16)}
    assert counts(study(), "sample_generator", drawn=4) == {DRAWING: (25, 4)}
    # 40 real test images, 40 of the validation
    assert counts(study(), "predict") == {PREDICTING: (2, 40)}
    assert counts(study(), "score_real") == {}
