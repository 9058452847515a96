"""StyleGAN2-ADA: networks against the original's numbers, losses, training and sampling."""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from synthmix.errors import UserError
from synthmix.generate.models.stylegan2_ada import losses
from synthmix.generate.models.stylegan2_ada.model import StyleGAN2ADA
from synthmix.generate.models.stylegan2_ada.networks import (
    DiscriminatorNetwork,
    GeneratorNetwork,
    append_deviation,
    demodulation,
    layer_widths,
    modulated_convolution,
)
from synthmix.generate.models.stylegan2_ada.resample import blur, downsampling_convolution, upsample
from synthmix.generate.models.stylegan2_ada.settings import Settings
from synthmix.generate.models.stylegan2_ada.weights import (
    DISCRIMINATOR_NAMES,
    GENERATOR_NAMES,
    translate,
)
from synthmix.generate.train_generator import fit
from synthmix.runtime.checkpoint import Checkpoint
from workflow_project import ROOT

CPU = torch.device("cpu")
REFERENCE = ROOT.parent / "shared" / "reference" / "stylegan2_ada_32px.npz"
SETTINGS = {
    "model": "stylegan2_ada",
    "epochs": 2,
    "batch_size": 4,
    "latent_dim": 8,
    "style_dim": 8,
    "mapping_layers": 2,
    "channel_base": 256,
    "channel_max": 8,
    "ada_kimg": 0.05,
    "sheet_epochs": [1],
}


def build(size=32, channels=1, classes=1, **changes):
    torch.manual_seed(0)
    return StyleGAN2ADA(Settings(**SETTINGS | changes), (size, size, channels), classes, CPU)


def images(size=32, channels=1, count=18):
    shape = (count, channels, size, size)
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8))


def labels(count=18, classes=1):
    return torch.arange(count) % classes


@pytest.fixture(scope="module")
def trained():
    """A generator that has taken 16 steps."""
    generator = build()
    for epoch in range(4):
        torch.manual_seed(epoch)
        generator.train_epoch(images(), labels())
    return generator


# The original's numbers


@pytest.fixture(scope="module")
def reference():
    if not REFERENCE.exists():
        pytest.skip(f"no reference numbers at {REFERENCE}")
    with np.load(REFERENCE) as file:
        return {name: torch.from_numpy(file[name]) for name in file.files}


def part(reference, prefix, names):
    tensors = {name[2:]: v for name, v in reference.items() if name.startswith(prefix)}
    return translate(tensors, names)


def reference_networks(reference, half_blocks=0):
    widths = layer_widths(32, 512, 32)
    generator = GeneratorNetwork(64, 64, 2, 0, 32, 1, widths, half_blocks)
    discriminator = DiscriminatorNetwork(2, 0, 32, 1, widths, 4, half_blocks)
    generator.load_state_dict(part(reference, "G.", GENERATOR_NAMES))
    discriminator.load_state_dict(part(reference, "D.", DISCRIMINATOR_NAMES))
    return generator, discriminator


def assert_near(mine, theirs):
    torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-4)


def test_the_original_makes_the_same_images(reference):
    generator, _ = reference_networks(reference)
    z = reference["z"]
    assert_near(generator.mapping(z, None), reference["w"])
    assert_near(generator(z), reference["image_const_noise"])
    assert_near(generator(z, truncation=0.7), reference["image_truncation_0.7"])


def test_the_original_judges_images_the_same(reference):
    _, discriminator = reference_networks(reference)
    made = reference["image_const_noise"]
    assert_near(discriminator(made), reference["logits"])
    theirs = reference["r1_squared_gradient_norm"]
    torch.testing.assert_close(losses.r1_norms(discriminator, made), theirs, rtol=1e-4, atol=1e-7)


def test_half_precision_changes_little(reference):
    generator, discriminator = reference_networks(reference, half_blocks=4)
    made = generator(reference["z"])
    assert made.dtype == torch.float32
    assert (made - reference["image_const_noise"]).abs().max() < 0.03
    logits = discriminator(reference["image_const_noise"])
    assert (logits - reference["logits"]).abs().max() < 0.01


# Properties of the layers


