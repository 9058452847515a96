"""The losses that classifiers are trained with, built from the settings of a study.

Most losses are a mean over images. They are computed as the loss that each image would have with
each class for its label; what an image's target says of the classes weighs these. A target of
mixup is thereby what its paper has: so much of the loss of one label, so much of the other's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from synthmix.classify.loss_settings import BY_RARITY
from synthmix.errors import UserError


@dataclass(frozen=True)
class Whole:
    """All images that a batch is drawn from, over which a loss is normalised.

    Of eight images of a long-tailed set there is seldom one of a rare class, so that a mean
    within the batch would not tell how rare it is.
    """

    images: torch.Tensor  # (K,) of each class
    errors: torch.Tensor  # (K,) `squared_errors_of_classes`, as they were last found

    def to(self, like: torch.Tensor) -> "Whole":
        """Return the same as floats of the kind of a tensor, on its device."""
        return Whole(self.images.to(like), self.errors.to(like))


Loss = Callable[[torch.Tensor, torch.Tensor, Whole | None], torch.Tensor]
# From logits (N, K), targets (N, K), the weights (K,) of the classes and the whole to a scalar.
WeighedLoss = Callable[[torch.Tensor, torch.Tensor, torch.Tensor, Whole | None], torch.Tensor]
# From logits (N, K) to the loss (N, K) of each image with each class for its label.
LabelLosses = Callable[[torch.Tensor], torch.Tensor]


def build_loss(
    settings: Mapping[str, Any],
    classes: Sequence[str],
    class_weights: torch.Tensor | None,
    images: torch.Tensor | None = None,
) -> Loss:
    """Return the loss: logits (N, K), targets (N, K), rows that sum to 1, and a whole to a scalar.

    `settings` are those of a loss as plain values, K is the number of `classes`; `images` (K,) are
    the training images of each class, by which a cost matrix `by_rarity` is made. With
    `class_weights` (K,) a mean over images is the weighted one: divided by the sum of the weights
    of all images. The mean false errors are sums over the classes, whose terms the weights
    multiply; Dice is their weighted mean.

    Without a `Whole` the images are all there are. With one they are a batch of it, and the mean
    of the losses of all batches, weighed by their images, is the loss of the whole: image by image
    the rarest class counts as many times more than the largest as it is rarer. Two losses have no
    such mean. The mean squared false error is that of the whole by its tangent where the errors
    of the classes were last found. Dice is that of the batch.

    Raises UserError where the cost matrix doesn't fit the classes, or is by rarity and a class has
    no image.
    """
    weighed = _weighed_loss(settings, classes, images)

    def loss(
        logits: torch.Tensor, targets: torch.Tensor, whole: Whole | None = None
    ) -> torch.Tensor:
        # outputs of mixed precision are too coarse for logarithms of sums
        logits = logits if logits.dtype == torch.float64 else logits.float()
        targets = _smoothed(targets.to(logits), settings.get("label_smoothing", 0.0))
        weights = targets.new_ones(len(classes)) if class_weights is None else class_weights
        return weighed(logits, targets, weights.to(logits), whole and whole.to(logits))

    return loss


def _smoothed(targets: torch.Tensor, share: float) -> torch.Tensor:
    """Return targets (N, K) of which a `share` is spread evenly over the classes."""
    return (1 - share) * targets + share / targets.shape[1] if share else targets


def squared_errors_of_classes(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the sums (K,) of half the squared errors of the images of each class."""
    return (targets * _squared_errors(logits.float())).sum(0)


def errors_of_equal_probabilities(classes: int) -> torch.Tensor:
    """Return half the squared error (K,) of each class where all are as probable."""
    return torch.full((classes,), (1 - 1 / classes) / 2)


