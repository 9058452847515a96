"""Optimizers of the trained part of a classifier."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from synthmix.networks.base import TrainedPart

# Keras' own, with which the studies were made; torch's RMSprop forgets ten times as slowly.
_RMSPROP_MEMORY = 0.9
_RMSPROP_EPSILON = 1e-7


def build_optimizer(settings: Mapping[str, Any], trained: TrainedPart) -> torch.optim.Optimizer:
    """Return the optimizer that a classifier's `settings` name, for the parameters of `trained`.

    The dense layers, and the auxiliary ones, have the `learning_rate`; the last layer before them
    `layer_learning_rate_decay` times that, and so on towards the input.

    `weight_decay` is of weights (tensors of two dimensions and more), not of biases and batch
    norms. It is added to the gradient, as weight_decay * weight, but in adamw (Loshchilov and
    Hutter, 2019); the L2 penalty 0.001 of Keras, whose gradient is 2 * 0.001 * weight, is 0.002.
    """
    groups = _groups(settings, trained)
    # fused: one pass over memory, a third off the time of small batches of a large network
    learning_rate = settings["learning_rate"]
    match settings["optimizer"]:
        case "adam":
            return torch.optim.Adam(groups, learning_rate, fused=True)
        case "adamw":
            return torch.optim.AdamW(groups, learning_rate, fused=True)
        case "sgd":
            return torch.optim.SGD(groups, learning_rate, momentum=settings["momentum"], fused=True)
        case "rmsprop":
            return torch.optim.RMSprop(
                groups,
                learning_rate,
                alpha=_RMSPROP_MEMORY,
                eps=_RMSPROP_EPSILON,
                momentum=settings["momentum"],
            )
    raise ValueError(f"no optimizer is called {settings['optimizer']}")


def _groups(settings: Mapping[str, Any], trained: TrainedPart) -> list[dict[str, Any]]:
    """Return the parameters in groups of one learning rate and one weight decay each."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for module, steps_from_head in _modules(trained):
        learning_rate = (
            settings["learning_rate"] * settings["layer_learning_rate_decay"] ** steps_from_head
        )
        for parameter in module.parameters():
            weight_decay = settings["weight_decay"] if parameter.dim() >= 2 else 0.0
            groups.setdefault((learning_rate, weight_decay), []).append(parameter)
    return [
        {"params": parameters, "lr": learning_rate, "weight_decay": weight_decay}
        for (learning_rate, weight_decay), parameters in groups.items()
    ]


def _modules(trained: TrainedPart) -> Iterator[tuple[nn.Module, int]]:
    """Yield the parts of `trained`, the head first, and how far each is from the head."""
    yield trained.head, 0
    if trained.auxiliary is not None:
        yield trained.auxiliary, 0
    for steps, layer in enumerate(reversed(trained.layers.values()), start=1):
        yield layer, steps
