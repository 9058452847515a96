import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from synthmix.errors import UserError
from synthmix.generate.models.bagan_gp import model as module
from synthmix.generate.models.bagan_gp.model import (
    BAGANGP,
    critic_loss,
    generator_loss,
    gradient_penalty,
    row_picker,
)
from synthmix.generate.models.bagan_gp.networks import trunk_widths
from synthmix.generate.models.bagan_gp.settings import Settings
from synthmix.generate.models.steps import StepLosses
from synthmix.generate.train_generator import fit
from synthmix.runtime.checkpoint import Checkpoint

CPU = torch.device("cpu")
LABELS = torch.tensor([0] * 14 + [1] * 8 + [2] * 2)


def settings(**changes):
    small = {
        "model": "bagan_gp",
        "epochs": 4,
        "autoencoder_epochs": 2,
        "latent_dim": 12,
        "base_channels": 4,
        "batch_size": 8,
        "working_size": 16,
        "critic_steps": 2,
    }
    return Settings(**small | changes)


def build(size=16, channels=1, classes=3, device=CPU, **changes):
    torch.manual_seed(0)
    return BAGANGP(settings(**changes), (size, size, channels), classes, device)


def images(size=16, channels=1, count=24):
    shape = (count, channels, size, size)
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8))


def train(generator, epochs, *data):
    for epoch in range(epochs):
        torch.manual_seed(epoch)
        losses = generator.train_epoch(*data)
    return losses


def weights(network):
    return {name: value.clone() for name, value in network.named_parameters()}


def same(network, before):
    return all(torch.equal(value, before[name]) for name, value in network.named_parameters())


@pytest.fixture(scope="module")
def trained():
    """A generator that has learned enough for its images to differ."""
    generator = build(learning_rate=5e-3)
    train(generator, 8, images(), LABELS)
    return generator


@pytest.mark.parametrize(("size", "working_size"), [(16, 16), (28, 32), (32, 64), (100, 256)])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_have_the_shape_asked_for_whatever_size_the_networks_work_at(
    size, working_size, channels
):
    generator = build(size, channels, working_size=working_size, base_channels=2)
    made = generator.sample(range(3), label=2)
    assert made.shape == (3, size, size, channels)
    assert made.dtype == np.uint8


def test_a_store_of_28_by_28_trains_in_both_phases():
    generator = build(28, working_size=32, epochs=2, autoencoder_epochs=1)
    assert set(train(generator, 1, images(28), LABELS)) == {"autoencoder_loss"}
    assert set(train(generator, 1, images(28), LABELS)) == {"critic_loss", "generator_loss"}


def test_the_widths_at_64_pixels_are_those_of_the_source():
    base = {"working_size": 64, "base_channels": 64}
    assert trunk_widths(settings(**base)) == [64, 128, 128, 256]
    assert trunk_widths(settings(**base | {"working_size": 16})) == [64, 256]


def test_an_image_depends_on_its_seed_and_label_alone(trained):
    many = trained.sample(range(40), label=1)
    np.testing.assert_array_equal(trained.sample([37], label=1), many[[37]])
    np.testing.assert_array_equal(trained.sample([39, 3], label=1), many[[39, 3]])
    assert len(np.unique(many, axis=0)) == 40
    assert not np.array_equal(trained.sample(range(40), label=2), many)


def test_truncation_takes_variety_away_and_in_the_end_the_class_too(trained):
    made = [trained.sample(range(16), truncation=t) for t in (1.0, 0.5, 0.0)]
    spread = [batch.std(axis=0).mean() for batch in made]
    assert spread[0] > spread[1] > spread[2] == 0
    np.testing.assert_array_equal(trained.sample([0], label=2, truncation=0.0), made[2][:1])


def test_an_image_stays_what_it_is_through_the_working_size_and_back():
    generator = build(28, working_size=32)
    generator.generator.forward = lambda latents, labels: torch.full((len(labels), 1, 32, 32), 0.2)
    assert np.unique(generator.sample([1])).tolist() == [153]


def test_the_autoencoder_error_is_of_pixels_in_minus_one_to_one():
    generator = build(batch_size=24)
    generator.reconstruct = lambda real, labels: real * 0 + generator.generator.decoder[0].bias[0]
    with torch.no_grad():
        generator.generator.decoder[0].bias[0] = -1.0
    half_white = torch.cat([torch.zeros(12, 1, 16, 16), torch.full((12, 1, 16, 16), 255)])
    losses = generator.train_epoch(half_white.to(torch.uint8), LABELS)
    assert losses == {"autoencoder_loss": pytest.approx(1.0)}