def class_weight_tensor(
    setting: str | Mapping[str, float], labels: torch.Tensor, classes: Sequence[str]
) -> torch.Tensor | None:
    """Return the weight (K,), float32, of each of the `classes`; None where all weigh the same.

    `setting` is "none", "balanced" or {class: weight}; `labels` (N,) are the positions in
    `classes` of the classes of the training images. Balanced weights are N / (K * images of the
    class), as scikit-learn's. Raises UserError where a class has no image, or no weight.
    """
    if setting == "none":
        return None
    if setting == "balanced":
        images = torch.bincount(labels.cpu(), minlength=len(classes))
        _require_all(images, classes, "class_weights: balanced", "weights, {class: weight}")
        return (len(labels) / (len(classes) * images.double())).float()
    if set(setting) != set(classes):
        raise UserError(
            f"class_weights names {', '.join(sorted(setting))}; the classes are "
            f"{', '.join(classes)}: give each of them a weight"
        )
    return torch.tensor([setting[name] for name in classes], dtype=torch.float32)


def _require_all(images: torch.Tensor, classes: Sequence[str], setting: str, instead: str) -> None:
    """Raise UserError where a class has none of the training `images` (K,): how rare can it be?"""
    if 0 in images:
        empty = classes[images.tolist().index(0)]
        raise UserError(
            f"{setting}: no training image is of the class {empty}; "
            f"name the {instead}, or leave them out"
        )


def _weighed_loss(
    settings: Mapping[str, Any], classes: Sequence[str], images: torch.Tensor | None
) -> WeighedLoss:
    match settings["name"]:
        case "dice":
            return partial(_dice, settings["denominator"], settings["outputs"])
        case "mean_false_error":
            return _mean_false_error
        case "mean_squared_false_error":
            return partial(_mean_squared_false_error, settings["squared"] == "sum")
    return partial(_mean_over_images, _label_losses(settings, classes, images))


def _mean_over_images(
    label_losses: LabelLosses,
    logits: torch.Tensor,
    targets: torch.Tensor,
    weights: torch.Tensor,
    whole: Whole | None,
) -> torch.Tensor:
    of_classes = _of_whole((targets * label_losses(logits)).sum(0), targets, whole)
    images = targets.sum(0) if whole is None else whole.images
    return (weights * of_classes).sum() / (weights * images).sum()


def _mean_false_error(
    logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor, whole: Whole | None
) -> torch.Tensor:
    """Return the sum over classes of the mean error of their images."""
    return (weights * _mean_errors(logits, targets, whole)).sum()


def _mean_squared_false_error(
    of_sum: bool,
    logits: torch.Tensor,
    targets: torch.Tensor,
    weights: torch.Tensor,
    whole: Whole | None,
) -> torch.Tensor:
    """Return the sum over classes of the square of that mean error, or the square `of_sum`.

    The square of what a batch says of a class would be mostly noise: a rare class, which says
    much where it is there at all, would count too much. The tangent has no such noise.
    """
    errors = _mean_errors(logits, targets, whole)
    known = errors if whole is None else whole.errors
    if of_sum:
        errors, known = (weights * errors).sum(), (weights * known).sum()
        return 2 * known * errors - known**2
    return (weights * (2 * known * errors - known**2)).sum()


def _mean_errors(logits: torch.Tensor, targets: torch.Tensor, whole: Whole | None) -> torch.Tensor:
    """Return the mean error (K,) of the images of each class; 0 of a class without any."""
    images = targets.sum(0) if whole is None else whole.images
    sums = _of_whole((targets * _squared_errors(logits)).sum(0), targets, whole)
    return sums / images.where(images > 0, 1)


def _of_whole(sums: torch.Tensor, targets: torch.Tensor, whole: Whole | None) -> torch.Tensor:
    """Return what sums over the images of a batch with `targets` would be over the whole."""
    return sums if whole is None else sums * whole.images.sum() / targets.sum()


def _dice(
    denominator: str,
    outputs: str,
    logits: torch.Tensor,
    targets: torch.Tensor,
    weights: torch.Tensor,
    _whole: Whole | None,
) -> torch.Tensor:
    """Return the weighted mean over classes in the batch of 1 less their Dice coefficient.

    Nothing could overlap with a class that is not in the batch; that it is not predicted there
    is seen to by the classes that are.
    """
    probabilities = logits.sigmoid() if outputs == "sigmoid" else logits.softmax(1)
    power = {"squares": 2, "sums": 1}[denominator]
    overlap = (probabilities * targets).sum(0)
    present = targets.sum(0) > 0
    sizes = (probabilities**power).sum(0) + (targets**power).sum(0)
    weights = weights * present
    return (weights * (1 - 2 * overlap / sizes.where(present, 1))).sum() / weights.sum()


