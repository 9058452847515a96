import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch.nn.functional import binary_cross_entropy_with_logits

from synthmix.generate.models.dcgan.model import (
    DCGAN,
    DiscriminatorNetwork,
    GeneratorNetwork,
    _loss,
)
from synthmix.generate.models.dcgan.settings import Settings

CPU = torch.device("cpu")
NO_LABELS = torch.zeros(24, dtype=torch.int64)


def build(size=16, channels=1, **changes):
    torch.manual_seed(0)
    settings = {
        "model": "dcgan",
        "epochs": 2,
        "latent_dim": 12,
        "base_channels": 4,
        "batch_size": 8,
    }
    return DCGAN(Settings(**settings | changes), (size, size, channels), 1, CPU)


def images(size=16, channels=1, count=24):
    shape = (count, channels, size, size)
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8))


@pytest.fixture(scope="module")
def trained():
    """A generator that has learned enough for its images to differ."""
    generator = build(learning_rate=5e-3)
    for epoch in range(20):
        torch.manual_seed(epoch)
        generator.train_epoch(images(), NO_LABELS)
    return generator


@pytest.mark.parametrize("size", [16, 32, 128])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_have_the_shape_asked_for(size, channels):
    made = build(size, channels).sample(range(3))
    assert made.shape == (3, size, size, channels)
    assert made.dtype == np.uint8


def test_channels_double_with_every_halving_up_to_the_limit():
    settings = Settings(model="dcgan", epochs=1, base_channels=8, max_channels=32)
    generator, discriminator = (
        N(settings, 128, 1) for N in (GeneratorNetwork, DiscriminatorNetwork)
    )
    up = [m.out_channels for m in generator if isinstance(m, torch.nn.ConvTranspose2d)]
    down = [m.out_channels for m in discriminator if isinstance(m, torch.nn.Conv2d)]
    assert up == [32, 32, 32, 16, 8, 1]
    assert down == [8, 16, 32, 32, 32, 1]


@pytest.mark.parametrize("kernel_size", [4, 5])
def test_every_layer_halves_or_doubles_the_size_with_the_kernel_asked_for(kernel_size):
    generator = build(64, 3, kernel_size=kernel_size)
    layers = [*generator.generator, *generator.discriminator]
    convolutions = [m for m in layers if isinstance(m, torch.nn.Conv2d | torch.nn.ConvTranspose2d)]
    # latent vector to 4 x 4 and 4 x 4 to logit, and four doublings and halvings between
    sizes = [m.kernel_size for m in convolutions]
    assert sizes == [(4, 4)] + 8 * [(kernel_size, kernel_size)] + [(4, 4)]
    made = generator.generator(torch.zeros(2, 12))
    assert made.shape == (2, 3, 64, 64)
    between = [made]
    for layer in generator.discriminator:
        between.append(layer(between[-1]))
    assert sorted({x.shape[-1] for x in between if x.ndim == 4}) == [1, 4, 8, 16, 32, 64]


def test_the_generator_may_be_leaky():
    def activations(**changes):
        return {type(m) for m in build(**changes).generator if "ReLU" in type(m).__name__}

    assert activations() == {torch.nn.ReLU}
    assert activations(generator_activation="leaky_relu") == {torch.nn.LeakyReLU}


def skin_source():
    """The networks of the skin source, section 4.3 and, for their widths, its public program."""
    settings = {"start_size": 32, "base_channels": 16, "discriminator_channels": 64}
    settings |= {"generator_activation": "leaky_relu", "leak": 0.3, "discriminator_dropout": 0.3}
    settings |= {"kernel_size": 5, "latent_dim": 100, "discriminator_batch_norm": False}
    return Settings(model="dcgan", epochs=1, **settings)


def test_the_networks_of_the_skin_source_are_those_that_settings_make():
    settings = skin_source()
    generator, discriminator = (
        N(settings, 128, 3) for N in (GeneratorNetwork, DiscriminatorNetwork)
    )
    up = [m for m in generator if isinstance(m, torch.nn.ConvTranspose2d)]
    assert [(m.out_channels, m.kernel_size[0]) for m in up] == [(32, 32), (16, 5), (3, 5)]
    assert generator[1](generator[0](torch.zeros(1, 100))).shape == (1, 32, 32, 32)
    kinds = [type(m).__name__ for m in discriminator]
    layer = ["Conv2d", "LeakyReLU", "Dropout"]
    assert kinds == [*layer, *layer, "Conv2d", "Flatten"]
    down = [m.out_channels for m in discriminator if isinstance(m, torch.nn.Conv2d)]
    assert down == [64, 128, 1]
    # three colours to 64 maps, 64 to 128, and 32 x 32 x 128 values to one logit
    weights = 25 * 3 * 64 + 64 + 25 * 64 * 128 + 128 + 128 * 32 * 32 + 1
    assert sum(p.numel() for p in discriminator.parameters()) == weights
    leaks = {m.negative_slope for m in (*generator, *discriminator) if hasattr(m, "negative_slope")}
    assert leaks == {0.3}
    images = generator(torch.zeros(2, 100))
    assert images.shape == (2, 3, 128, 128)
    assert discriminator(images).shape == (2, 1)


