"""The weights of FID's Inception network, from pytorch-fid's address."""

import logging
from pathlib import Path
from unittest.mock import patch

import torch
from pytorch_fid import inception
from torch import nn

from synthmix.acquire.download import RemoteFile
from synthmix.acquire.torch_hub import download_weights
from synthmix.files import copy_file, write_beside
from synthmix.score.settings import INCEPTION_FILE
from synthmix.seeds import derive_seed

LOGGER = logging.getLogger(__name__)


def remote_file() -> RemoteFile:
    """Return the file of the weights, at pytorch-fid's address."""
    return RemoteFile(inception.FID_WEIGHTS_URL, INCEPTION_FILE)


def fetch_score_weights(output: str | Path, kept: str | Path | None = None, seed: int = 0) -> None:
    """Download the weights of FID from pytorch-fid's address to the file `output`.

    A rehearsal downloads nothing: it takes the file `kept` of an earlier run, and random weights
    of the same shapes, drawn from `seed`, where that is not there.
    """
    if kept is not None:
        if Path(kept).is_file():
            copy_file(kept, output)
            return
        LOGGER.warning("Inception's weights are stood in for by random ones: no %s", kept)
        torch.manual_seed(derive_seed("inception", seed))
        with write_beside(output) as temporary, temporary.open("wb") as file:
            torch.save(_random_state(), file)
        return
    otherwise = (
        "get that file by other means and set scores: weights: to its path, or set network: to"
        " efficientnet_lite0, whose weights are installed, or to own"
    )
    with write_beside(output) as temporary:
        download_weights(inception.FID_WEIGHTS_URL, temporary, "Inception", otherwise)


def _random_state() -> dict[str, torch.Tensor]:
    """Return random tensors of the names and shapes of pytorch-fid's network."""
    # it loads the weights of its address while it is built
    with (
        patch.object(inception, "load_state_dict_from_url", lambda *_, **__: {}),
        patch.object(nn.Module, "load_state_dict", lambda *_, **__: None),
    ):
        return inception.fid_inception_v3().state_dict()
