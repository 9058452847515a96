"""The weights of FID's Inception network, from pytorch-fid's address."""

from pathlib import Path

from pytorch_fid import inception

from synthmix.acquire.download import RemoteFile
from synthmix.acquire.torch_hub import download_weights
from synthmix.files import write_beside
from synthmix.score.settings import INCEPTION_FILE


def remote_file() -> RemoteFile:
    """Return the file of the weights, at pytorch-fid's address."""
    return RemoteFile(inception.FID_WEIGHTS_URL, INCEPTION_FILE)


def fetch_score_weights(output: str | Path) -> None:
    """Download the weights of FID from pytorch-fid's address to the file `output`."""
    otherwise = (
        "get that file by other means and set scores: weights: to its path, or set weights: none to"
        " compare features of a network of our own"
    )
    with write_beside(output) as temporary:
        download_weights(inception.FID_WEIGHTS_URL, temporary, "Inception", otherwise)
