"""Feature maps are those of the layers, and heat maps lie where the network looks."""

import pytest
import torch
from torch import nn

from synthmix.classify.inspect import feature_maps, grad_cam
from synthmix.networks.base import Network


class MeanOverPlaces(nn.Module):
    def forward(self, maps):
        return maps.flatten(2).mean(2)


def picture_network():
    """Two layers on one channel; the second works in place on what the first puts out."""
    torch.manual_seed(0)
    first = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3))
    second = nn.Sequential(nn.ReLU(inplace=True), nn.MaxPool2d(2))
    head = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 2))
    return Network(nn.Sequential(first, second), MeanOverPlaces(), head, channels=1)


def looking_network(convolution):
    """A network whose class 1 is bright and whose class 0 is nothing."""
    layer = convolution(1, 2, 1, bias=False)
    head = nn.Sequential(nn.Linear(2, 2, bias=False))
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([1.0, -1.0]).view_as(layer.weight))
        head[0].weight.copy_(torch.tensor([[0.0, 0.0], [1.0, 0.0]]))
    return Network(nn.Sequential(layer), MeanOverPlaces(), head, channels=1)


def test_there_are_maps_of_each_layer():
    network = picture_network().eval()
    images = torch.randn(2, 1, 8, 8)
    first, second = feature_maps(network, images)
    assert torch.equal(first, network.layers[0](images))
    assert first.min() < 0  # not changed by the layer behind, which works in place
    assert torch.equal(second, network.layers(images))
    assert second.shape == (2, 3, 4, 4)


@pytest.mark.parametrize("inspect", [feature_maps, lambda net, x: grad_cam(net, x, 0)])
def test_looking_changes_nothing(inspect):
    network = picture_network().train()
    network.layers[0].eval()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    inspect(network, torch.randn(2, 1, 8, 8))
    assert network.training
    assert not network.layers[0].training
    assert all(parameter.grad is None for parameter in network.parameters())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("convolution", "shape"), [(nn.Conv2d, (6, 8)), (nn.Conv3d, (4, 6, 8))], ids=["2D", "3D"]
)
def test_heat_lies_where_the_class_is_seen(convolution, shape):
    images = torch.zeros(2, 1, *shape)
    first, second = (1,) * len(shape), (2,) * len(shape)
    images[(0, 0, *first)] = 5
    images[(1, 0, *second)] = 3
    heat = grad_cam(looking_network(convolution), images, 1)
    assert heat.shape == (2, *shape)
    expected = torch.zeros(2, *shape)
    expected[(0, *first)] = expected[(1, *second)] = 1
    assert torch.allclose(heat, expected)


def test_nothing_speaks_for_a_class_without_weights():
    images = torch.rand(1, 1, 4, 4)
    assert not grad_cam(looking_network(nn.Conv2d), images, 0).any()


def test_each_image_can_have_its_own_class():
    network, images = picture_network(), torch.randn(3, 1, 8, 8)
    together = grad_cam(network, images, torch.tensor([0, 1, 0]))
    for position, label in enumerate((0, 1, 0)):
        alone = grad_cam(network, images[position : position + 1], label)
        assert torch.allclose(together[position], alone[0], atol=1e-6)


def test_heat_is_that_of_the_formula():
    network = picture_network().eval()
    network.head[1].weight.data[1] = torch.tensor([1.0, -0.5, 2.0])
    images = torch.randn(1, 1, 8, 8)
    maps = network.layers(images)[0]  # (3, 4, 4); the head is linear in their means
    weights = network.head[1].weight[1] / maps[0].numel()
    heat = (weights[:, None, None] * maps).sum(0).relu()
    shown = grad_cam(network, images, 1)[0]
    up = nn.functional.interpolate(heat[None, None], (8, 8), mode="bilinear")[0, 0]
    assert torch.allclose(shown, up / up.max(), atol=1e-5)
