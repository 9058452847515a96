"""What scores of generators are called, in tables and where people read them.

A distance bears the name of the network whose features it compares: those of Inception alone are
FID and KID.
"""

from synthmix.networks.plan import title_of
from synthmix.score.settings import INCEPTION, OWN

FRECHET, KERNEL = "frechet_distance", "kernel_distance"
NEAR = "suspiciously_near"  # the share of images that may be copies
NEAR_TEST = "suspiciously_near_test"  # the same of test images, where those may have been seen
_OF_INCEPTION = {FRECHET: "fid", KERNEL: "kid"}
_WORDS = {FRECHET: "Fréchet distance", KERNEL: "Kernel distance"}
_OTHERS = {
    "precision": "Precision",
    "recall": "Recall",
    "density": "Density",
    "coverage": "Coverage",
    NEAR: "Suspiciously near a training image",
    NEAR_TEST: "Suspiciously near a test image",
}


def frechet_name(network: str) -> str:
    """Return what tables call the Frechet distance of the features of `network`."""
    return _name(FRECHET, network)


def kernel_name(network: str) -> str:
    """Return what tables call the kernel distance of the features of `network`."""
    return _name(KERNEL, network)


def is_frechet(score: str) -> bool:
    """Return whether a score of the tables is a Frechet distance."""
    return score == _OF_INCEPTION[FRECHET] or score.startswith(FRECHET)


def is_kernel(score: str) -> bool:
    """Return whether a score of the tables is a kernel distance."""
    return score == _OF_INCEPTION[KERNEL] or score.startswith(KERNEL)


def is_known(score: str) -> bool:
    """Return whether a score of the tables says how good images are."""
    return is_frechet(score) or is_kernel(score) or score in _OTHERS


def order(score: str) -> tuple[int, str]:
    """Return by what scores are sorted: distances first, then as they are in the tables here."""
    if is_frechet(score):
        return 0, score
    return (1, score) if is_kernel(score) else (2 + list(_OTHERS).index(score), score)


def lower_is_better(score: str) -> bool:
    """Return which way a score of the tables is better."""
    return is_frechet(score) or is_kernel(score) or score in (NEAR, NEAR_TEST)


def title(score: str) -> str:
    """Return what people read for a score of the tables."""
    if score in _OF_INCEPTION.values():
        return score.upper()
    for kind, words in _WORDS.items():
        if score.startswith(kind):
            return f"{words} ({_network_title(score.removeprefix(f'{kind}_'))})"
    return _OTHERS.get(score, score)


def _name(kind: str, network: str) -> str:
    if network == INCEPTION:
        return _OF_INCEPTION[kind]
    return f"{kind}_own_features" if network == OWN else f"{kind}_{network}"


def _network_title(network: str) -> str:
    return "own features" if network == "own_features" else title_of(network)