def test_critic_and_generator_start_from_the_weights_of_the_autoencoder(monkeypatch):
    generator = build()
    fresh_trunk, fresh_judge = weights(generator.critic.trunk), weights(generator.critic.judge)
    train(generator, 2, images(), LABELS)
    assert not same(generator.critic.trunk, fresh_trunk)
    assert same(generator.critic.judge, fresh_judge)
    encoder, decoder = weights(generator.critic.trunk), weights(generator.generator)
    step, starts = BAGANGP._critic_step, []

    def watched(self, *data):
        starts.append(same(self.critic.trunk, encoder) and same(self.generator, decoder))
        return step(self, *data)

    monkeypatch.setattr(BAGANGP, "_critic_step", watched)
    generator.train_epoch(images(), LABELS)
    assert starts[0]
    assert len(starts) == 3 * 2
    assert not any(starts[1:])


def test_each_step_moves_one_network_and_leaves_the_other():
    generator = build()
    generator.generator.train()
    real, labels = torch.rand(8, 1, 16, 16), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    critic, maker = weights(generator.critic), weights(generator.generator)
    generator._critic_step(real, real.flip(0), labels)
    assert same(generator.generator, maker)
    assert not same(generator.critic, critic)
    critic = weights(generator.critic)
    generator._generator_step(8)
    assert same(generator.critic, critic)
    assert not same(generator.generator, maker)


def test_the_penalty_of_a_linear_critic_is_known():
    slope = torch.zeros(1, 2, 2)
    slope[0, 0] = torch.tensor([3.0, 4.0])

    def critic(pictures, labels):
        return (pictures * slope).sum(dim=(1, 2, 3)) * (labels + 1)

    pairs = torch.rand(2, 6, 1, 2, 2)
    right, left = torch.zeros(6), torch.ones(6)
    assert gradient_penalty(critic, *pairs, right).item() == pytest.approx((5 - 1) ** 2)
    assert gradient_penalty(critic, *pairs, left).item() == pytest.approx((10 - 1) ** 2)
    assert gradient_penalty(lambda x, y: critic(x, y) / 5, *pairs, right).item() < 1e-10


def test_the_penalty_is_taken_between_the_pairs_and_trains_the_critic():
    seen = []
    scale = torch.tensor(2.0, requires_grad=True)

    def critic(pictures, labels):
        seen.append(pictures)
        return scale * pictures.sum(dim=(1, 2, 3))

    real, false = torch.zeros(50, 1, 2, 2), torch.ones(50, 1, 2, 2)
    gradient_penalty(critic, real, false, torch.zeros(50)).backward()
    positions = seen[0][:, 0, 0, 0]
    assert torch.equal(seen[0], positions.view(-1, 1, 1, 1).expand(50, 1, 2, 2))
    assert 0 <= positions.min() < 0.2 < 0.8 < positions.max() <= 1
    # norm 2 * 2, so the derivative of (norm - 1)^2 is 2 * (4 - 1) * 2
    assert scale.grad.item() == pytest.approx(12.0)


def test_losses_by_hand():
    accepted, rejected = torch.tensor([3.0, 1.0]), torch.tensor([0.0, 2.0])
    wrong = torch.tensor([-4.0, 0.0])
    assert critic_loss("wasserstein", accepted, [rejected]).item() == 1 - 2
    assert critic_loss("wasserstein", accepted, [rejected, wrong]).item() == (1 - 2) / 2 - 2
    assert generator_loss("wasserstein", rejected).item() == -1
    zeros = torch.zeros(4)
    by_chance = math.log(2)
    assert critic_loss("cross_entropy", zeros, [zeros, zeros]).item() == pytest.approx(
        3 * by_chance
    )
    assert generator_loss("cross_entropy", torch.tensor([1.0])).item() == pytest.approx(
        -math.log(1 / (1 + math.exp(-1)))
    )


def test_rows_are_picked_by_the_label_asked_for_and_evenly_within_it():
    torch.manual_seed(0)
    labels = torch.tensor([2, 0, 1, 0, 2, 2, 1, 0, 2, 2])
    asked = torch.arange(3).repeat(4000)
    rows = row_picker(labels, 3)(asked)
    assert torch.equal(labels[rows], asked)
    shares = rows.bincount(minlength=10) / 4000
    expected = 1 / labels.bincount()[labels]
    torch.testing.assert_close(shares, expected, atol=0.03, rtol=0)


