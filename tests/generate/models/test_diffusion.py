import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from synthmix.errors import UserError
from synthmix.generate.models.diffusion.model import (
    Diffusion,
    balanced_rows,
    build_network,
    build_schedule,
    denoise,
    denoising_loss,
    ema_decay,
    hidden,
    padded_to,
)
from synthmix.generate.models.diffusion.settings import Settings
from synthmix.generate.train_generator import fit
from synthmix.runtime.checkpoint import Checkpoint

CPU = torch.device("cpu")
LABELS = torch.tensor([0] * 14 + [1] * 8 + [2] * 2)


def settings(**changes):
    small = {
        "model": "diffusion",
        "epochs": 4,
        "batch_size": 8,
        "num_channels": [8, 8],
        "attention_levels": [False, True],
        "num_res_blocks": 1,
        "norm_num_groups": 4,
        "num_head_channels": 8,
        "sampling_steps": 5,
        "learning_rate": 2e-3,
    }
    return Settings(**small | changes)


def build(size=16, channels=1, classes=3, device=CPU, **changes):
    torch.manual_seed(0)
    return Diffusion(settings(**changes), (size, size, channels), classes, device)


def images(size=16, channels=1, count=24):
    shape = (count, channels, size, size)
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8))


def train(generator, epochs, *data):
    for epoch in range(epochs):
        torch.manual_seed(epoch)
        losses = generator.train_epoch(*data)
    return losses


@pytest.fixture(scope="module")
def trained():
    """A generator that has seen a little, so that labels make a difference."""
    generator = build()
    train(generator, 4, images(), LABELS)
    return generator


class Knows(nn.Module):
    """A network that knows the one clean image, and so what any noisy one is made of."""

    def __init__(self, clean, schedule):
        super().__init__()
        self.clean, self.schedule, self.calls = clean, schedule, []

    def forward(self, noisy, steps, class_labels=None):
        self.calls.append((steps, class_labels))
        kept = self.schedule.alphas_cumprod[steps].view(-1, *[1] * (noisy.ndim - 1))
        noise = (noisy - kept.sqrt() * self.clean) / (1 - kept).sqrt()
        if self.schedule.prediction_type == "epsilon":
            return noise
        return kept.sqrt() * noise - (1 - kept).sqrt() * self.clean


@pytest.mark.parametrize("size", [8, 13, 28])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_have_the_shape_asked_for(size, channels):
    levels = {"num_channels": [8, 8, 8], "attention_levels": [False] * 3}
    generator = build(size, channels, **levels)
    losses = train(generator, 1, images(size, channels), LABELS)
    assert set(losses) == {"denoising_loss"}
    made = generator.sample(range(3), label=2)
    assert made.shape == (3, size, size, channels)
    assert made.dtype == np.uint8


def test_an_image_depends_on_its_seed_and_label_alone(trained):
    many = trained.sample(range(10), label=1)
    np.testing.assert_array_equal(trained.sample([7], label=1), many[[7]])
    np.testing.assert_array_equal(trained.sample([9, 3], label=1), many[[9, 3]])
    assert len(np.unique(many, axis=0)) == 10
    assert not np.array_equal(trained.sample(range(10), label=2), many)


def test_truncation_takes_variety_away_but_not_the_class(trained):
    made = [trained.sample(range(6), truncation=t) for t in (1.0, 0.5, 0.0)]
    spread = [batch.std(axis=0).mean() for batch in made]
    assert spread[0] > spread[1] > spread[2] == 0
    assert not np.array_equal(trained.sample([0], label=2, truncation=0.0), made[2][:1])