def test_demodulated_kernels_have_unit_norm():
    weight, styles = torch.randn(5, 7, 3, 3), torch.randn(4, 7)
    scale = demodulation(weight, styles)
    kernels = weight[None] * styles[:, None, :, None, None] * scale[:, :, None, None, None]
    torch.testing.assert_close(kernels.square().sum((2, 3, 4)), torch.ones(4, 5))


def test_modulating_the_maps_equals_modulating_the_kernels():
    x, weight, styles = torch.randn(2, 3, 8, 8), torch.randn(5, 3, 3, 3), torch.randn(2, 3)
    made = modulated_convolution(x, weight, styles)
    for one, style, result in zip(x, styles, made, strict=True):
        kernels = weight * style[:, None, None]
        kernels = kernels / kernels.square().sum((1, 2, 3), keepdim=True).sqrt()
        expected = torch.nn.functional.conv2d(one[None], kernels, padding=1)[0]
        torch.testing.assert_close(result, expected, rtol=1e-4, atol=1e-5)


def test_resampling_keeps_constant_images():
    flat = torch.full((1, 2, 16, 16), 3.0)
    doubled = upsample(flat)
    assert doubled.shape == (1, 2, 32, 32)
    halved = downsampling_convolution(flat, torch.eye(2)[:, :, None, None])
    assert halved.shape == (1, 2, 8, 8)
    for made in (doubled, halved, blur(flat, padding=2)):
        torch.testing.assert_close(
            made[..., 2:-2, 2:-2], flat[..., :1, :1].expand_as(made)[..., 2:-2, 2:-2]
        )


def test_an_image_is_doubled_by_the_binomial_filter():
    line = torch.zeros(1, 1, 8, 8)
    line[..., 4] = 1
    made = upsample(line)[0, 0, 8]
    assert made.tolist() == [0] * 7 + [0.25, 0.75, 0.75, 0.25] + [0] * 5


def test_noise_without_strength_changes_nothing():
    network = build().generator
    ws = network.spread(torch.randn(2, 8))
    assert torch.equal(network.synthesis(ws), network.synthesis(ws, random_noise=True))
    network.synthesis.blocks["16"].conv0.noise_strength.data.fill_(0.5)
    assert not torch.equal(network.synthesis(ws), network.synthesis(ws, random_noise=True))
    assert torch.equal(network.synthesis(ws), network.synthesis(ws))


def test_the_deviation_within_groups_becomes_a_map():
    x = torch.arange(4.0)[:, None, None, None].expand(4, 3, 2, 2)
    made = append_deviation(x, group=2)
    assert made.shape == (4, 4, 2, 2)
    # groups are 0 with 2 and 1 with 3, each with a standard deviation of 1
    torch.testing.assert_close(made[:, 3], torch.ones(4, 2, 2))
    assert append_deviation(torch.randn(6, 1, 2, 2), group=4).shape == (6, 2, 2, 2)


def test_channels_halve_with_every_doubling_below_the_limit():
    assert layer_widths(64, 512, 32) == {4: 32, 8: 32, 16: 32, 32: 16, 64: 8}


@pytest.mark.parametrize(("size", "channels"), [(32, 1), (32, 3), (128, 1)])
def test_the_networks_map_to_images_and_back(size, channels):
    generator = build(size, channels)
    made = generator.generator(torch.randn(4, 8))
    assert made.shape == (4, channels, size, size)
    assert generator.discriminator(made).shape == (4, 1)


def test_labels_steer_both_networks():
    generator = build(classes=3, conditional=True)
    z = torch.randn(2, 8)
    zeros, ones = torch.tensor([0, 0]), torch.tensor([1, 1])
    one, other = generator.generator(z, zeros), generator.generator(z, ones)
    assert not torch.allclose(one, other)
    logits = [generator.discriminator(one, label) for label in (zeros, ones)]
    assert not torch.allclose(*logits)


# Losses


def test_the_losses_are_logistic():
    real, fake = torch.tensor([[2.0], [0.0]]), torch.tensor([[-1.0], [3.0]])
    expected = (math.log1p(math.exp(1)) + math.log1p(math.exp(-3))) / 2
    assert losses.generator_loss(fake).item() == pytest.approx(expected)
    expected = (softplus(-real).sum() + softplus(fake).sum()).item() / 2
    assert losses.discriminator_loss(real, fake).item() == pytest.approx(expected)


