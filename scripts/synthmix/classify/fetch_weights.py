"""The weights a classifier starts from: downloaded, installed, random, or the user's own."""

import contextlib
import logging
import pickle
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from synthmix.acquire.download import RemoteFile
from synthmix.acquire.torch_hub import download_weights
from synthmix.errors import UserError
from synthmix.files import copy_file, expanded, write_beside
from synthmix.networks.base import Weights
from synthmix.networks.build import require_weights_of
from synthmix.networks.plan import DOWNLOADED, IMAGENET, ORIGINAL, PRETRAINED, is_downloaded
from synthmix.networks.published import (
    InstalledWeights,
    Published,
    pick_weights,
    published_backbone,
)
from synthmix.networks.random_weights import random_weights
from synthmix.registry import CLASSIFIERS, family_of, load_classifier
from synthmix.seeds import derive_seed

LOGGER = logging.getLogger(__name__)


def fetch_weights(
    network: str, weights: str, output: str | Path, seed: int, kept: str | Path | None = None
) -> None:
    """Write the starting weights of the layers of `network`, as safetensors.

    `weights` is "imagenet" or "imagenet_original" (downloaded from torchvision's address and
    checked, or read from an installed package), "none" (drawn from `seed`) or the path of a
    .safetensors or .pth file with the names of the network's library. What is written has the
    names of a `synthmix.networks.base.Network`, `layers.*` and `auxiliary.*`, for
    `synthmix.networks.build.load_backbone`. A rehearsal downloads nothing: it takes the
    file `kept` of an earlier run, and random ones where that is not there. Raises UserError when
    they can't be had.
    """
    if kept is not None and is_downloaded({"network": network, "weights": weights}):
        if Path(kept).is_file():
            _require_weights_of(network, kept)
            copy_file(kept, output)
            return
        LOGGER.warning("%s are stood in for by random weights of %s: no %s", weights, network, kept)
        weights = "none"
    torch.manual_seed(derive_seed("classifier weights", network, seed))
    state = (_of_family if family_of(network) else _of_library)(network, weights)
    with write_beside(output) as temporary:
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, temporary)


def _of_library(network: str, weights: str) -> Weights:
    """Return the weights of a network that has an entry of its own."""
    published = _published(network)
    installed = _installed(published, weights)
    if weights == "none":
        LOGGER.info("weights: none: random weights of %s", network)
        return random_weights(published)
    if installed:
        LOGGER.info("weights: %s: of the package %s", weights, installed.package)
        return _of_package(network, installed)
    if weights in DOWNLOADED:
        url = _url(published, weights)
        LOGGER.info("weights: %s: from %s", weights, url)
        return _download(network, url)
    LOGGER.info("weights: from %s", weights)
    return _pick(network, _read(expanded(weights)), weights)


def _of_family(network: str, weights: str) -> Weights:
    """Return the weights of a network of timm."""
    module = load_classifier(network)
    LOGGER.info("weights of %s: %s", network, weights)
    if weights == "none":
        return module.random_starting_weights(network)
    if weights == PRETRAINED:
        return module.starting_weights(network, None)
    file = expanded(weights)
    _require_file(file)
    return module.starting_weights(network, file)


def _require_weights_of(network: str, kept: str | Path) -> None:
    """Raise UserError unless the file `kept` has the weights of the layers of `network`."""
    with torch.device("meta"):
        if family_of(network):
            layers = load_classifier(network).layers_of(network)
        else:
            layers = published_backbone(_published(network)).layers
    try:
        state = load_file(kept)
        own = {n.removeprefix("layers."): t for n, t in state.items() if n.startswith("layers.")}
        require_weights_of(layers, own)
    except (ValueError, SafetensorError) as error:
        raise UserError(
            f"{kept} is not the weights of {network} that classifiers start from ({error}): remove "
            f"the file, so that it is fetched anew, or set weights: of the classifiers to the path "
            f"of another"
        ) from error


def remote_file(network: str, weights: str = IMAGENET) -> RemoteFile:
    """Return the file of the ImageNet `weights` of `network`, at its address.

    Raises UserError where there are none.
    """
    if family_of(network):
        return load_classifier(network).remote_file(network)
    url = _url(_published(network), weights)
    return RemoteFile(url, PurePosixPath(urlsplit(url).path).name)


def _published(network: str) -> Published:
    published = getattr(load_classifier(network), "PUBLISHED", {})
    if network not in published:
        raise UserError(
            f"network: there are no weights for {network}, whose layers its settings make; it is "
            f"trained from random ones: set weights: none"
        )
    return published[network]


def _installed(published: Published, weights: str) -> InstalledWeights | None:
    """Return what tells the weights of an installed package, if these are."""
    found = published.weights if weights == IMAGENET else None
    return found if isinstance(found, InstalledWeights) else None


def _of_package(network: str, installed: InstalledWeights) -> Weights:
    try:
        file = installed.file()
    except FileNotFoundError as error:
        raise UserError(
            f"weights: {IMAGENET} of {network} come with the Python package {installed.package}, "
            f"which is not installed: install it, or set weights: none to start from random ones"
        ) from error
    return _pick(network, installed.named(_read(file)), str(file))


def _url(published: Published, weights: str) -> str:
    return published.original.url if weights == ORIGINAL else published.weights


def _download(network: str, url: str) -> Weights:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "weights.pth"
        otherwise = (
            "set weights: to the path of that file in the classifier's settings, or weights: none"
            " to start from random ones"
        )
        download_weights(url, file, "ImageNet", otherwise)
        return _pick(network, _read(file), url)


def _read(file: Path) -> Weights:
    """Read a file of weights; a pickle is read for its tensors alone, none of its code runs."""
    _require_file(file)
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        state = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        # torch's own message advises to read such a file all the same
        raise UserError(
            f"weights: {file} holds more than weights, such as code or a whole model, and none of "
            f"it was run: save its state_dict() alone, or as .safetensors"
        ) from None
    except Exception as error:  # a broken file fails in any way
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise UserError(f"weights: {file} can't be read as weights: {reason}") from error
    return _only_weights(state, file)


def _require_file(file: Path) -> None:
    if not file.is_file():
        raise UserError(
            f"weights: there is no file {file}; it may be imagenet, none or the path of a "
            f".safetensors or .pth file"
        )


def _only_weights(state: Any, file: Path) -> Weights:
    """Return `state` where it is a mapping of names to tensors; raises UserError."""
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    if not isinstance(state, Mapping) or not all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in state.items()
    ):
        raise UserError(
            f"weights: {file} is no mapping of names to tensors, as state_dict() of a network is"
        )
    # as it was saved from several devices
    return {name.removeprefix("module."): value for name, value in state.items()}


def _pick(network: str, state: Weights, source: str) -> Weights:
    try:
        return pick_weights(_published(network), state)
    except (ValueError, AttributeError, TypeError) as error:
        others = _networks_of(state)
        guess = f". These look like weights of {' or '.join(others)}" if others else ""
        raise UserError(
            f"weights: {source} does not fit the network {network}: {error}{guess}"
        ) from error


def _networks_of(state: Weights) -> list[str]:
    """Return the networks whose weights `state` are, as far as can be told."""
    found = []
    for name in CLASSIFIERS:
        published = getattr(load_classifier(name), "PUBLISHED", {})
        with contextlib.suppress(ValueError, AttributeError, TypeError):
            if name in published and pick_weights(published[name], state):
                found.append(name)
    return found
