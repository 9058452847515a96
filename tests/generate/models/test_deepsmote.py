import numpy as np
import pytest
import torch
from pydantic import ValidationError
from sklearn.datasets import load_digits
from sklearn.svm import SVC
from torch import nn
from torch.nn.functional import mse_loss

from synthmix.errors import UserError
from synthmix.generate.models.deepsmote import networks
from synthmix.generate.models.deepsmote.model import DeepSMOTE
from synthmix.generate.models.deepsmote.networks import Decoder, Doubling, Encoder, Halving
from synthmix.generate.models.deepsmote.settings import Settings
from synthmix.generate.models.smote import class_neighbours
from synthmix.generate.train_generator import fit
from synthmix.runtime.checkpoint import Checkpoint

CPU = torch.device("cpu")


def settings(**changes):
    small = {"epochs": 3, "latent_dim": 12, "hidden_width": 4, "batch_size": 8}
    return Settings(model="deepsmote", **small | changes)


def build(size=8, channels=1, classes=3, **changes):
    torch.manual_seed(0)
    return DeepSMOTE(settings(**changes), (size, size, channels), classes, CPU)


def digits(counts=(24, 12, 7)):
    """Return real digits 8x8, (N, 1, 8, 8) uint8, so many of the first classes."""
    data = load_digits()
    rows = np.concatenate([np.flatnonzero(data.target == c)[:n] for c, n in enumerate(counts)])
    images = (data.images[rows] * 15.9).astype(np.uint8)
    return torch.from_numpy(images)[:, None], torch.from_numpy(data.target[rows])


def train(generator, images, labels, epochs):
    for epoch in range(epochs):
        torch.manual_seed(epoch)
        losses = generator.train_epoch(images, labels)
    return losses


@pytest.fixture(scope="module")
def trained():
    generator = build(learning_rate=2e-3)
    train(generator, *digits(), 6)
    generator.finish(*digits())
    return generator


@pytest.mark.parametrize("size", [8, 9, 28, 33, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_have_the_shape_asked_for(size, channels):
    generator = build(size, channels, 2)
    shape = (8, channels, size, size)
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8))
    labels = torch.arange(8) % 2
    assert np.isfinite(list(generator.train_epoch(images, labels).values())).all()
    made = generator.sample(range(3), 1)
    assert made.shape == (3, size, size, channels)
    assert made.dtype == np.uint8


def test_the_networks_are_those_of_the_paper():
    encoder, decoder = (n(settings(hidden_width=8), 32, 3) for n in (Encoder, Decoder))
    down = [layer for layer in encoder.layers if isinstance(layer, nn.Conv2d)]
    up = [layer for layer in decoder.layers if isinstance(layer, nn.ConvTranspose2d)]
    assert [layer.out_channels for layer in down] == [8, 16, 32, 64]
    assert [layer.out_channels for layer in up] == [32, 16, 8, 3]
    assert {layer.stride for layer in down + up} == {(2, 2)}
    kinds = [type(layer).__name__ for layer in encoder.layers]
    assert kinds[:5] == ["Halving", "LeakyReLU", "Halving", "BatchNorm2d", "LeakyReLU"]
    assert (encoder.layers[1].negative_slope, kinds[-1]) == (0.2, "Linear")
    kinds = [type(layer).__name__ for layer in decoder.layers]
    assert kinds[-5:] == ["Doubling", "BatchNorm2d", "ReLU", "Doubling", "Tanh"]


@pytest.mark.parametrize("layer", [Halving(6, 5), Doubling(5, 6)])
def test_a_layer_as_a_matrix_product_is_the_same_layer(layer, monkeypatch):
    size = 4 if isinstance(layer, Halving) else 2
    images = torch.randn(3, layer.in_channels, size, size, requires_grad=True)
    made = []
    for least in (2**21, 1):
        monkeypatch.setattr(networks, "MANY_WEIGHTS", least)
        output = layer(images)
        made.append((output, *torch.autograd.grad(output.sin().sum(), [images, layer.weight])))
    for one, other in zip(*made, strict=True):
        torch.testing.assert_close(one, other)