def test_r1_of_a_linear_discriminator_is_the_norm_of_its_weights():
    weight = torch.randn(1, 2, 4, 4, requires_grad=True)
    norms = losses.r1_norms(lambda x: (x * weight).sum((1, 2, 3)), torch.randn(3, 2, 4, 4))
    torch.testing.assert_close(norms, weight.square().sum().expand(3))
    (gradient,) = torch.autograd.grad(norms.mean(), weight)
    torch.testing.assert_close(gradient, 2 * weight)


def test_the_path_length_of_a_linear_generator_is_that_of_its_direction():
    ws = torch.randn(3, 4, 16, requires_grad=True)
    torch.manual_seed(0)
    lengths = losses.path_lengths(5 * ws[:, 1].view(3, 1, 4, 4), ws)
    torch.manual_seed(0)
    direction = torch.randn(3, 16) / 4
    # one of four vectors moves the image
    torch.testing.assert_close(lengths, 5 * direction.norm(dim=1) / 2)


def test_r1_reaches_the_discriminator_through_the_augmentation():
    generator = build(augment_colour=True)
    generator.augmentation.p = 0.9
    real = generator._to_device(images(count=4))
    norms = losses.r1_norms(lambda x: generator._judge(x, labels(4)), real)
    gradient = torch.autograd.grad(norms.mean(), generator.discriminator.blocks["32"].conv0.weight)
    assert gradient[0].abs().max() > 0


# Training


def test_training_moves_all_that_should_move():
    generator = build(ema_rampup=10)
    before = {k: v.clone() for k, v in generator.generator.named_parameters()}
    judge = {k: v.clone() for k, v in generator.discriminator.named_parameters()}
    row = generator.train_epoch(images(), labels())
    assert {name for name in row if name.endswith("_loss")} == {
        "generator_loss",
        "discriminator_loss",
        "r1_loss",
        "path_length_loss",
    }
    assert all(math.isfinite(value) for value in row.values())
    assert generator.path_length_mean > 0
    assert row["augment_p"] == generator.augmentation.p
    assert generator.generator.average_w.abs().max() > 0
    after = dict(generator.generator.named_parameters())
    averaged = dict(generator.averaged.named_parameters())
    for name, old in before.items():
        moved, lagging = (after[name] - old).norm(), (averaged[name] - old).norm()
        assert moved > lagging > 0, name
    for name, new in generator.discriminator.named_parameters():
        assert not torch.equal(judge[name], new), name


def test_the_average_of_the_weights_has_the_half_life_asked_for():
    generator = build(ema_kimg=0.004, ema_rampup=100)
    before = {k: v.clone() for k, v in generator.averaged.named_parameters()}
    generator.train_epoch(images(count=4), labels(4))
    for name, new in generator.generator.named_parameters():
        halfway = (before[name] + new) / 2
        torch.testing.assert_close(dict(generator.averaged.named_parameters())[name], halfway)


def test_adam_is_corrected_for_lazy_regularisation():
    generator = build()
    (group,) = generator.generator_optimizer.param_groups
    assert group["lr"] == pytest.approx(2.5e-3 * 4 / 5)
    assert group["betas"] == (0, pytest.approx(0.99 ** (4 / 5)))
    (group,) = generator.discriminator_optimizer.param_groups
    assert group["lr"] == pytest.approx(2.5e-3 * 16 / 17)
    (group,) = build(path_length_weight=0).generator_optimizer.param_groups
    assert group["lr"] == pytest.approx(2.5e-3)


def test_without_path_lengths_nothing_is_reported_of_them():
    row = build(path_length_weight=0).train_epoch(images(count=4), labels(4))
    assert "path_length_loss" not in row


def test_the_default_gamma_is_that_of_the_paper():
    def penalty(**changes):
        generator = build(**changes)
        torch.manual_seed(1)
        real = generator._to_device(images(count=4))
        return generator._regularise_gradient(real, labels(4)).item()

    assert penalty() == pytest.approx(penalty(r1_gamma=0.0002 * 32**2 / 4))
    assert penalty(r1_gamma=2.0) == pytest.approx(2 * penalty(r1_gamma=1.0))


def test_fewer_images_than_a_batch_are_enough():
    row = build().train_epoch(images(count=3), labels(3))
    assert np.isfinite(list(row.values())).all()


