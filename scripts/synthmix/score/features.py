"""The networks whose features are compared: FID's, one of our own, or one that classifiers have.

All are modules with a number of features `dims` that turn images (N, C, H, W), uint8, grey or
RGB, into features (N, dims), float32.
"""

import pickle
from pathlib import Path
from unittest.mock import patch

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from synthmix.errors import UserError
from synthmix.networks.build import build_network, load_backbone
from synthmix.networks.inputs import to_inputs
from synthmix.networks.plan import LINEAR, input_size_of
from synthmix.score.own_network import OwnFeatures
from synthmix.score.settings import INCEPTION, OWN

ADVICE = (
    "set scores: weights: to pretrained or to the path of pytorch-fid's file, or network: to own or"
    " to efficientnet_lite0"
)
# as settings of a classifier of which nothing is trained
_FROZEN = {
    "input_scaling": "network",
    "pooling": "average",
    "dense_layers": [],
    "dropout": 0.0,
    "head": LINEAR,
}


class InceptionFeatures(nn.Module):
    """The Inception network of FID (Heusel et al. 2017, https://arxiv.org/abs/1706.08500).

    Images are resized to 299 x 299 and scaled within pytorch-fid's network; a grey image is
    given to all three channels.
    """

    dims = 2048

    def __init__(self, state: dict[str, torch.Tensor]) -> None:
        """Build the network with the weights `state`, under pytorch-fid's names."""
        # it takes as long to import as torch itself, which most jobs that score would wait for
        from pytorch_fid import inception

        super().__init__()
        # pytorch-fid gets its weights within the constructor: hand it ours
        with patch.object(inception, "load_state_dict_from_url", lambda *_, **__: state):
            self.network = inception.InceptionV3()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the features of images (N, 1 or 3, H, W), uint8."""
        return self.network(images.expand(-1, 3, -1, -1).float() / 255)[0].flatten(1)


class ClassifierFeatures(nn.Module):
    """The mean of each channel of the last layer of a network that classifiers have.

    Images are resized, to what the network was made for unless told otherwise, and normalised as
    its weights were trained; a grey image is given to all three channels.
    """

    def __init__(self, network: str, weights: str | Path, input_size: int | None) -> None:
        """Build `network` with the file `weights` that `fetch_weights` wrote."""
        super().__init__()
        settings = _FROZEN | {"network": network, "input_size": input_size}
        self.input_size = input_size_of(settings)
        built = build_network(settings, (3, self.input_size, self.input_size), classes=2)
        load_backbone(built, load_file(weights))
        self.network, _ = built, built.cut(0)
        self.dims = built.head[0].in_features

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the features of images (N, 1 or 3, H, W), uint8."""
        inputs = to_inputs(images, self.network, self.input_size, images.device)
        return self.network.pooling(self.network.layers(inputs))


def load_network(
    weights: str | Path, network: str, device: torch.device, input_size: int | None = None
) -> nn.Module:
    """Return `network` with the file `weights`, ready to be used on `device`.

    One that classifiers have sees images at `input_size` pixels, or at what it was made for.
    Raises UserError when the file can't be read or doesn't fit.
    """
    if network == OWN:
        return OwnFeatures.load(weights).to(device).eval()
    if network != INCEPTION:
        return ClassifierFeatures(network, weights, input_size).to(device).eval()
    state = _read(Path(weights))
    try:
        inception = InceptionFeatures(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise UserError(
            f"{weights} does not fit pytorch-fid's Inception network; {ADVICE} ({error})"
        ) from error
    return inception.to(device).eval()


def _read(file: Path) -> dict[str, torch.Tensor]:
    """Read a file of weights; a pickle is read for its tensors alone, none of its code runs."""
    if not file.is_file():
        raise UserError(f"there is no file {file} of Inception weights; {ADVICE}")
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        return torch.load(file, map_location="cpu", weights_only=True)
    except (SafetensorError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UserError(f"{file} can't be read as weights; {ADVICE} ({error})") from error
