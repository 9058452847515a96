"""The weights a classifier starts from: downloaded, drawn at random, or the user's own."""

import logging
import os
import pickle
import tempfile
from pathlib import Path
from types import ModuleType
from urllib.error import URLError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from synthmix.errors import UserError
from synthmix.files import write_beside
from synthmix.registry import load_classifier
from synthmix.seeds import derive_seed

LOGGER = logging.getLogger(__name__)


def fetch_weights(network: str, weights: str, output: str | Path, seed: int) -> None:
    """Write the starting weights of the convolutional layers of `network` as safetensors.

    `weights` is "imagenet" (downloaded from torchvision's address and checked), "none" (drawn
    from `seed`) or the path of a .safetensors or .pth file with torchvision's names. Raises
    UserError when they can't be had.
    """
    module = load_classifier(network)
    if weights == "none":
        torch.manual_seed(derive_seed("classifier weights", network, seed))
        state = module.random_weights()
        LOGGER.info("weights: none: random weights of %s", network)
    elif weights == "imagenet":
        state = _download(module)
        LOGGER.info("weights: imagenet: from %s", module.IMAGENET_URL)
    else:
        state = _pick(module, _read(Path(weights).expanduser()), weights)
        LOGGER.info("weights: from %s", weights)
    with write_beside(output) as temporary:
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, temporary)


def _download(module: ModuleType) -> dict[str, torch.Tensor]:
    url = module.IMAGENET_URL
    # torchvision's file names end in the first digits of the file's SHA-256
    checksum = url.rsplit("-", 1)[1].split(".")[0]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "weights.pth"
        try:
            torch.hub.download_url_to_file(url, str(file), checksum, os.isatty(2))
        except (URLError, OSError, RuntimeError) as error:
            raise UserError(
                f"the ImageNet weights could not be downloaded from {url} ({error}). Without a "
                f"network, set weights: to the path of that file in the classifier's settings, "
                f"or weights: none to start from random ones"
            ) from error
        return _pick(module, _read(file), url)


def _read(file: Path) -> dict[str, torch.Tensor]:
    """Read a file of weights; a pickle is read for its tensors alone, none of its code runs."""
    if not file.is_file():
        raise UserError(
            f"weights: there is no file {file}; it may be imagenet, none or the path of a "
            f".safetensors or .pth file"
        )
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        return torch.load(file, map_location="cpu", weights_only=True)
    except (SafetensorError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UserError(f"weights: {file} can't be read as weights: {error}") from error


def _pick(
    module: ModuleType, state: dict[str, torch.Tensor], source: str
) -> dict[str, torch.Tensor]:
    try:
        return module.pick_weights(state)
    except (ValueError, AttributeError) as error:
        raise UserError(f"weights: {source} does not fit the network: {error}") from error
