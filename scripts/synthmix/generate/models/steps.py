"""What the training steps of all generators have in common: batches, their parts, and losses."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import nullcontext

import torch
from torch import nn

from synthmix.errors import UserError
from synthmix.runtime import distributed

Part = tuple[torch.Tensor, ...]


def full_batches(images: int, batch_size: int) -> tuple[torch.Tensor, ...]:
    """Return the rows 0 .. `images` - 1 in random order, as batches of one size.

    A smaller last batch is left out: batch norm, and a discriminator that compares images within
    a batch, need batches of one kind. Fewer rows than `batch_size` are one batch.
    """
    size = min(batch_size, images)
    order = torch.randperm(images)
    return order[: images // size * size].split(size)


def parts_of(accumulation_steps: int, *tensors: torch.Tensor) -> list[Part]:
    """Return this process's parts of a batch, given as `tensors`, the first of them (N, ...).

    A batch has `accumulation_steps` parts for each process that trains along; fewer where less
    than two images of the first tensor would be in one, so that a process may have none. A shorter
    tensor that would so is left whole in the first part, and the others have none of it. What is
    drawn at random for a batch is drawn before it is parted: all processes draw the same.
    """
    ranks = distributed.world_size()
    count = min(accumulation_steps * ranks, max(1, len(tensors[0]) // 2))
    parts = list(zip(*(_split(tensor, count) for tensor in tensors), strict=True))
    return parts[distributed.rank() :: ranks]


def _split(tensor: torch.Tensor, count: int) -> tuple[torch.Tensor, ...]:
    if len(tensor) >= 2 * count:
        return tensor.tensor_split(count)
    return tensor, *[tensor[:0]] * (count - 1)


def take_step(
    optimizer: torch.optim.Optimizer,
    parts: Sequence[Part],
    batch_size: int,
    loss_of: Callable[..., torch.Tensor],
    parameters: Sequence[nn.Parameter] | None = None,
    before_step: Callable[[], object] = nullcontext,
) -> torch.Tensor:
    """Take a step on the mean over a batch of `batch_size` of the loss, a part in memory at a time.

    `loss_of` gives the mean loss of a part. Gradients reach the `parameters` alone where they are
    given. `before_step` is called once all gradients are there. Returns the loss of the batch.
    """
    optimizer.zero_grad()
    total = torch.zeros((), device=optimizer.param_groups[0]["params"][0].device)
    with distributed.own_random_numbers():
        for part in parts:
            loss = loss_of(*part) * (len(part[0]) / batch_size)
            loss.backward(inputs=parameters)
            total += loss.detach()
    total = distributed.add_up(total, optimizer)
    before_step()
    optimizer.step()
    return total


class StepLosses:
    """The losses of the steps of an epoch, kept on their device until the epoch is over."""

    def __init__(self) -> None:
        """Begin an epoch."""
        self._values: dict[str, list[torch.Tensor]] = defaultdict(list)

    def add(self, **losses: torch.Tensor) -> None:
        """Note the losses, scalars, of a step; a step may leave some of them out."""
        for name, loss in losses.items():
            self._values[name].append(loss.detach())

    def means(self) -> dict[str, float]:
        """Return the mean of each loss; raise UserError with the step where one is not finite."""
        means = {}
        for name, values in self._values.items():
            steps = torch.stack(values).float()
            means[name] = steps.mean().item()
            if not math.isfinite(means[name]):
                broken = torch.nonzero(~steps.isfinite()).flatten().tolist()
                where = f"at step {broken[0] + 1} of {len(steps)}" if broken else "on the whole"
                raise UserError(
                    f"{name} is not finite {where}: the training has gone astray; "
                    f"lower the generator's learning_rate"
                )
        return means
