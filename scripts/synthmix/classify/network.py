"""Building the network of a classifier, and the file that a trained one is kept in.

The file holds the weights that were trained; what was frozen lies in the file of starting weights,
which many classifiers share. Its metadata say what the network is.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from synthmix.errors import UserError
from synthmix.files import write_beside
from synthmix.networks.base import Network
from synthmix.networks.build import build_network, load_backbone
from synthmix.networks.plan import input_size_of, unfrozen_of

# one key: of several the order, and with it the bytes of the file, would differ from run to run
HEADER_KEY = "synthmix_classifier"
PICTURE_AXES = 3


@dataclass(frozen=True)
class Header:
    """What the file of a trained classifier says of it."""

    settings: Mapping[str, Any]
    classes: Sequence[str]
    image_shape: Sequence[int]
    """Of the images it was trained on: (C, H, W), of volumes (1, X, Y, Z)."""
    weights: str | None
    """The name of the starting weights, None where all of it was trained."""


def new_network(settings: Mapping[str, Any], image_shape: Sequence[int], classes: int) -> Network:
    """Return a network with random weights for images of `image_shape`, as `to_tensor` makes them.

    Raises UserError where images are too small for it or it has fewer layers than are unfrozen.
    """
    size = input_size_of(settings)
    resized = len(image_shape) == PICTURE_AXES and size is not None
    shape = (image_shape[0], size, size) if resized else tuple(image_shape)
    try:
        unfrozen_of(settings)
        return build_network(settings, shape, classes)
    except ValueError as error:
        raise UserError(f"classifier: {error}") from None


def save_trained(path: str | Path, network: Network, unfrozen_layers: int, header: Header) -> None:
    """Write the trained weights of `network`, named as in the whole of it."""
    metadata = {HEADER_KEY: json.dumps(vars(header), sort_keys=True)}
    with write_beside(path) as temporary:
        save_file(trained_state(network, unfrozen_layers), temporary, metadata)


def trained_state(network: Network, unfrozen_layers: int) -> dict[str, torch.Tensor]:
    """Return a copy on the CPU of all but the frozen weights."""
    frozen = len(network.layers) - unfrozen_layers
    return {
        name: tensor.detach().cpu().clone().contiguous()
        for name, tensor in network.state_dict().items()
        if not (name.startswith("layers.") and int(name.split(".")[1]) < frozen)
    }


def load_trained(network: Network, state: Mapping[str, torch.Tensor]) -> None:
    """Put trained weights into `network`; raises UserError where they are not of this one."""
    try:
        unexpected = network.load_state_dict(state, strict=False).unexpected_keys
    except RuntimeError as error:
        unexpected = [str(error)]
    if unexpected:
        raise UserError(f"these are not weights of this network: {unexpected[0]}")


def load_starting_weights(network: Network, name: str, path: str | Path) -> None:
    """Put the starting weights in the file `path` into the layers of `network`, called `name`.

    Raises UserError where they are of another network, or the file is not whole.
    """
    try:
        load_backbone(network, load_file(path))
    except (ValueError, SafetensorError) as error:
        raise UserError(
            f"{path} is not the weights of {name} that this classifier starts from ({error}): "
            f"remove the file, so that it is made anew, or set the classifier's weights or network"
        ) from error


def read_header(path: str | Path) -> Header:
    """Return what the file of a trained classifier says of it; raises UserError for another."""
    with safe_open(path, "pt") as file:
        text = (file.metadata() or {}).get(HEADER_KEY)
    if text is None:
        raise UserError(f"{path} is no classifier that was trained here")
    return Header(**json.loads(text))


def load_network(model: str | Path, weights: Mapping[str, str | Path]) -> tuple[Network, Header]:
    """Return the trained network in the file `model`, in evaluation mode, and its header.

    `weights` are files of starting weights by name, that of this classifier among them.
    """
    header = read_header(model)
    network = new_network(header.settings, header.image_shape, len(header.classes))
    if header.weights is not None:
        load_starting_weights(network, header.settings["network"], weights[header.weights])
    load_trained(network, load_file(model))
    return network.eval(), header