def test_the_critic_is_shown_real_images_of_other_classes_under_the_label(monkeypatch):
    shades = torch.tensor([10, 120, 240], dtype=torch.uint8)[LABELS]
    pictures = shades.view(-1, 1, 1, 1).expand(24, 1, 16, 16).contiguous()
    shown = []
    monkeypatch.setattr(
        BAGANGP, "_critic_step", lambda self, *data: shown.append(data) or torch.zeros(())
    )
    generator = build(epochs=9, autoencoder_epochs=1)
    train(generator, 5, pictures, LABELS)
    real, others, labels = (torch.cat(part) for part in zip(*shown, strict=True))
    classes = [((part[:, 0, 0, 0] + 1) * 127.5 / 100).round().long() for part in (real, others)]
    assert torch.equal(classes[0], labels)
    assert not (classes[1] == labels).any()
    assert labels.bincount().min() > 0.2 * len(labels)


def test_the_published_critic_sees_the_data_as_they_are_and_each_batch_in_all_its_steps(
    monkeypatch,
):
    shown = []
    monkeypatch.setattr(
        BAGANGP, "_published_critic_loss", lambda self, *data: shown.append(data) or scored(self)
    )

    def scored(generator):
        return generator.critic.judge.bias.sum()

    generator = build(epochs=99, autoencoder_epochs=1, critic="as_published", critic_steps=3)
    pictures = torch.tensor([10, 120, 240], dtype=torch.uint8)[LABELS].view(-1, 1, 1, 1)
    train(generator, 41, pictures.expand(24, 1, 16, 16).contiguous(), LABELS)
    real, labels, _, made, said = (torch.stack(part) for part in zip(*shown, strict=True))
    assert len(real) == 40 * 3 * 3
    for first in range(0, len(real), 3):  # the same batch in the steps before one of the generator
        assert torch.equal(real[first], real[first + 2])
    classes = ((real[:, :, 0, 0, 0] + 1) * 127.5 / 100).round().long()
    assert torch.equal(classes, labels)
    # each image once an epoch, so in the proportions of the data
    assert torch.equal(labels.flatten().bincount(), 40 * 3 * LABELS.bincount())
    # fakes and what real images are said to be are drawn evenly, and apart from the real label
    for drawn in (made, said):
        shares = drawn.flatten().bincount(minlength=3) / drawn.numel()
        torch.testing.assert_close(shares, torch.full((3,), 1 / 3), atol=0.03, rtol=0)
        right = (drawn == labels).float().mean().item()
        assert right == pytest.approx(1 / 3, abs=0.03)
    assert (made == said).float().mean().item() == pytest.approx(1 / 3, abs=0.03)


def test_the_published_penalty_is_between_real_images_and_fakes_alone(monkeypatch):
    generator = build(critic="as_published", gradient_penalty=2.0)
    given, scored = [], []
    monkeypatch.setattr(
        module, "gradient_penalty", lambda *data: given.append(data) or torch.tensor(5.0)
    )
    generator.critic.register_forward_hook(lambda *call: scored.append((*call[1], call[2])))
    real, labels = torch.rand(4, 1, 16, 16), torch.tensor([0, 1, 2, 0])
    latents, made, said = torch.randn(4, 12), torch.tensor([1, 1, 0, 2]), torch.tensor([0, 2, 1, 1])
    loss = generator._published_critic_loss(real, labels, latents, made, said)

    ((_, penalised, fakes, under, draw),) = given
    assert torch.equal(penalised, real)
    assert torch.equal(under, labels)
    assert draw is torch.randn
    ((images_seen, labels_seen, scores),) = scored
    assert torch.equal(images_seen, torch.cat([real, fakes, real]))
    assert torch.equal(labels_seen, torch.cat([labels, made, said]))
    accepted, *rejected = scores.split(4)
    expected = critic_loss("wasserstein", accepted, rejected) + 2 * 5
    torch.testing.assert_close(loss, expected)


def test_a_critic_may_start_afresh_and_the_same_again(monkeypatch):
    found = []
    for _ in range(2):
        generator = build(critic_starts="afresh")
        train(generator, 2, images(), LABELS)
        encoder = weights(generator.critic.trunk)
        monkeypatch.setattr(BAGANGP, "_adversarial_epoch", lambda *_: {})
        torch.manual_seed(5)
        generator.train_epoch(images(), LABELS)
        started = weights(generator.critic.trunk)
        convolutions = [name for name in started if name.endswith("weight")]
        assert all(not torch.equal(started[name], encoder[name]) for name in convolutions)
        spread = [started[name].std().item() for name in convolutions]
        assert spread == pytest.approx([0.02] * len(spread), rel=0.3)
        generator.train_epoch(images(), LABELS)  # at the first epoch alone
        assert same(generator.critic.trunk, started)
        found.append(started)
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