def test_losses_are_those_of_the_protocol():
    """Computed as the authors do: two passes of each network, codes and images permuted alike."""
    generator = build()
    encoder, decoder = generator.encoder.eval(), generator.network.decoder.eval()
    mixed, one_class = torch.rand(8, 1, 8, 8) * 2 - 1, torch.rand(5, 1, 8, 8) * 2 - 1
    order = torch.randperm(5)
    reconstruction = mse_loss(decoder(encoder(mixed)), mixed)
    codes = encoder(one_class).detach()
    penalty = mse_loss(decoder(codes[order]), one_class[order])
    parameters = [*encoder.parameters(), *decoder.parameters()]
    expected = torch.autograd.grad(reconstruction + penalty, parameters)
    losses = generator._step(mixed, one_class)
    torch.testing.assert_close(losses["reconstruction_loss"], reconstruction.detach())
    torch.testing.assert_close(losses["penalty_loss"], penalty.detach())
    for parameter, gradient in zip(parameters, expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


def test_the_order_of_codes_does_not_matter_to_batch_norm_either():
    decoder = build().network.decoder.train()
    codes, images, order = torch.randn(9, 12), torch.rand(9, 1, 8, 8), torch.randperm(9)
    torch.testing.assert_close(
        mse_loss(decoder(codes[order]), images[order]), mse_loss(decoder(codes), images)
    )


def test_the_loss_is_given_on_the_published_scale_too():
    losses = build().train_epoch(*digits())
    assert [name for name in losses if name.endswith("_loss")] == [
        "reconstruction_loss",
        "penalty_loss",
        "total_loss",
    ]
    total = losses["reconstruction_loss"] + losses["penalty_loss"]
    assert losses["total_loss"] == pytest.approx(total)
    assert losses["loss_as_published"] == pytest.approx(8 * total / 4)
    pixels, made = torch.rand(4, 9), torch.rand(4, 9)
    assert mse_loss(2 * made - 1, 2 * pixels - 1) / 4 == pytest.approx(mse_loss(made, pixels))


NO_LOSSES = {"reconstruction_loss": torch.zeros(()), "penalty_loss": torch.zeros(())}


def test_the_penalty_draws_every_class_alike_and_no_image_twice(monkeypatch):
    seen = []
    generator = build()
    monkeypatch.setattr(
        generator, "_step", lambda mixed, one_class: seen.append(one_class) or NO_LOSSES
    )
    images = torch.arange(43, dtype=torch.uint8)[:, None, None, None].expand(-1, 1, 8, 8)
    _, labels = digits()
    train(generator, images, labels, 60)
    rows = [((batch[:, 0, 0, 0] + 1) * 127.5).round().long() for batch in seen]
    assert all(len(labels[r].unique()) == 1 and len(r.unique()) == len(r) for r in rows)
    assert {len(r) for r in rows} == {8, 7}
    numbers = np.bincount([int(labels[r[0]]) for r in rows])
    assert len(rows) == 300
    assert numbers.min() > 75


def test_an_image_depends_on_its_seed_alone(trained):
    many = trained.sample(range(70), 1)
    np.testing.assert_array_equal(trained.sample([37], 1), many[[37]])
    np.testing.assert_array_equal(trained.sample([69, 3], 1), many[[69, 3]])
    assert len(np.unique(many, axis=0)) > 60
    assert (trained.sample(range(70), 0) != many).any()
    assert trained.sample([]).shape == (0, 8, 8, 1)


def test_truncation_ends_at_the_mean_code_of_the_class(trained):
    spread = [trained.sample(range(16), 1, t).std(axis=0).mean() for t in (1.0, 0.5, 0.0)]
    assert spread[0] > spread[1] > spread[2] == 0
    bank = trained.sampling_network().bank
    with torch.no_grad():
        mean = trained.network.decoder(bank.points[bank.labels == 1].mean(0, keepdim=True))[0, 0]
    made = trained.sample([0], 1, 0.0)[0, ..., 0]
    np.testing.assert_allclose(made, (mean + 1) * 127.5, atol=0.51)


def test_smote_steps_within_a_class(trained):
    bank = trained.sampling_network().bank
    assert torch.equal(bank.neighbours, class_neighbours(bank.points, bank.labels, 5))
    used = bank.neighbours >= 0
    assert (bank.labels[bank.neighbours] == bank.labels[:, None])[used].all()
    rows, columns, steps = bank.draw(range(200), 1)
    assert (bank.labels[rows] == 1).all()
    assert len(set(rows)) == 12
    assert set(columns) == set(range(5))
    base, other = (bank.points[r].numpy() for r in (rows, bank.neighbours[rows, columns]))
    expected = base + steps[:, None] * (other - base)
    np.testing.assert_allclose(bank.sample(range(200), 1), expected, rtol=1e-4, atol=1e-5)


def test_a_small_class_uses_fewer_neighbours_and_says_so(caplog):
    generator = build(classes=2)
    generator.finish(*digits((24, 3)))
    said = "class number 1 (the first is 0) has 3 images: 2 neighbours of each are used, not 5"
    assert said in caplog.text
    assert set(generator.sampling_network().bank.draw(range(50), 1)[1]) == {0, 1}
    assert len(generator.sample(range(4), 1)) == 4


@pytest.mark.parametrize("call", ["train_epoch", "finish"])
def test_a_class_of_one_is_refused(call):
    with pytest.raises(UserError, match=r"class number 1 .* has 1 training image"):
        getattr(build(classes=2), call)(*digits((24, 1)))


def test_images_too_small_and_settings_of_nothing_are_refused():
    assert settings().check_image(8, 3) is None
    assert "8 or more, not 7" in settings().check_image(7, 1)
    assert settings().joint
    for name in ("latent_dim", "hidden_width", "neighbours", "batch_size", "learning_rate"):
        with pytest.raises(ValidationError, match=name):
            settings(**{name: 0})


def test_nothing_can_be_sampled_before_images_are_known():
    with pytest.raises(RuntimeError, match="no training images are known"):
        build().sample([0])


def test_a_saved_generator_makes_the_same_images(trained, tmp_path):
    trained.save(tmp_path / "weights.safetensors", ["a", "b", "c"])
    loaded = DeepSMOTE.load(tmp_path / "weights.safetensors", CPU)
    assert loaded.settings == trained.settings
    np.testing.assert_array_equal(loaded.sample([5, 6], 2), trained.sample([5, 6], 2))


def test_a_training_that_is_broken_off_ends_as_one_that_is_not(tmp_path, monkeypatch):
    images, labels = digits()
    whole = build()
    fitted = fit(whole, images, labels, Checkpoint(tmp_path / "a.pt", "a", 3600), 1)
    losses, sheets = fitted.history(), fitted.sheets
    stop = int(np.random.default_rng().integers(1, 3))
    broken, train_epoch = build(), DeepSMOTE.train_epoch

    def dies(self, *data):
        if len(calls) == stop:
            raise KeyboardInterrupt
        calls.append(1)
        return train_epoch(self, *data)

    calls = []
    monkeypatch.setattr(DeepSMOTE, "train_epoch", dies)
    with pytest.raises(KeyboardInterrupt):
        fit(broken, images, labels, Checkpoint(tmp_path / "b.pt", "b", 0), 1)
    monkeypatch.undo()
    resumed = build(hidden_width=4)
    nn.init.zeros_(resumed.encoder.layers[0].weight)
    fitted = fit(resumed, images, labels, Checkpoint(tmp_path / "b.pt", "b", 0), 1)
    again, same = fitted.history(), fitted.sheets
    assert losses.equals(again)
    assert all(torch.equal(sheets[epoch], same[epoch]) for epoch in sheets)
    one, two = (g.sampling_network().state_dict() for g in (whole, resumed))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_it_learns_the_digits():
    """A classifier of real digits knows at least 80% of what is made of each class."""
    data = load_digits()
    judge = SVC(gamma=0.001).fit(data.data, data.target)
    images, labels = digits([120, 90, 70, 60, 50, 50, 40, 40, 30, 30])
    generator = build(classes=10, latent_dim=32, hidden_width=8, batch_size=32, learning_rate=2e-3)
    first = generator.train_epoch(images, labels)
    last = train(generator, images, labels, 30)
    assert last["total_loss"] < first["total_loss"] / 3
    for label in range(10):
        made = generator.sample(range(40), label).reshape(40, -1) / 15.9
        assert (judge.predict(made) == label).mean() >= 0.8, label


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_it_trains_and_samples_on_a_gpu():
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(0)
    generator = DeepSMOTE(settings(), (28, 28, 1), 3, torch.device("cuda"))
    images, labels = digits()
    images = images.repeat_interleave(4, 2).repeat_interleave(4, 3)[..., 2:30, 2:30]
    assert np.isfinite(list(generator.train_epoch(images, labels).values())).all()
    generator.finish(images, labels)
    assert generator.sample(range(5), 2).shape == (5, 28, 28, 1)
