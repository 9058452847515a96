"""Every generator learns: what it makes is recognised, and scores better than before."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from digit_scores import CPU, FRECHET, Digits, value
from synthmix.registry import GENERATORS, load_generator

MADE = 40
# The settings, the epochs, how many times 8 x 8 pixels the images have, and what is learned.
BUDGETS = {
    "dcgan": (
        {"latent_dim": 16, "base_channels": 16, "batch_size": 16, "learning_rate": 2e-3},
        40,
        2,
        ("0", "1"),
    ),
    "stylegan2_ada": (
        {
            "latent_dim": 32,
            "style_dim": 32,
            "mapping_layers": 2,
            "channel_base": 512,
            "channel_max": 32,
            "batch_size": 16,
            "ada_kimg": 20,
        },
        70,
        4,
        ("0",),
    ),
    "bagan_gp": (
        {
            "latent_dim": 64,
            "base_channels": 16,
            "batch_size": 32,
            "autoencoder_epochs": 8,
            "working_size": 16,
            "learning_rate": 1e-3,
        },
        24,
        2,
        ("0", "1", "7"),
    ),
    "diffusion": (
        {
            "num_channels": [16, 32],
            "num_res_blocks": 1,
            "norm_num_groups": 4,
            "attention_levels": [False, False],
            "num_head_channels": 16,
            "batch_size": 16,
            "sampling_steps": 10,
            "ema_decay": 0.98,
            "learning_rate": 2e-3,
        },
        7,
        2,
        ("0", "1", "7"),
    ),
    "deepsmote": (
        {"latent_dim": 32, "hidden_width": 8, "batch_size": 32, "learning_rate": 2e-3},
        30,
        2,
        ("0", "1", "7"),
    ),
    "resampling": ({}, 1, 2, ("0", "1", "7")),
}


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


def pools(name, study, epochs):
    """Return what a generator makes of each class after so many epochs, 0 for none."""
    settings, _, _, classes = BUDGETS[name]
    kind = load_generator(name)
    settings = kind.Settings(model=name, **{"epochs": 100} | settings)
    groups = [classes] if settings.joint else [(label,) for label in classes]
    made = {}
    for group in groups:
        rows = study.samples["label"].isin(group) & (study.samples["split"] == "train")
        images = torch.from_numpy(study.images[rows]).permute(0, 3, 1, 2).contiguous()
        labels = torch.tensor([group.index(label) for label in study.samples["label"][rows]])
        torch.manual_seed(0)
        generator = kind(settings, study.images.shape[1:], len(group), CPU)
        if not epochs and name == "resampling":
            # it trains nothing: without the images there is but noise to resample
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
        pytest.param(name, marks=pytest.mark.full) if name == "stylegan2_ada" else name
        for name in GENERATORS
    ],
)
def test_what_is_learned_is_recognised_and_scores_better(name, digits, judge):
    _, epochs, zoom, classes = BUDGETS[name]
    study = digits(zoom)
    untrained, trained = (pools(name, study, count) for count in (0, epochs))
    before, after = (
        study.score(f"{name}-{when}", made)[0]
        for when, made in (("untrained", untrained), ("trained", trained))
    )
    assert np.mean([recognised(judge, untrained[label], label) for label in classes]) < 0.6
    for label in classes:
        assert recognised(judge, trained[label], label) >= 0.8, label
        for score in (FRECHET, "kernel_distance_own_features"):
            assert value(after, score, label) < 0.5 * value(before, score, label), (label, score)