def test_the_autoencoder_may_have_batches_of_its_own(monkeypatch):
    sizes = []
    generator = build(autoencoder_batch_size=24)
    monkeypatch.setattr(module, "full_batches", lambda *given: sizes.append(given) or ())
    monkeypatch.setattr(StepLosses, "means", lambda self: {})
    train(generator, 1, images(), LABELS)
    assert sizes == [(24, 24)]


@pytest.mark.parametrize("adversarial_loss", ["wasserstein", "cross_entropy"])
@pytest.mark.parametrize("classes", [1, 2])
@pytest.mark.parametrize("critic", ["balanced", "as_published"])
def test_one_class_and_either_loss_train(classes, adversarial_loss, critic):
    generator = build(classes=classes, adversarial_loss=adversarial_loss, critic=critic)
    losses = train(generator, 3, images(), torch.arange(24) % classes)
    assert np.isfinite(list(losses.values())).all()


def test_fewer_images_than_a_batch_are_enough():
    generator = build(batch_size=64)
    losses = train(generator, 3, images(count=6), torch.tensor([0, 0, 1, 1, 2, 2]))
    assert np.isfinite(list(losses.values())).all()


@pytest.mark.parametrize("count", [0, 1])
def test_a_class_of_fewer_than_two_images_is_refused(count):
    labels = torch.tensor([0] * 10 + [2] * 10 + [1] * count)
    with pytest.raises(UserError, match=rf"class number 1 .* has {count} training"):
        build().train_epoch(images(count=len(labels)), labels)


@pytest.mark.parametrize(
    ("dies_in", "own"),
    [
        *((epoch, {}) for epoch in (2, 3, 4)),
        *((epoch, {"critic": "as_published", "critic_starts": "afresh"}) for epoch in (3, 4)),
    ],
)
def test_a_training_broken_off_in_either_phase_ends_as_one_that_is_not(
    tmp_path, monkeypatch, dies_in, own
):
    data = images(), LABELS
    whole = build(sheet_epochs=[1], **own)
    fitted = fit(whole, *data, Checkpoint(tmp_path / "whole.pt", "a", 3600), 1)
    table, sheets = fitted.history(), fitted.sheets
    assert table["epoch"].tolist() == [1, 2, 3, 4]
    assert table["autoencoder_loss"].notna().tolist() == [True, True, False, False]
    assert table["critic_loss"].notna().tolist() == [False, False, True, True]

    train_epoch, calls = BAGANGP.train_epoch, []

    def dies(self, *data):
        calls.append(1)
        if len(calls) == dies_in:
            raise KeyboardInterrupt
        return train_epoch(self, *data)

    monkeypatch.setattr(BAGANGP, "train_epoch", dies)
    checkpoint = Checkpoint(tmp_path / "kept.pt", "a", every_seconds=0)
    with pytest.raises(KeyboardInterrupt):
        fit(build(sheet_epochs=[1], **own), *data, checkpoint, 1)
    resumed = build(sheet_epochs=[1], **own)
    torch.manual_seed(99)
    fitted = fit(resumed, *data, checkpoint, 1)
    again, sheets_again = fitted.history(), fitted.sheets
    assert table.equals(again)
    assert all(torch.equal(sheets[key], sheets_again[key]) for key in sheets)
    for name, part in whole.training_state().items():
        other = resumed.training_state()[name]
        # the other entry of an optimizer's state, its settings, holds more than numbers
        pair = (s["state"] if "optimizer" in name else s for s in (part, other))
        torch.testing.assert_close(*pair, rtol=0, atol=0)


def test_a_saved_generator_makes_the_same_images(tmp_path):
    generator = build(28, 3, working_size=32)
    train(generator, 3, images(28, 3), LABELS)
    generator.save(tmp_path / "weights.safetensors", ["a", "b", "c"])
    loaded = BAGANGP.load(tmp_path / "weights.safetensors", CPU)
    assert loaded.settings == generator.settings
    np.testing.assert_array_equal(loaded.sample([5, 6], 2), generator.sample([5, 6], 2))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 2}, "must be larger than autoencoder_epochs"),
        ({"working_size": 48}, "power of two from 16 to 256"),
        ({"working_size": 512}, "power of two from 16 to 256"),
        ({"latent_dim": 0}, "latent_dim"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_settings_that_can_not_work_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        settings(**changes)


def test_it_says_what_images_it_can_make():
    assert settings().joint
    assert settings().check_image(28, 1) is None
    assert "4 channels" in settings().check_image(28, 4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_it_trains_and_samples_on_a_gpu():
    torch.use_deterministic_algorithms(True)
    generator = build(28, working_size=32, device=torch.device("cuda"))
    losses = train(generator, 3, images(28), LABELS)
    assert np.isfinite(list(losses.values())).all()
    assert generator.sample(range(5), 1).shape == (5, 28, 28, 1)
