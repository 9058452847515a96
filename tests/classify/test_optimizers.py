import pytest
import torch
from torch import nn

from synthmix.classify.optimizers import build_optimizer
from synthmix.networks.base import Network

SETTINGS = {
    "optimizer": "adam",
    "learning_rate": 0.1,
    "layer_learning_rate_decay": 1.0,
    "momentum": 0.0,
    "weight_decay": 0.0,
}


def convolution():
    return nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2))


def trained_part(unfrozen=2, auxiliary=False):
    network = Network(
        nn.Sequential(*[convolution() for _ in range(3)]),
        nn.Flatten(),
        nn.Sequential(nn.Linear(8, 4), nn.Linear(4, 2)),
        channels=2,
        auxiliary=nn.Sequential(nn.Flatten(), nn.Linear(8, 2)) if auxiliary else None,
        auxiliary_after=1 if auxiliary else None,
    )
    return network.cut(unfrozen)[1]


def groups_of(trained, **changes):
    """The learning rate and weight decay of each parameter by its name."""
    optimizer = build_optimizer(SETTINGS | changes, trained)
    of_tensor = {
        id(parameter): (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    return {name: of_tensor[id(parameter)] for name, parameter in trained.named_parameters()}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("adam", torch.optim.Adam),
        ("adamw", torch.optim.AdamW),
        ("sgd", torch.optim.SGD),
        ("rmsprop", torch.optim.RMSprop),
    ],
)
def test_a_step_changes_what_is_trained(name, kind):
    torch.manual_seed(0)
    trained = trained_part()
    optimizer = build_optimizer(SETTINGS | {"optimizer": name}, trained)
    before = [parameter.detach().clone() for parameter in trained.parameters()]
    sum(parameter.sum() for parameter in trained.parameters()).backward()
    optimizer.step()

    assert type(optimizer) is kind
    assert len(optimizer.param_groups) == 1
    for old, new in zip(before, trained.parameters(), strict=True):
        assert (old > new).all()


def test_weights_decay_and_biases_and_batch_norms_do_not():
    groups = groups_of(trained_part(), weight_decay=0.01)
    decayed = {name for name, (_, decay) in groups.items() if decay == 0.01}

    assert decayed == {"layers.1.0.weight", "layers.2.0.weight", "head.0.weight", "head.1.weight"}
    assert {decay for _, decay in groups.values()} == {0.01, 0.0}


def test_learning_rates_fall_towards_the_input():
    groups = groups_of(trained_part(3, auxiliary=True), layer_learning_rate_decay=0.5)
    rates = {name.rsplit(".", 2)[0]: rate for name, (rate, _) in groups.items()}

    assert rates == pytest.approx(
        {"head": 0.1, "auxiliary": 0.1, "layers.2": 0.05, "layers.1": 0.025, "layers.0": 0.0125}
    )


@pytest.mark.parametrize("name", ["sgd", "rmsprop"])
def test_momentum_and_decay_arrive(name):
    optimizer = build_optimizer(
        SETTINGS | {"optimizer": name, "momentum": 0.9, "weight_decay": 0.1}, trained_part()
    )
    assert {group["momentum"] for group in optimizer.param_groups} == {0.9}


def test_the_l2_penalty_of_keras_is_half_as_large():
    """A step of SGD on nothing but l2(0.001) = 0.001 * sum of squares."""
    trained = trained_part(0)
    weight = trained.head[0].weight
    expected = weight.detach() - 0.1 * 2 * 0.001 * weight.detach()
    optimizer = build_optimizer(SETTINGS | {"optimizer": "sgd", "weight_decay": 0.002}, trained)
    sum(0 * parameter.sum() for parameter in trained.parameters()).backward()
    optimizer.step()

    torch.testing.assert_close(weight.detach(), expected)


def test_rmsprop_steps_as_keras():
    """The first step divides the gradient g by sqrt(0.1 * g**2)."""
    trained = trained_part(0)
    before = trained.head[1].bias.detach().clone()
    optimizer = build_optimizer(SETTINGS | {"optimizer": "rmsprop"}, trained)
    (3 * trained.head[1].bias).sum().backward()
    optimizer.step()

    torch.testing.assert_close(
        before - trained.head[1].bias.detach(), torch.full((2,), 0.1 / 0.1**0.5)
    )
