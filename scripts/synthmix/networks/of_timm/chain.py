"""A network of timm as layers in a row, so that it can be cut between any two of them."""

import copy
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

# what timm's vision transformers do with an image before their blocks, in this order
_TOKENS = ("patch_embed", "_pos_embed", "patch_drop", "norm_pre")


class Part(nn.Module):
    """Some modules of a network, and what is to be done with them, in the network's own words.

    `steps` are names of its modules or methods, each given what the one before put out.
    """

    def __init__(
        self,
        network: nn.Module,
        modules: Iterable[str],
        steps: tuple[str, ...],
        *,
        parameters: bool = False,
    ) -> None:
        """Take `modules` of `network`, and with `parameters` those that are in no module."""
        super().__init__()
        own, taken = copy.copy(network), set(modules)
        own._modules = {name: part for name, part in network._modules.items() if name in taken}
        own._parameters = dict(network._parameters) if parameters else {}
        own._buffers = dict(network._buffers)
        self.own, self.steps = own, steps

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return what the last step puts out."""
        for step in self.steps:
            images = getattr(self.own, step)(images)
        return images


class Pooled(Part):
    """The last part: what the network's dense layer would see, as a map of one place."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, C, 1, 1)."""
        return self.pool(super().forward(features))

    def pool(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, C, 1, 1) of what the steps have put out."""
        return self.own.forward_head(features, pre_logits=True)[..., None, None]


def last_maps(
    layers: nn.Sequential, images: torch.Tensor
) -> tuple[torch.Tensor, Callable[[torch.Tensor], torch.Tensor]]:
    """Return the last features of `images` that have places, and what the layers do with them.

    Those before the pooling; of tokens those before the last block, behind which that of the class
    alone may be seen.
    """
    *others, last = layers
    for layer in others:
        images = layer(images)
    if images.ndim == 3:
        return images, last
    *blocks, pooled = last if isinstance(last, nn.Sequential) else [last]
    for block in blocks:
        images = block(images)
    return Part.forward(pooled, images), pooled.pool


def as_maps(layers: nn.Sequential, values: torch.Tensor) -> torch.Tensor:
    """Return what a layer puts out as maps (N, C, h, w): tokens where they are in the image."""
    if values.ndim == 3:
        side = math.isqrt(values.shape[1])  # tokens of no place, such as the class's, come first
        return values[:, -(side**2) :].transpose(1, 2).unflatten(2, (side, side))
    last = pooled_of(layers)
    if last is not None and "NHWC" in str(getattr(last.own, "output_fmt", "")).upper():
        return values.permute(0, 3, 1, 2) if min(values.shape[2:]) > 1 else values
    return values


def pooled_of(layers: nn.Sequential) -> "Pooled | None":
    """Return the part that pools, of a network of timm; None of another one."""
    last = layers[-1]
    last = last[-1] if isinstance(last, nn.Sequential) else last
    return last if isinstance(last, Pooled) else None


def way_to_cut(
    network: nn.Module, image_shape: tuple[int, int, int]
) -> Callable[[nn.Module], nn.Sequential]:
    """Return what makes layers in a row of `network`, made by timm without a dense layer.

    Each of them is what can be frozen: a block, or a convolution or other weights with the
    normalisation and activation behind it; the last one pools too. They do the operations of the
    network itself, one by one with the same weights, which is looked at with an image of
    `image_shape` (C, H, W): `network` is on the meta device, and what is returned makes layers of
    another one like it too. A network whose layers do more than follow each other is one layer.
    """
    network.eval()
    for cut in (_of_tokens, _of_children):
        layers = cut(network)
        if layers is not None and _same(network, layers, image_shape):
            return cut
    return _whole


def _whole(network: nn.Module) -> nn.Sequential:
    """Return the network as one layer."""
    return nn.Sequential(Pooled(network, network._modules, ("forward_features",), parameters=True))


def _of_tokens(network: nn.Module) -> nn.Sequential | None:
    """Return the parts of a vision transformer: patches with the first block, then the others."""
    if not all(hasattr(network, name) for name in (*_TOKENS, "blocks", "norm")):
        return None
    before = {"patch_embed", "pos_drop", "patch_drop", "norm_pre"}
    stem = Part(network, before, _TOKENS, parameters=True)
    behind = network._modules.keys() - before - {"blocks"}
    return _closed([stem, *network.blocks], Pooled(network, behind, ("norm",)))


def _of_children(network: nn.Module) -> nn.Sequential | None:
    """Return the modules up to the pooling one after the other."""
    there = list(network._modules)
    ends = [n for n in ("global_pool", "pre_logits", "head", "head_drop") if n in there]
    if not ends:
        return None
    end = min(map(there.index, ends))
    blocks = [block for name in there[:end] for block in _unfolded(network._modules[name])]
    return _closed(_grouped(blocks), Pooled(network, there[end:], ()))


def _unfolded(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the modules that sequences consist of."""
    if type(module) is nn.Sequential:
        for part in module:
            yield from _unfolded(part)
    else:
        yield module


def _grouped(modules: list[nn.Module]) -> list[nn.Module]:
    """Return layers: what only normalises, activates or pools belongs to the one before it."""
    groups: list[list[nn.Module]] = []
    for module in modules:
        if groups and all(value.dim() < 2 for value in module.parameters()):
            groups[-1].append(module)
        else:
            groups.append([module])
    return [group[0] if len(group) == 1 else nn.Sequential(*group) for group in groups]


def _closed(layers: list[nn.Module], last: nn.Module) -> nn.Sequential:
    *before, block = layers
    return nn.Sequential(*before, nn.Sequential(block, last))


def _same(network: nn.Module, layers: nn.Sequential, image_shape: tuple[int, ...]) -> bool:
    """Return whether `layers` do what `network` does, in the same order with the same weights."""
    with torch.no_grad(), torch.device("meta"):
        image = torch.empty(1, *image_shape)
        try:
            found = _operations(lambda: layers(image).flatten(1))
        except Exception:  # what is no chain may fail in any way where it is taken for one
            return False
        features = _operations(
            lambda: network.forward_head(network.forward_features(image), pre_logits=True)
        )
    ending = len(found) - len(features)  # of making it a map of one place, and flat again
    return ending >= 0 and found[: len(features)] == features


def _operations(work: Callable[[], Any]) -> list[tuple[str, tuple[Any, ...]]]:
    with _Recorder() as recorder:
        work()
    return recorder.found


class _Recorder(TorchDispatchMode):
    """Writes down each operation, the shapes that it is given and the weights among them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[Any, ...]]] = []

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        given = tuple(
            (tuple(value.shape), id(value) if isinstance(value, nn.Parameter) else None)
            for value in tree_leaves(args)
            if isinstance(value, torch.Tensor)
        )
        self.found.append((str(operation), given))
        return operation(*args, **(kwargs or {}))