@pytest.mark.parametrize("prediction", ["v", "epsilon"])
@pytest.mark.parametrize("noise_schedule", ["cosine", "linear"])
@pytest.mark.parametrize("sampling_steps", [4, 50])
def test_a_network_that_knows_the_image_ends_at_it(prediction, noise_schedule, sampling_steps):
    schedule = build_schedule(
        settings(
            prediction=prediction, noise_schedule=noise_schedule, sampling_steps=sampling_steps
        )
    )
    clean = torch.rand(1, 1, 6, 6) * 2 - 1
    network = Knows(clean, schedule)
    made = denoise(network, schedule, torch.randn(3, 1, 6, 6))
    torch.testing.assert_close(made, clean.expand(3, 1, 6, 6), atol=2e-3, rtol=0)
    steps = [int(call[0][0]) for call in network.calls]
    assert steps[0] == 999
    assert np.diff(steps).tolist() == [-1000 // sampling_steps] * (sampling_steps - 1)
    assert denoising_loss(network, schedule, clean.expand(8, 1, 6, 6), None).item() < 1e-6


def test_the_noise_taken_away_is_the_noise_the_next_step_is_told_of():
    # with normal data of spread s the best denoiser is known: samples must get the spread s
    spread, schedule = 0.3, build_schedule(settings(sampling_steps=100))
    schedule.clip_sample = False

    class Best(nn.Module):
        def forward(self, noisy, steps, class_labels=None):
            kept = schedule.alphas_cumprod[steps].view(-1, 1, 1, 1)
            share = kept.sqrt() * spread**2 / (kept * spread**2 + 1 - kept)
            noise = (noisy - kept.sqrt() * share * noisy) / (1 - kept).sqrt()
            return kept.sqrt() * noise - (1 - kept).sqrt() * share * noisy

    torch.manual_seed(0)
    made = denoise(Best(), schedule, torch.randn(40, 1, 16, 16))
    assert made.std().item() == pytest.approx(spread, rel=0.03)


def test_guidance_goes_past_what_the_label_adds():
    schedule = build_schedule(settings(sampling_steps=1, prediction="epsilon"))
    schedule.clip_sample = False
    told = []

    class Tells(nn.Module):
        def forward(self, noisy, steps, class_labels):
            told.append(class_labels.tolist())
            return class_labels.view(-1, 1, 1, 1).float().expand_as(noisy)

    noise, labels = torch.zeros(2, 1, 2, 2), torch.tensor([1, 2])
    guided = denoise(Tells(), schedule, noise, labels, no_label=3, guidance_scale=2.0)
    kept = schedule.alphas_cumprod[999]
    # 3 + 2 (1 - 3) = -1 and 3 + 2 (2 - 3) = 1, both taken away from noise 0
    noises = -guided[:, 0, 0, 0] * kept.sqrt() / (1 - kept).sqrt()
    torch.testing.assert_close(noises, torch.tensor([-1.0, 1.0]))
    assert told == [[1, 2, 3, 3]]
    denoise(Tells(), schedule, noise, labels, no_label=3, guidance_scale=1.0)
    assert told[1:] == [[1, 2]]


def test_the_loss_is_the_error_of_what_is_predicted():
    class Silent(nn.Module):
        def forward(self, noisy, steps, class_labels=None):
            return torch.zeros_like(noisy)

    torch.manual_seed(0)
    half = torch.full((400, 1, 8, 8), 0.5)
    # the noise has mean square 1; the velocity, where a share a of the squared image is left,
    # a + (1 - a) / 4, and a is a half on average over the cosine schedule
    epsilon, velocity = (build_schedule(settings(prediction=kind)) for kind in ("epsilon", "v"))
    assert denoising_loss(Silent(), epsilon, half, None).item() == pytest.approx(1.0, abs=0.02)
    assert denoising_loss(Silent(), velocity, half, None).item() == pytest.approx(0.625, abs=0.04)


def test_labels_are_hidden_at_the_rate_asked_for():
    torch.manual_seed(0)
    labels = torch.arange(3).repeat(4000)
    kept = hidden(labels, 3, 0.1)
    gone = kept == 3
    assert gone.float().mean().item() == pytest.approx(0.1, abs=0.01)
    assert torch.equal(kept[~gone], labels[~gone])
    assert torch.equal(hidden(labels, 3, 0.0), labels)


def test_rare_classes_can_be_shown_as_often_as_others(monkeypatch):
    torch.manual_seed(0)
    labels = torch.tensor([0] * 9000 + [1] * 900 + [2] * 100)
    shown = labels[balanced_rows(labels)]
    torch.testing.assert_close(shown.bincount() / 1e4, torch.full((3,), 1 / 3), atol=0.02, rtol=0)

    seen = []
    monkeypatch.setattr(
        Diffusion, "_step", lambda self, clean, told: seen.append(told) or torch.zeros(())
    )
    for balanced in (False, True):
        train(build(balanced=balanced), 10, images(), LABELS)
    rare = (torch.cat(seen).view(2, -1) == 2).float().mean(dim=1)
    assert rare[0].item() == pytest.approx(2 / 24)
    assert rare[1].item() == pytest.approx(1 / 3, abs=0.1)


def test_the_average_follows_fast_at_first_then_slowly():
    assert [ema_decay(0.999, step) for step in (1, 9, 91)] == [0.1, 0.5, 0.91]
    assert ema_decay(0.999, 10**6) == 0.999
    generator = build(ema_decay=0.5)
    before = [value.clone() for value in generator.average.parameters()]
    generator.train_epoch(images(count=8), torch.tensor([0, 0, 0, 1, 1, 1, 2, 2]))
    triples = zip(
        before, generator.network.parameters(), generator.average.parameters(), strict=True
    )
    for old, current, average in triples:
        torch.testing.assert_close(average, 0.1 * old + 0.9 * current)


def test_sizes_are_filled_up_with_what_is_at_the_edge():
    corner = torch.arange(6.0).view(1, 1, 2, 3)
    filled = padded_to(corner, 4)
    assert filled.shape == (1, 1, 4, 4)
    assert filled[0, 0, 3].tolist() == [3, 4, 5, 5]
    assert torch.equal(padded_to(filled, 4), filled)


def test_volumes_train_and_grow_too():
    chosen = settings(num_channels=[4, 8], sampling_steps=2)
    torch.manual_seed(0)
    network, schedule = build_network(chosen, 3, 1, 2), build_schedule(chosen)
    volumes = padded_to(torch.rand(2, 1, 7, 8, 6) * 2 - 1, chosen.size_multiple)
    assert volumes.shape == (2, 1, 8, 8, 6)
    optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
    losses = []
    for _ in range(12):
        torch.manual_seed(1)
        loss = denoising_loss(network, schedule, volumes, torch.tensor([0, 1]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
    made = denoise(network, schedule, torch.randn(2, 1, 8, 8, 6), torch.tensor([0, 1]), 2, 1.5)
    assert made.shape == (2, 1, 8, 8, 6)
    assert made.isfinite().all()


def test_without_labels_there_is_a_model_a_class():
    chosen = {"conditional": False, "sampling_steps": 2}
    generator = build(classes=1, **chosen)
    assert not generator.settings.joint
    assert settings().joint
    losses = train(generator, 1, images(), torch.zeros(24, dtype=torch.int64))
    assert np.isfinite(losses["denoising_loss"])
    assert generator.sample(range(2)).shape == (2, 16, 16, 1)


@pytest.mark.parametrize("count", [0, 1])
def test_a_class_of_fewer_than_two_images_is_refused(count):
    labels = torch.tensor([0] * 10 + [2] * 10 + [1] * count)
    with pytest.raises(UserError, match=rf"class number 1 .* has {count} training"):
        build().train_epoch(images(count=len(labels)), labels)


@pytest.mark.parametrize("dies_in", [2, 4])
def test_a_training_broken_off_ends_as_one_that_is_not(tmp_path, monkeypatch, dies_in):
    data = images(), LABELS
    changes = {"sheet_epochs": [1], "sampling_steps": 2}
    whole = build(**changes)
    fitted = fit(whole, *data, Checkpoint(tmp_path / "whole.pt", "a", 3600), 1)
    table, sheets = fitted.history(), fitted.sheets

    train_epoch, calls = Diffusion.train_epoch, []

    def dies(self, *data):
        calls.append(1)
        if len(calls) == dies_in:
            raise KeyboardInterrupt
        return train_epoch(self, *data)

    monkeypatch.setattr(Diffusion, "train_epoch", dies)
    checkpoint = Checkpoint(tmp_path / "kept.pt", "a", every_seconds=0)
    with pytest.raises(KeyboardInterrupt):
        fit(build(**changes), *data, checkpoint, 1)
    resumed = build(**changes)
    torch.manual_seed(99)
    fitted = fit(resumed, *data, checkpoint, 1)
    again, sheets_again = fitted.history(), fitted.sheets
    assert table.equals(again)
    assert all(torch.equal(sheets[key], sheets_again[key]) for key in sheets)
    for name, part in whole.training_state().items():
        other = resumed.training_state()[name]
        # the other entry of an optimizer's state, its settings, holds more than numbers
        pair = (s["state"] if name == "optimizer" else s for s in (part, other))
        torch.testing.assert_close(*pair, rtol=0, atol=0)


def test_a_saved_generator_makes_the_same_images(tmp_path, trained):
    trained.save(tmp_path / "weights.safetensors", ["a", "b", "c"])
    loaded = Diffusion.load(tmp_path / "weights.safetensors", CPU)
    assert loaded.settings == trained.settings
    np.testing.assert_array_equal(loaded.sample([5, 6], 2), trained.sample([5, 6], 2))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attention_levels": [True]}, "an entry for each level"),
        ({"norm_num_groups": 3}, "multiple of norm_num_groups"),
        ({"num_head_channels": 3}, "multiple of num_head_channels"),
        ({"sampling_steps": 7}, "must divide diffusion_steps"),
        ({"label_dropout": 0.0}, "needs a label_dropout above 0"),
        ({"num_channels": [], "attention_levels": []}, "num_channels"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_settings_that_can_not_work_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        settings(**changes)


def test_it_says_what_images_it_can_make():
    assert settings().check_image(28, 1) is None
    assert "at least 2, not 1" in settings().check_image(1, 1)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_it_trains_and_samples_on_a_gpu():
    torch.use_deterministic_algorithms(True)
    generator = build(28, device=torch.device("cuda"))
    losses = train(generator, 2, images(28), LABELS)
    assert np.isfinite(losses["denoising_loss"])
    assert generator.sample(range(5), 1).shape == (5, 28, 28, 1)
