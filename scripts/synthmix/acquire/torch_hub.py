"""Downloads of weights that the end of their address has a checksum of."""

import os
from pathlib import Path
from urllib.error import URLError

import torch

from synthmix.errors import UserError


def download_weights(url: str, file: str | Path, name: str, otherwise: str) -> None:
    """Download `url` to `file` and check that it is what its name says.

    That ends in the first digits of the file's SHA-256, after a dash. Raises UserError which calls
    the weights by `name` and says what there is to do `otherwise`.
    """
    checksum = Path(url).stem.rsplit("-", 1)[1]
    try:
        torch.hub.download_url_to_file(url, str(file), checksum, os.isatty(2))
    except (URLError, OSError, RuntimeError) as error:
        raise UserError(
            f"the {name} weights could not be downloaded from {url} ({error}). Without a network"
            f" {otherwise}"
        ) from error
