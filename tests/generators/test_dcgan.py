import numpy as np
import pytest
import torch

from synthmix.generators.dcgan.model import DCGAN, DiscriminatorNetwork, GeneratorNetwork
from synthmix.generators.dcgan.settings import Settings

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
    settings = Settings(model="dcgan", epochs=1, base_channels=8, batch_size=8)
    torch.manual_seed(0)
    generator = DCGAN(settings, (32, 32, 1), 1, torch.device("cuda"))
    losses = generator.train_epoch(images(32), NO_LABELS)
    assert np.isfinite(list(losses.values())).all()
    assert generator.sample(range(5)).shape == (5, 32, 32, 1)
