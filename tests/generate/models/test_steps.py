import copy
import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from synthmix.errors import UserError
from synthmix.generate.models.steps import StepLosses, full_batches, parts_of, take_step
from synthmix.registry import GENERATORS, load_generator_settings
from tiny_generators import build_tiny

IN_PARTS = [name for name in GENERATORS if load_generator_settings(name).works_in_parts]


def test_batches_are_of_one_size_and_have_each_row_once():
    torch.manual_seed(0)
    batches = full_batches(10, 4)
    assert [len(batch) for batch in batches] == [4, 4]
    assert len(torch.cat(batches).unique()) == 8
    assert sorted(full_batches(3, 64)[0].tolist()) == [0, 1, 2]


@pytest.mark.parametrize("parts", [2, 3])
def test_a_step_in_parts_is_the_step_on_the_whole(parts):
    torch.manual_seed(0)
    inputs, targets = torch.randn(7, 3), torch.randn(7, 1)
    whole = nn.Linear(3, 1)
    other = copy.deepcopy(whole)

    def step(network, parts):
        def loss_of(inputs, targets):
            return (network(inputs) - targets).square().mean()

        optimizer = torch.optim.SGD(network.parameters(), 0.1)
        return take_step(optimizer, parts_of(parts, inputs, targets), 7, loss_of)

    torch.testing.assert_close(step(other, parts), step(whole, 1))
    torch.testing.assert_close(other.weight, whole.weight)
    assert (whole.weight.grad != 0).all()


def sizes(*arguments):
    return [tuple(len(tensor) for tensor in part) for part in parts_of(*arguments)]


def test_a_part_has_two_images_at_least():
    assert sizes(8, torch.zeros(5)) == [(3,), (2,)]
    assert sizes(8, torch.zeros(1)) == [(1,)]


def test_a_shorter_tensor_does_not_make_the_parts_larger():
    assert sizes(4, torch.zeros(8), torch.zeros(8)) == [(2, 2)] * 4
    assert sizes(4, torch.zeros(8), torch.zeros(7)) == [(2, 7), (2, 0), (2, 0), (2, 0)]


def test_gradients_reach_the_named_parameters_alone():
    one, two = nn.Linear(1, 1), nn.Linear(1, 1)
    optimizer = torch.optim.SGD(one.parameters(), 0.1)
    seen = []
    take_step(
        optimizer,
        [(torch.ones(1, 1),)],
        1,
        lambda part: two(one(part)).sum(),
        list(one.parameters()),
        lambda: seen.append(one.weight.grad.clone()),
    )
    assert two.weight.grad is None
    torch.testing.assert_close(seen[0], two.weight.detach())


def test_the_step_at_which_a_loss_broke_is_named():
    losses = StepLosses()
    for value in (1.0, 2.0, float("inf"), float("nan")):
        losses.add(critic_loss=torch.tensor(value), fine_loss=torch.tensor(1.0))
    with pytest.raises(UserError, match="critic_loss is not finite at step 3 of 4"):
        losses.means()


def test_the_means_are_over_the_steps_that_had_the_loss():
    losses = StepLosses()
    losses.add(one_loss=torch.tensor(1.0), other_loss=torch.tensor(5.0))
    losses.add(one_loss=torch.tensor(2.0))
    assert losses.means() == {"one_loss": 1.5, "other_loss": 5.0}


def largest_batch(generator, images, labels):
    """Train as far as images are learned; return the most images that a layer was given at once."""
    seen = []

    def look(_, given, __):
        seen.extend(len(tensor) for tensor in given if tensor.dim() == 4)

    for network in generator.training_parts().values():
        for module in network.children() if isinstance(network, nn.Module) else ():
            module.register_forward_hook(look)
    for epoch in range(generator.settings.first_scored_epoch):
        torch.manual_seed(epoch)
        losses = generator.train_epoch(images, labels)
        assert all(torch.isfinite(torch.tensor(value)) for value in losses.values())
    return max(seen)


@pytest.mark.parametrize("name", IN_PARTS)
def test_every_generator_that_can_works_through_a_batch_in_parts(name):
    torch.manual_seed(0)
    images = torch.randint(256, (24, 1, 32, 32), dtype=torch.uint8)
    labels = torch.arange(24) % 2
    seen = {}
    for parts in (1, 4):
        generator = build_tiny(name, batch_size=8, accumulation_steps=parts)
        seen[parts] = largest_batch(generator, images, labels % generator.classes)
    assert seen[4] <= seen[1] / 4
    assert generator.images_seen >= 24


NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("images", [2, 9, 17])
def test_batch_norm_is_given_no_image_alone_whatever_is_left_of_a_batch(name, images):
    torch.manual_seed(0)
    generator, seen = build_tiny(name, batch_size=8), []
    for network in generator.training_parts().values():
        for module in network.modules() if isinstance(network, nn.Module) else ():
            if isinstance(module, NORMS):
                module.register_forward_hook(lambda _, given, __: seen.append(len(given[0])))
    count = images * generator.classes
    data = torch.randint(256, (count, 1, 32, 32), dtype=torch.uint8)
    for _ in range(generator.settings.first_scored_epoch):
        losses = generator.train_epoch(data, torch.arange(count) % generator.classes)
        assert all(map(math.isfinite, losses.values()))
    assert min(seen, default=2) >= 2


@pytest.mark.parametrize("size", [16, 32])
def test_deepsmote_trains_in_parts_on_a_class_of_two(size):
    images = torch.randint(256, (18, 1, size, size), dtype=torch.uint8)
    labels = torch.tensor([0] * 16 + [1] * 2)
    generator = build_tiny("deepsmote", size, batch_size=16, accumulation_steps=8)
    for _ in range(6):
        losses = generator.train_epoch(images, labels)
    assert all(torch.isfinite(torch.tensor(value)) for value in losses.values())
    assert len(np.unique(generator.sample(range(5), 1), axis=0)) == 5


def test_parts_too_small_for_two_images_are_refused():
    settings = load_generator_settings("dcgan")
    with pytest.raises(ValidationError, match="leaves fewer than two images for each of 4 parts"):
        settings(model="dcgan", epochs=1, batch_size=7, accumulation_steps=2, devices=2)
    assert settings(model="dcgan", epochs=1, batch_size=1)


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("setting", ["devices", "accumulation_steps"])
def test_parts_are_for_generators_that_work_in_parts(name, setting):
    kind = load_generator_settings(name)
    given = {"epochs": 1, **kind.tiny, "model": name, "batch_size": 8, setting: 2}
    if kind.works_in_parts:
        assert getattr(kind(**given), setting) == 2
    else:
        with pytest.raises(ValidationError, match=f"in parts: leave out {setting}"):
            kind(**given)
