"""By what candidates can be compared. None of it comes from test images."""

from synthmix.score.names import frechet_name, kernel_name

_OF_IMAGES = ("precision", "recall", "density", "coverage")
_HIGHER_IS_BETTER = (*_OF_IMAGES, "accuracy", "balanced_accuracy", "macro_f1", "auc")


def score_names(network: str) -> dict[str, str]:
    """Return what study files call the scores of generators, and what tables of scores do.

    `network` is that whose features are compared.

    Left out is how near images are to training images: its limit comes from held-out ones, test
    images among them, by which nothing may be chosen.
    """
    frechet, kernel = frechet_name(network), kernel_name(network)
    distances = {"distance": frechet, "kernel_distance": kernel, frechet: frechet, kernel: kernel}
    return distances | {name: name for name in _OF_IMAGES}


def is_loss(score: str) -> bool:
    """Return whether `score` is a column of the histories, not of the tables of scores."""
    return score.endswith("_loss") or score.startswith("loss_")


def lower_is_better(score: str) -> bool:
    """Return which way a score of a generator or a classifier, or a loss, is better."""
    return score not in _HIGHER_IS_BETTER
