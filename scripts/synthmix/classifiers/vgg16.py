"""VGG16 (Simonyan and Zisserman 2014, https://arxiv.org/abs/1409.1556), cut in two.

The frozen part turns images into features once; the trainable part, the last convolutional
layers and new dense layers, is what every training trains.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torchvision.models import VGG16_Weights, vgg16

IMAGENET_URL = VGG16_Weights.IMAGENET1K_V1.url
MEAN = (0.485, 0.456, 0.406)
STANDARD_DEVIATION = (0.229, 0.224, 0.225)
STRIDE = 32
POOLED_SIZE = 7


def random_weights() -> dict[str, torch.Tensor]:
    """Return random weights of the convolutional layers, from which the dense ones can learn.

    They are drawn as He et al. (2015) do, from torch's global random numbers, which the caller
    seeds. The filters behind the first layer are then centred (Huang et al. 2017, "Centered
    Weight Normalization"): inputs behind a ReLU are positive, so that filters with a mean of
    their own give every image nearly the same features.
    """
    features = _features()
    first, *rest = (layer for layer in features if isinstance(layer, nn.Conv2d))
    for layer in (first, *rest):
        nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
        nn.init.zeros_(layer.bias)
    for layer in rest:
        layer.weight.data -= layer.weight.data.mean((1, 2, 3), keepdim=True)
    return features.state_dict()


def pick_weights(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the weights of the convolutional layers from a state dict of torchvision's VGG16.

    Raises ValueError when a layer is missing or has another shape.
    """
    own = {key.removeprefix("features."): value for key, value in state.items()}
    picked = {}
    for name, expected in _features().state_dict().items():
        if name not in own:
            raise ValueError(f"features.{name} is missing")
        if own[name].shape != expected.shape:
            raise ValueError(
                f"features.{name} has shape {tuple(own[name].shape)}, not {tuple(expected.shape)}"
            )
        picked[name] = own[name].float()
    return picked


def frozen_part(weights: dict[str, torch.Tensor], unfrozen_layers: int) -> nn.Module:
    """Return the layers before the last `unfrozen_layers` convolutional ones.

    It takes images (N, 3, S, S), normalised by `MEAN` and `STANDARD_DEVIATION`.
    """
    features = _loaded(weights)[: _boundary(unfrozen_layers)]
    return features.eval().requires_grad_(False)


def trainable_part(
    weights: dict[str, torch.Tensor],
    unfrozen_layers: int,
    input_size: int,
    dense_layers: Sequence[int],
    dropout: float,
    classes: int,
) -> nn.Module:
    """Return the layers that are trained: from the frozen part's features to logits (N, classes).

    The dense layers are new, drawn from torch's global random numbers. They see 7 x 7 places of
    an image of 224 x 224 pixels, as in VGG16, and fewer of a smaller one.
    """
    spatial = input_size // STRIDE
    # not torchvision's adaptive pooling: its gradient on a GPU is not deterministic
    window = max(1, spatial // POOLED_SIZE)
    layers: list[nn.Module] = [
        *_loaded(weights)[_boundary(unfrozen_layers) :],
        nn.AvgPool2d(window),
        nn.Flatten(),
    ]
    width = 512 * (spatial // window) ** 2
    for dense in dense_layers:
        layers += [nn.Linear(width, dense), nn.ReLU(), nn.Dropout(dropout)]
        width = dense
    return nn.Sequential(*layers, nn.Linear(width, classes))


def _features() -> nn.Sequential:
    """Return the convolutional layers with memory for weights, not yet filled."""
    with torch.device("meta"):
        network = vgg16(weights=None, init_weights=False)
    return network.features.to_empty(device="cpu")


def _loaded(weights: dict[str, torch.Tensor]) -> nn.Sequential:
    features = _features()
    features.load_state_dict(weights)
    for layer in features:
        if isinstance(layer, nn.ReLU):
            layer.inplace = False  # the input of a trained layer must stay as it is
    return features


def _boundary(unfrozen_layers: int) -> int:
    """Return the index of the first trained layer among the convolutional ones."""
    convolutions = [i for i, layer in enumerate(_features()) if isinstance(layer, nn.Conv2d)]
    return [*convolutions, len(_features())][len(convolutions) - unfrozen_layers]
