"""The networks whose features are compared: pytorch-fid's Inception, or one of our own.

Both are modules with a number of features `dims` that turn images (N, C, H, W), uint8, grey or
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
from synthmix.score.own_network import OwnFeatures
from synthmix.score.settings import FeatureKind

ADVICE = "set scores: weights: to download, to the path of pytorch-fid's file, or to none"


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


def load_network(weights: str | Path, kind: FeatureKind, device: torch.device) -> nn.Module:
    """Return the network of the file `weights`, ready to be used on `device`.

    Raises UserError when the file can't be read or doesn't fit.
    """
    if kind == "own":
        return OwnFeatures.load(weights).to(device).eval()
    state = _read(Path(weights))
    try:
        network = InceptionFeatures(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise UserError(
            f"{weights} does not fit pytorch-fid's Inception network; {ADVICE} ({error})"
        ) from error
    return network.to(device).eval()


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