def _label_losses(
    settings: Mapping[str, Any], classes: Sequence[str], images: torch.Tensor | None
) -> LabelLosses:
    match settings["name"]:
        case "cross_entropy":
            return _cross_entropies
        case "binary_cross_entropy":
            return _binary_cross_entropies
        case "focal":
            return lambda logits: _focal_losses(logits, settings["gamma"])
        case "mean_squared_error":
            return _squared_errors
        case "bilinear" | "log_bilinear":
            return _bilinear_losses(settings, classes, images)
    raise ValueError(f"no loss is called {settings['name']}")


def _cross_entropies(logits: torch.Tensor) -> torch.Tensor:
    return -logits.log_softmax(1)


def _binary_cross_entropies(logits: torch.Tensor) -> torch.Tensor:
    """Return the mean over outputs z of -log(sigmoid(z)) for the label's, -log(1 - it) for others.

    Which is softplus(z), and that less z for the label's.
    """
    return nn.functional.softplus(logits).mean(1, keepdim=True) - logits / logits.shape[1]


def _focal_losses(logits: torch.Tensor, gamma: float) -> torch.Tensor:
    # (1 - p) ** gamma by its logarithm, whose gradient is finite where p is 1
    return (gamma * _log_complement(logits)).exp() * _cross_entropies(logits)


def _squared_errors(logits: torch.Tensor) -> torch.Tensor:
    """Return half the squared distance of the probabilities from each label's one-hot vector."""
    labels = torch.eye(logits.shape[1], dtype=logits.dtype, device=logits.device)
    return (logits.softmax(1)[:, None] - labels).square().sum(2) / 2


def _bilinear_losses(
    settings: Mapping[str, Any], classes: Sequence[str], images: torch.Tensor | None
) -> LabelLosses:
    if settings["cost_matrix"] == BY_RARITY:
        _require_all(images, classes, "loss: cost_matrix: by_rarity", "costs of each mistake")
        costs = _costs_by_rarity(images)
    else:
        costs = _cost_matrix(settings["cost_matrix"], classes)
    share = settings["cross_entropy_share"]
    if share == 0 and not costs.any():
        raise UserError("loss: cost_matrix: no mistake costs anything; give one a cost")
    logarithmic = settings["name"] == "log_bilinear"

    def losses(logits: torch.Tensor) -> torch.Tensor:
        mistakes = -_log_complement(logits) if logarithmic else logits.softmax(1)
        # no product of matrices, which mixed precision would round to three digits
        expected = (mistakes[:, None] * costs.to(logits)).sum(2)
        return (1 - share) * expected + share * _cross_entropies(logits)

    return losses


def _cost_matrix(
    setting: Mapping[str, Mapping[str, float]] | None, classes: Sequence[str]
) -> torch.Tensor:
    """Return the costs (K, K): row the true class, column the predicted one."""
    costs = 1 - torch.eye(len(classes), dtype=torch.float64)
    for true, row in (setting or {}).items():
        for predicted, cost in row.items():
            if unknown := {true, predicted} - set(classes):
                raise UserError(
                    f"loss: cost_matrix names {min(unknown)}, which is no class; "
                    f"the classes are {', '.join(classes)}"
                )
            costs[classes.index(true), classes.index(predicted)] = cost
    return costs


def _costs_by_rarity(images: torch.Tensor) -> torch.Tensor:
    """Return the costs (K, K) of `images` (K,) of each class: a mean of 1 over the true ones."""
    count = len(images)
    costs = images.sum() / (count * images.double())
    return costs[:, None] * (1 - torch.eye(count, dtype=torch.float64))


def _log_complement(logits: torch.Tensor) -> torch.Tensor:
    """Return log(1 - p) of the softmax outputs p: that of the sum of all the others.

    Taken from the logits, since 1 - p is 0 long before the others are.
    """
    count = logits.shape[1]
    own = torch.eye(count, dtype=torch.bool, device=logits.device)
    others = logits[:, None].masked_fill(own, -torch.inf).logsumexp(2)
    return others - logits.logsumexp(1, keepdim=True)
