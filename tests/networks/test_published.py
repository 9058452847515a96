import pytest
import torch

from synthmix.networks.published import pick_weights
from synthmix.registry import load_classifier


def published(network):
    return load_classifier(network).PUBLISHED[network]


def whole(network):
    """Return the library's own state dict, without memory."""
    with torch.device("meta"):
        return published(network).build().state_dict()


@pytest.mark.parametrize(
    "network", ["vgg16", "resnet50", "squeezenet1_1", "efficientnet_b0", "efficientnet_lite0"]
)
def test_every_weight_but_those_of_the_dense_layers_is_picked(network):
    state = whole(network)
    body = [name for name in state if not name.startswith(("fc.", "classifier."))]
    assert len(pick_weights(published(network), state)) == len(body)


def test_of_the_auxiliary_head_all_but_the_last_layer_is_picked_if_it_is_there():
    state = whole("inception_v3")
    picked = pick_weights(published("inception_v3"), state)
    left = len(state) - len(picked)
    assert left == len({"fc.weight", "fc.bias", "AuxLogits.fc.weight", "AuxLogits.fc.bias"})
    body = {
        name: value for name, value in state.items() if not name.startswith(("AuxLogits", "fc"))
    }
    picked = pick_weights(published("inception_v3"), body)
    assert len(picked) == len(body)
    assert not any(name.startswith("auxiliary") for name in picked)


def test_weights_that_do_not_fit_are_named():
    state, vgg16 = whole("vgg16"), published("vgg16")
    with pytest.raises(ValueError, match=r"features\.28\.bias is missing"):
        pick_weights(vgg16, {k: v for k, v in state.items() if k != "features.28.bias"})
    with pytest.raises(ValueError, match=r"features\.0\.weight has shape \(1,\), not \(64, 3, "):
        pick_weights(vgg16, state | {"features.0.weight": torch.zeros(1)})


def test_weights_of_a_deeper_network_are_not_taken_for_a_part_of_it():
    with pytest.raises(ValueError, match=r"layer1\.2\.conv1\.weight is of no layer"):
        pick_weights(published("resnet18"), whole("resnet34"))


def test_old_files_have_no_counters_of_batch_norm():
    state = {k: v for k, v in whole("resnet18").items() if "num_batches_tracked" not in k}
    assert pick_weights(published("resnet18"), state)["layers.0.1.num_batches_tracked"] == 0


def test_half_precision_weights_are_made_whole():
    state = {name: value.half() for name, value in whole("squeezenet1_1").items()}
    picked = pick_weights(published("squeezenet1_1"), state)
    assert {value.dtype for value in picked.values()} == {torch.float32}
