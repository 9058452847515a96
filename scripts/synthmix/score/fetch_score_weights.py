"""The weights of FID's Inception network, from pytorch-fid's address."""

import os
from pathlib import Path
from urllib.error import URLError

import torch
from pytorch_fid import inception

from synthmix.errors import UserError
from synthmix.files import write_beside


def fetch_score_weights(output: str | Path) -> None:
    """Download the weights of FID from pytorch-fid's address to the file `output`."""
    url = inception.FID_WEIGHTS_URL
    # the file's name ends in the first digits of its SHA-256
    checksum = Path(url).stem.rsplit("-", 1)[1]
    with write_beside(output) as temporary:
        try:
            torch.hub.download_url_to_file(url, str(temporary), checksum, os.isatty(2))
        except (URLError, OSError, RuntimeError) as error:
            raise UserError(
                f"the Inception weights could not be downloaded from {url} ({error}). Without a "
                f"network get that file by other means and set scores: weights: to its path, or "
                f"set weights: none to compare features of a network of our own"
            ) from error
