"""Every generator learns: what it makes is recognised, and scores better than before."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from digit_scores import CPU, FRECHET, Digits, value
from synthmix.registry import GENERATORS, load_generator, load_generator_settings

MADE = 40
DIGITS = 8  # pixels a side of the real ones
SMALL = 2  # times that: what makes larger images alone takes minutes


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Return the real digits at a zoom, made when asked for."""
    made = {}

    def get(zoom):
        if zoom not in made:
            made[zoom] = Digits(tmp_path_factory.mktemp("digits"), zoom)
        return made[zoom]

    return get


@pytest.fixture(scope="module")
def judge():
    """A classifier of all ten digits, trained on the real ones."""
    return SVC(gamma=0.001).fit(*load_digits(return_X_y=True))


def recognised(judge, images, label):
    """Return the share of `images` (N, H, W, 1), uint8, in which `judge` sees the digit `label`."""
    zoom = images.shape[1] // 8
    small = images.reshape(-1, 8, zoom, 8, zoom).mean(axis=(2, 4)) * 16 / 255
    return (judge.predict(small.reshape(-1, 64)) == int(label)).mean()


def tiny_settings(name):
    """Return the settings of the small one of a kind."""
    kind = load_generator_settings(name)
    return kind(**{"epochs": 1, **kind.tiny, "model": name})


def zoom_of(settings):
    """Return how many times the size of the real digits images have: the smallest it can make."""
    return next(zoom for zoom in (SMALL, 4, 8) if settings.check_image(DIGITS * zoom, 1) is None)


def classes_of(settings):
    """Return the digits that are learned: fewer by those that learn one at a time, or slowly."""
    if zoom_of(settings) > SMALL:
        return ("0",)
    return ("0", "1", "7") if settings.joint else ("0", "1")


def pools(settings, study, epochs):
    """Return what a generator makes of each class after so many epochs, 0 for none."""
    classes = classes_of(settings)
    groups = [classes] if settings.joint else [(label,) for label in classes]
    made = {}
    for group in groups:
        rows = study.samples["label"].isin(group) & (study.samples["split"] == "train")
        images = torch.from_numpy(study.images[rows]).permute(0, 3, 1, 2).contiguous()
        labels = torch.tensor([group.index(label) for label in study.samples["label"][rows]])
        torch.manual_seed(0)
        kind = load_generator(settings.model)
        generator = kind(settings, study.images.shape[1:], len(group), CPU)
        if not epochs:  # what trains nothing has but noise to know without the images
            images = torch.randint(256, images.shape, dtype=torch.uint8)
        for epoch in range(epochs):
            torch.manual_seed(epoch)
            generator.train_epoch(images, labels)
        generator.finish(images, labels)
        made |= {label: generator.sample(range(MADE), i) for i, label in enumerate(group)}
    return made


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.full) if zoom_of(tiny_settings(name)) > SMALL else name
        for name in GENERATORS
    ],
)
def test_what_is_learned_is_recognised_and_scores_better(name, digits, judge):
    settings = tiny_settings(name)
    study, classes = digits(zoom_of(settings)), classes_of(settings)
    untrained, trained = (pools(settings, study, count) for count in (0, settings.epochs))
    before, after = (
        study.score(f"{name}-{when}", made)[0]
        for when, made in (("untrained", untrained), ("trained", trained))
    )
    assert np.mean([recognised(judge, untrained[label], label) for label in classes]) < 0.6
    for label in classes:
        assert recognised(judge, trained[label], label) >= 0.8, label
        for score in (FRECHET, "kernel_distance_own_features"):
            assert value(after, score, label) < 0.5 * value(before, score, label), (label, score)


@pytest.mark.full
def test_bagan_gp_learns_by_the_critic_of_the_published_program_too(digits, judge):
    published = {
        "critic": "as_published",
        "critic_starts": "afresh",
        "adversarial_loss": "cross_entropy",
    }
    settings = tiny_settings("bagan_gp").model_copy(update=published)
    made = pools(settings, digits(SMALL), settings.epochs)
    for label, images in made.items():
        assert recognised(judge, images, label) >= 0.7, label
        assert images.std(axis=0).mean() > 20, label  # not one image again and again
