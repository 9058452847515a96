"""A network of timm (https://github.com/huggingface/pytorch-image-models) by its name there."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import timm
import torch
from huggingface_hub import hf_hub_url
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from synthmix.acquire.download import RemoteFile
from synthmix.errors import UserError
from synthmix.network_costs import Cost, LayerCost
from synthmix.networks.base import Backbone, Weights
from synthmix.networks.facts import NetworkFacts
from synthmix.networks.of_timm.chain import way_to_cut

PREFIX = "timm/"
# vision transformers with these take images of any size, their positions interpolated
_ANY_SIZE = {"dynamic_img_size": True, "dynamic_img_pad": True}
# what timm's own weights are called there
HF_WEIGHTS = "model.safetensors"
_LEAST = 32  # pixels, of those that say nothing of it


@cache
def facts_of(network: str) -> NetworkFacts:
    """Return what there is to know of `network`; raises UserError where timm has none such."""
    made, layers = _made(network), layers_of(network, None)
    return NetworkFacts(
        title=network.removeprefix(PREFIX),
        layers=len(layers),
        input_size=made.pretrained_cfg["input_size"][-1],
        minimum_size=_LEAST,
        pretrained=True,
        hub_weights=True,
        channels=made.head_hidden_size,
        costs=partial(_costs, network),
    )


def backbone(settings: Mapping[str, Any], image_shape: tuple[int, ...]) -> Backbone:
    """Return the layers of a network, and what pictures are normalised by.

    Raises UserError for images of a size that it does not take.
    """
    network, size = settings["network"], image_shape[-1]
    known = _made(network).pretrained_cfg
    return Backbone(
        layers_of(network, size),
        channels=3,
        mean=tuple(known["mean"]),
        standard_deviation=tuple(known["std"]),
        draw=partial(_drawn, network, size),
    )


def starting_weights(network: str, file: Path | None) -> Weights:
    """Return the weights of `network`, by the names of a `Network` here.

    They are those in `file`, by timm's names or those of the network's authors, or else those that
    timm has of the Hugging Face hub. No code of a file is run. Raises UserError where they can't be
    had or are of another network.
    """
    given = {} if file is None else _told_of(network, file)
    try:
        whole = timm.create_model(_name(network), pretrained=True, **given)
    except Exception as error:  # of a server, a file or what is in it
        reason = f"{type(error).__name__}: {error}".partition("\n")[0][:300]
        raise UserError(_no_weights(network, file, reason)) from error
    whole.reset_classifier(0)
    return _named(_way(network)(whole))


def remote_file(network: str) -> RemoteFile:
    """Return the file of the weights of `network`, at the Hugging Face hub's address.

    Raises UserError where timm has none.
    """
    place = _made(network).pretrained_cfg.get("hf_hub_id")
    if not place:
        raise UserError(f"weights: timm has none for {network}: set weights: none, or the path")
    return RemoteFile(hf_hub_url(place, HF_WEIGHTS), HF_WEIGHTS)


def random_starting_weights(network: str) -> Weights:
    """Return random weights of `network` as timm draws them, from torch's global random numbers."""
    return _named(_drawn(network, None))


def _named(layers: nn.Sequential) -> Weights:
    return {f"layers.{name}": value for name, value in layers.state_dict().items()}


def _told_of(network: str, file: Path) -> dict[str, Any]:
    """Return what timm is told of a user's file: where it is, and how many classes it has."""
    try:
        state = timm.models.load_state_dict(str(file))
    except Exception as error:  # a broken file fails in any way
        reason = f"{type(error).__name__}: {error}".partition("\n")[0][:300]
        raise UserError(f"weights: {file} can't be read as weights: {reason}") from error
    last = state.get(f"{_made(network).pretrained_cfg['classifier']}.weight")
    classes = 0 if last is None else len(last)
    known = {"file": str(file), "num_classes": classes}
    return {"num_classes": classes, "pretrained_cfg_overlay": known}


def _no_weights(network: str, file: Path | None, reason: str) -> str:
    if file is not None:
        return f"weights: {file} does not fit the network {network}: {reason}"
    return (
        f"weights: those of {network} could not be had from the Hugging Face hub ({reason}): try "
        f"again, set weights: to the path of a file of them, or weights: none to start from random "
        f"ones"
    )


@cache
def _made(network: str) -> nn.Module:
    """Return the network without a dense layer and without memory."""
    with torch.device("meta"):
        return _create(network).eval()


@cache
def _way(network: str) -> Callable[[nn.Module], nn.Sequential]:
    """Return what makes layers of it."""
    return way_to_cut(_made(network), _shape(network, None))


def _create(network: str) -> nn.Module:
    name = _name(network)
    if not timm.is_model(name):
        near = difflib.get_close_matches(name.partition(".")[0], timm.list_models(), 3)
        guess = f": did you mean {' or '.join(f'{PREFIX}{each}' for each in near)}?" if near else ""
        raise UserError(f"network: timm has no {name}{guess}")
    try:
        return timm.create_model(name, num_classes=0, **_ANY_SIZE)
    except TypeError:  # it has no such settings
        return timm.create_model(name, num_classes=0)


def _name(network: str) -> str:
    return network.removeprefix(PREFIX)


def _shape(network: str, size: int | None) -> tuple[int, int, int]:
    size = size or _made(network).pretrained_cfg["input_size"][-1]
    return 3, size, size


def layers_of(network: str, size: int | None = None) -> nn.Sequential:
    """Return the layers without memory; raises UserError for a size that it does not take."""
    made, shape = _made(network), _shape(network, size)
    layers = _outside(_way(network)(made))
    try:
        with torch.no_grad(), torch.device("meta"):
            layers.eval()(torch.empty(1, *shape))  # batch norm refuses one image while training
    except Exception as error:  # each says it in its own way
        own = made.pretrained_cfg["input_size"][-1]
        raise UserError(
            f"input_size: {network} takes no images of {size} x {size} pixels; it was made for "
            f"{own}"
        ) from error
    return layers.train()


def _drawn(network: str, size: int | None) -> nn.Sequential:
    """Return the layers with random weights, as timm draws them."""
    return _outside(_way(network)(_create(network))).train()


def _outside(layers: nn.Sequential) -> nn.Sequential:
    """Return layers that change nothing in its place: features may be used again."""
    for module in layers.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    return layers


def _costs(network: str, settings: Mapping[str, Any], shape: Sequence[int]) -> list[LayerCost]:
    """Return what each layer costs for an image (3, H, W), as torch counts it."""
    found = []
    with torch.no_grad(), torch.device("meta"):
        features = torch.empty(1, *shape)
        for layer in layers_of(network, shape[-1]).eval():
            with FlopCounterMode(display=False) as counter:
                features = layer(features)
            parameters = sum(value.numel() for value in layer.parameters())
            cost = Cost(counter.get_total_flops() / 2, parameters)
            found.append(LayerCost(cost, features.numel()))
    return found