def test_an_image_must_be_larger_than_what_the_generator_begins_with():
    assert skin_source().check_image(64, 3) is None
    assert "from 64 to 1024 (twice its start_size" in skin_source().check_image(32, 3)


def test_an_image_depends_on_its_seed_alone(trained):
    many = trained.sample(range(50))
    np.testing.assert_array_equal(trained.sample([37]), many[[37]])
    np.testing.assert_array_equal(trained.sample([49, 3]), many[[49, 3]])
    assert len(np.unique(many, axis=0)) == 50


def test_truncation_takes_variety_away(trained):
    spread = [trained.sample(range(16), truncation=t).std(axis=0).mean() for t in (1.0, 0.5, 0.0)]
    assert spread[0] > spread[1] > spread[2] == 0


def test_training_changes_both_networks_and_gives_finite_losses():
    generator = build()
    before = {k: v.clone() for k, v in generator.generator.state_dict().items()}
    losses = generator.train_epoch(images(), NO_LABELS)
    assert set(losses) == {"discriminator_loss", "generator_loss"}
    assert all(np.isfinite(value) and value > 0 for value in losses.values())
    after = generator.generator.state_dict()
    assert any(not torch.equal(before[key], after[key]) for key in before)


def plain_steps(generator, batches, real_label):
    """Train as the paper has it, without what the settings may add."""

    def entropy(logits, target):
        return binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))

    for real in batches:
        fake = generator.generator(torch.randn(len(real), generator.settings.latent_dim))
        loss = entropy(generator.discriminator(real), real_label)
        loss = loss + entropy(generator.discriminator(fake.detach()), 0.0)
        generator.discriminator_optimizer.zero_grad()
        loss.backward()
        generator.discriminator_optimizer.step()
        generator.generator_optimizer.zero_grad()
        entropy(generator.discriminator(fake), 1.0).backward()
        generator.generator_optimizer.step()


def test_without_the_options_it_is_the_plain_training_to_the_last_bit():
    one, two = (build(discriminator_dropout=0.3) for _ in range(2))
    torch.manual_seed(3)
    one.train_epoch(images(), NO_LABELS)
    torch.manual_seed(3)
    order = torch.randperm(24).split(8)
    plain_steps(two, [images()[rows].float() / 127.5 - 1 for rows in order], 0.9)
    for name in ("generator", "discriminator"):
        states = [getattr(model, name).state_dict() for model in (one, two)]
        assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


@pytest.mark.parametrize(
    "change", [{"label_noise": 0.3}, {"augment": ["translation"]}, {"augment": ["color", "cutout"]}]
)
def test_each_option_changes_the_training_and_repeats_itself(change):
    def weights(**changes):
        generator = build(**changes)
        torch.manual_seed(3)
        losses = generator.train_epoch(images(), NO_LABELS)
        assert np.isfinite(list(losses.values())).all()
        return generator.generator.state_dict()["1.weight"]

    assert torch.equal(weights(**change), weights(**change))
    assert not torch.equal(weights(**change), weights())


def test_noisy_labels_are_swapped_ones():
    torch.manual_seed(0)
    logits = torch.full((10_000, 1), 2.0)
    right, wrong = (_loss(logits, target).item() for target in (0.9, 0.0))
    share = (_loss(logits, 0.9, 0.0, 0.2).item() - right) / (wrong - right)
    assert share == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize(
    "change",
    [
        {"label_noise": 0.5},
        {"kernel_size": 3},
        {"augment": ["flip"]},
        {"augment": ["color", "color"]},
    ],
)
def test_settings_that_make_no_sense_are_refused(change):
    with pytest.raises(ValidationError):
        build(**change)


def test_fewer_images_than_a_batch_are_enough():
    assert np.isfinite(list(build().train_epoch(images(count=3), NO_LABELS).values())).all()


def test_it_learns_to_make_bright_images_from_bright_ones():
    bright = torch.full((32, 1, 16, 16), 230, dtype=torch.uint8)
    generator = build(learning_rate=2e-3)
    for epoch in range(20):
        torch.manual_seed(epoch)
        generator.train_epoch(bright, NO_LABELS)
    assert generator.sample(range(16)).mean() > 190


def test_a_saved_generator_makes_the_same_images(tmp_path):
    generator = build(32, 3)
    generator.train_epoch(images(32, 3), NO_LABELS)
    generator.save(tmp_path / "weights.safetensors", ["a"])
    loaded = DCGAN.load(tmp_path / "weights.safetensors", CPU)
    assert loaded.settings == generator.settings
    np.testing.assert_array_equal(loaded.sample([5, 6]), generator.sample([5, 6]))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_it_trains_and_samples_on_a_gpu():
    torch.use_deterministic_algorithms(True)
    options = {"augment": ["color", "translation", "cutout"], "label_noise": 0.1}
    settings = Settings(model="dcgan", epochs=1, base_channels=8, batch_size=8, **options)
    torch.manual_seed(0)
    generator = DCGAN(settings, (32, 32, 1), 1, torch.device("cuda"))
    losses = generator.train_epoch(images(32), NO_LABELS)
    assert np.isfinite(list(losses.values())).all()
    assert generator.sample(range(5)).shape == (5, 32, 32, 1)
