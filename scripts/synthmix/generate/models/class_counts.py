"""How many training images of a class a generator needs."""

import torch

from synthmix.errors import UserError


def require_two_of_each(labels: torch.Tensor, classes: int, needs: str) -> None:
    """Raise UserError where one of `classes` has fewer than two images.

    `labels` (N,) are class numbers from 0. `needs` says who needs them and why.
    """
    for label, count in enumerate(labels.bincount(minlength=classes).tolist()):
        if count < 2:
            raise UserError(
                f"class number {label} (the first is 0) has {count} training image(s): {needs}; "
                f"add images or leave the class out of the generator"
            )
