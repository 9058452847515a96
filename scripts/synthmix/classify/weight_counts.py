"""How many weights a classifier has, without memory for any of them."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import torch

from synthmix.classify.network import new_network
from synthmix.networks.plan import unfrozen_of

# batch norm's count of steps, which is no weight
_COUNTER = "num_batches_tracked"


class WeightCounts(NamedTuple):
    """Weights of a network: all of them, and those that training changes."""

    network_weights: int
    network_weights_trained: int


def count_weights(
    settings: Mapping[str, Any], image_shape: Sequence[int], classes: int
) -> WeightCounts:
    """Return how many weights the network of a classifier's `settings` has, as Keras counts them.

    All of them have the statistics of batch norm among them, those that are trained have not. An
    auxiliary head, which helps training alone, is not counted. `image_shape` is that of a prepared
    image, (C, H, W) or (1, X, Y, Z).
    """
    return _count(json.dumps(dict(settings), sort_keys=True), tuple(image_shape), classes)


@cache  # a network is asked for once for each of its counts and data sets
def _count(settings: str, image_shape: tuple[int, ...], classes: int) -> WeightCounts:
    described = json.loads(settings)
    with torch.device("meta"):
        network = new_network(described, image_shape, classes)
    network.auxiliary = None
    _, trained = network.cut(unfrozen_of(described))
    state = network.state_dict()
    return WeightCounts(
        sum(value.numel() for name, value in state.items() if not name.endswith(_COUNTER)),
        sum(value.numel() for value in trained.parameters()),
    )
