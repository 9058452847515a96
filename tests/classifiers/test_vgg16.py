import pytest
import torch
from torch import nn
from torchvision.models import vgg16 as torchvision_vgg16

from synthmix.classifiers import vgg16


@pytest.fixture(scope="module")
def weights():
    torch.manual_seed(0)
    return vgg16.random_weights()


def whole(weights, unfrozen_layers, input_size=64):
    torch.manual_seed(1)
    return (
        vgg16.frozen_part(weights, unfrozen_layers),
        vgg16.trainable_part(weights, unfrozen_layers, input_size, [16], 0.5, 2).eval(),
    )


def convolutions(module):
    return [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]


@pytest.mark.parametrize("unfrozen", [0, 1, 3, 13])
def test_the_cut_leaves_so_many_convolutional_layers_to_train(weights, unfrozen):
    frozen, trained = whole(weights, unfrozen)
    assert len(convolutions(trained)) == unfrozen
    assert len(convolutions(frozen)) == 13 - unfrozen
    assert not any(parameter.requires_grad for parameter in frozen.parameters())
    assert all(parameter.requires_grad for parameter in trained.parameters())


def test_where_it_is_cut_changes_no_result(weights):
    images = torch.randn(2, 3, 64, 64)
    results = [
        trained(frozen(images)) for frozen, trained in (whole(weights, n) for n in (0, 2, 13))
    ]
    for result in results[1:]:
        torch.testing.assert_close(result, results[0])


def test_the_convolutional_layers_are_torchvisions(weights):
    with torch.device("meta"):
        reference = torchvision_vgg16(weights=None, init_weights=False)
    reference = reference.features.to_empty(device="cpu")
    reference.load_state_dict(weights)
    images = torch.randn(1, 3, 64, 64)
    torch.testing.assert_close(vgg16.frozen_part(weights, 0)(images), reference(images))


@pytest.mark.parametrize(("input_size", "inputs"), [(224, 25088), (64, 2048), (32, 512)])
def test_the_dense_layers_see_what_the_input_size_leaves(weights, input_size, inputs):
    _, trained = whole(weights, 0, input_size)
    dense = [layer for layer in trained if isinstance(layer, nn.Linear)]
    assert [layer.in_features for layer in dense] == [inputs, 16]
    assert dense[-1].out_features == 2


def test_weights_of_the_whole_network_fit_and_others_do_not(weights):
    state = {f"features.{name}": value for name, value in weights.items()}
    picked = vgg16.pick_weights(state | {"classifier.0.weight": torch.zeros(1)})
    assert set(picked) == set(weights)
    with pytest.raises(ValueError, match=r"features\.28\.bias is missing"):
        vgg16.pick_weights({k: v for k, v in state.items() if k != "features.28.bias"})
    with pytest.raises(ValueError, match=r"features\.0\.weight has shape \(1,\)"):
        vgg16.pick_weights(state | {"features.0.weight": torch.zeros(1)})


def test_features_of_random_weights_tell_images_apart(weights):
    torch.manual_seed(2)
    images = torch.rand(16, 3, 64, 64)
    features = vgg16.frozen_part(weights, 0)(images).flatten(1)
    # with filters that have a mean of their own it is 0.08 of it
    shared = features.mean(0)
    assert (features - shared).norm(dim=1).mean() > 0.2 * shared.norm()