def test_a_class_of_one_image_is_refused():
    with pytest.raises(UserError, match="fewer than two training images"):
        build().train_epoch(images(count=1), labels(1))


def test_a_conditional_model_learns_all_classes():
    generator = build(classes=3, conditional=True)
    assert generator.settings.joint
    assert not Settings(**SETTINGS).joint
    row = generator.train_epoch(images(channels=1), labels(classes=3))
    assert np.isfinite(list(row.values())).all()
    assert not np.array_equal(generator.sample([1], label=0), generator.sample([1], label=2))


@pytest.mark.parametrize("dies", [2, 4, 6])
def test_a_training_that_is_broken_off_ends_as_one_that_is_not(tmp_path, dies):
    """An epoch is three steps: it ends between regularisations and moves of the augmentation."""

    def train(generator, name):
        checkpoint = Checkpoint(tmp_path / f"{name}.pt", "a", every_seconds=0)
        return fit(generator, images(count=14), labels(14), checkpoint, seed=5)

    settings = {"epochs": 6, "ada_kimg": 0.2, "ada_target": 0}
    whole = build(**settings)
    expected = train(whole, "whole").history()
    assert 0 < whole.augmentation.p < 1

    broken = build(**settings)
    train_epoch = broken.train_epoch

    def dying(*data):
        if broken.steps == (dies - 1) * 3:
            raise KeyboardInterrupt
        return train_epoch(*data)

    broken.train_epoch = dying
    with pytest.raises(KeyboardInterrupt):
        train(broken, "broken")
    resumed = build(**settings)
    found = train(resumed, "broken").history()

    assert found.equals(expected)
    mine, theirs = flatten(resumed.training_state()), flatten(whole.training_state())
    assert mine.keys() == theirs.keys()
    for name, value in mine.items():
        assert torch.equal(torch.as_tensor(value), torch.as_tensor(theirs[name])), name


def flatten(state, prefix=""):
    if isinstance(state, (dict, list, tuple)):
        items = state.items() if isinstance(state, dict) else enumerate(state)
        return {k: v for key, part in items for k, v in flatten(part, f"{prefix}/{key}").items()}
    return {} if state is None else {prefix: state}


# Sampling


def test_an_image_depends_on_its_seed_alone(trained):
    many = trained.sample(range(50))
    assert many.shape == (50, 32, 32, 1)
    assert many.dtype == np.uint8
    np.testing.assert_array_equal(trained.sample([37]), many[[37]])
    np.testing.assert_array_equal(trained.sample([49, 3]), many[[49, 3]])
    assert len(np.unique(many, axis=0)) == 50


def test_truncation_takes_variety_away(trained):
    spread = [trained.sample(range(16), truncation=t).std(axis=0).mean() for t in (1.0, 0.5, 0.0)]
    assert spread[0] > spread[1] > spread[2] == 0


def test_a_saved_generator_makes_the_same_images(trained, tmp_path):
    trained.save(tmp_path / "weights.safetensors", ["a"])
    loaded = StyleGAN2ADA.load(tmp_path / "weights.safetensors", CPU)
    assert loaded.settings == trained.settings
    np.testing.assert_array_equal(loaded.sample([5, 6]), trained.sample([5, 6]))


@pytest.mark.parametrize(("size", "channels"), [(16, 1), (48, 1), (2048, 3), (64, 2)])
def test_what_the_networks_cannot_make_is_said(size, channels):
    assert "StyleGAN2-ADA" in Settings(**SETTINGS).check_image(size, channels)
    assert Settings(**SETTINGS).check_image(64, 3) is None


@pytest.mark.parametrize("changes", [{"latent_dim": 0}, {"batch_size": 1}, {"style_mixing": 1.1}])
def test_senseless_settings_are_refused(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        Settings(**SETTINGS | changes)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_it_trains_and_samples_on_a_gpu():
    torch.use_deterministic_algorithms(True)
    settings = Settings(**SETTINGS | {"augment_colour": True})
    torch.manual_seed(0)
    generator = StyleGAN2ADA(settings, (64, 64, 3), 1, torch.device("cuda"))
    generator.augmentation.p = 0.5
    row = generator.train_epoch(images(64, 3), labels())
    assert np.isfinite(list(row.values())).all()
    assert generator.sample(range(5)).shape == (5, 64, 64, 3)
