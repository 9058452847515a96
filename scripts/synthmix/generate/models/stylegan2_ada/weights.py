"""Starting from weights trained elsewhere: NVIDIA's pickles or generators trained here."""

import logging
import math
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from synthmix.errors import UserError
from synthmix.generate.models.stylegan2_ada.pickles import read_networks

LOGGER = logging.getLogger(__name__)

# From names of stylegan2-ada-pytorch to ours; the rules are applied one after the other.
GENERATOR_NAMES = {
    r"^mapping\.w_avg$": "average_w",
    r"^mapping\.embed\.": "mapping.embedding.",
    r"^mapping\.fc(\d+)\.": r"mapping.layers.\1.",
    r"^synthesis\.b(\d+)\.": r"synthesis.blocks.\1.",
    r"\.const$": ".constant",
    r"\.noise_const$": ".noise",
    r"\.affine\.": ".style.",
    r"\.torgb\.": ".to_image.",
}
DISCRIMINATOR_NAMES = {
    r"^mapping\.embed\.": "mapping.embedding.",
    r"^mapping\.fc(\d+)\.": r"mapping.layers.\1.",
    r"^b4\.fc\.": "head.hidden.",
    r"^b4\.": "head.",
    r"^b(\d+)\.": r"blocks.\1.",
    r"\.fromrgb\.": ".from_image.",
}


def start_from(
    path: str | Path, generator: nn.Module, averaged: nn.Module, discriminator: nn.Module
) -> None:
    """Overwrite the networks' tensors with those in the file `path` that fit.

    `path` is a pickle of stylegan2-ada-pytorch (.pkl), or what `Generator.save` wrote
    (.safetensors), which has an averaged generator only: both generators start from that, and the
    discriminator anew. A tensor fits when its name and shape are the same; those of colour images
    are turned into grey ones where a network makes grey images. What does not fit is logged.
    Raises UserError when the file can't be read or nothing of the generator fits.
    """
    found = _read(Path(path))
    _require_finite(path, found)
    averaged_source = found["averaged"]
    taken = _take("averaged generator", averaged, averaged_source)
    if not taken:
        raise UserError(
            f"init_from: no layer in {path} has the name and shape of one of this generator; "
            "is it of StyleGAN2, with the same style_dim, channel_base and channel_max?"
        )
    _take("generator", generator, found.get("generator", averaged_source))
    _take("discriminator", discriminator, found.get("discriminator", {}))


def translate(
    tensors: Mapping[str, torch.Tensor], rules: Mapping[str, str]
) -> dict[str, torch.Tensor]:
    """Return tensors of stylegan2-ada-pytorch under our names; `rules` is a map above.

    The resampling filters, which are constants, are left out.
    """
    translated = {}
    for name, tensor in tensors.items():
        if name.endswith("resample_filter"):
            continue
        for pattern, replacement in rules.items():
            name = re.sub(pattern, replacement, name)
        translated[name] = tensor
    return translated


def _read(path: Path) -> dict[str, dict[str, torch.Tensor]]:
    """Return tensors by our names for the networks that `path` has, "averaged" at least."""
    if not path.is_file():
        raise UserError(f"init_from: there is no file {path}")
    if path.suffix == ".safetensors":
        try:
            return {"averaged": load_file(path)}
        except SafetensorError as error:
            raise UserError(f"init_from: {path} is no whole safetensors file: {error}") from error
    if path.suffix != ".pkl":
        raise UserError(f"init_from: {path} is neither a .pkl nor a .safetensors file")
    networks = read_networks(path)
    if "G_ema" not in networks:
        raise UserError(f"init_from: {path} holds no generator (G_ema)")
    ours = {
        "averaged": ("G_ema", GENERATOR_NAMES),
        "generator": ("G", GENERATOR_NAMES),
        "discriminator": ("D", DISCRIMINATOR_NAMES),
    }
    return {
        name: translate(networks[theirs], rules)
        for name, (theirs, rules) in ours.items()
        if theirs in networks
    }


def _require_finite(path: str | Path, found: Mapping[str, Mapping[str, torch.Tensor]]) -> None:
    for network, tensors in found.items():
        for name, tensor in tensors.items():
            if not tensor.isfinite().all():
                raise UserError(
                    f"init_from: {path} has values that are not finite ({network}: {name}): its "
                    "training has gone astray; name another file"
                )


@torch.no_grad()
def _take(title: str, network: nn.Module, source: Mapping[str, torch.Tensor]) -> int:
    """Copy the tensors of `source` that fit into `network`, log the rest; return how many fit."""
    own = network.state_dict()
    left, taken, greyed = [], 0, []
    for name, mine in own.items():
        theirs = source.get(name)
        if theirs is not None and theirs.shape != mine.shape:
            grey = _to_grey(name, theirs)
            if grey is not None and grey.shape == mine.shape:
                theirs = grey
                greyed.append(name)
        if theirs is None or theirs.shape != mine.shape:
            left.append(name)
            continue
        mine.copy_(theirs)
        taken += 1
    unused = sorted(source.keys() - own.keys())
    LOGGER.info("%s: %d of %d tensors taken from the file", title, taken, len(own))
    for text, names in (
        ("from colour to grey", greyed),
        ("not taken, start at random", left),
        ("in the file alone", unused),
    ):
        if names:
            LOGGER.info("%s: %s: %s", title, text, ", ".join(names))
    return taken


def _to_grey(name: str, tensor: torch.Tensor) -> torch.Tensor | None:
    """Return a tensor at the image of three channels for one channel, None for any other.

    A generator then makes the mean of its red, green and blue; a discriminator judges a grey
    image as it judged the same one in colour (the root is the change in its equalised scale).
    """
    if ".to_image." in name and ".style." not in name and tensor.shape[0] == 3:
        return tensor.mean(0, keepdim=True)
    if name.endswith(".from_image.weight") and tensor.shape[1] == 3:
        return tensor.sum(1, keepdim=True) / math.sqrt(3)
    return None
