"""When a training is over, which of its epochs is the best, and when its learning rate falls.

As Keras' EarlyStopping, with its best weights restored, and ReduceLROnPlateau have it.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

State = dict[str, Any]


class BestEpoch:
    """The best epoch so far, and whether it was too long ago.

    A value is better where it beats the best one by more than `min_delta`: the loss is better
    where it is lower, any other value where it is higher. A change that is smaller counts for
    nothing, even for which weights are kept. The first epoch is always the best so far.
    """

    def __init__(self, monitor: str, patience: int, min_delta: float = 0.0) -> None:
        """Await the first value of `monitor`; give up `patience` epochs after the best one."""
        self._sign = -1 if monitor == "loss" else 1
        self._patience = patience
        self._min_delta = min_delta
        self.epoch = 0
        self.value: float | None = None

    def update(self, epoch: int, value: float) -> bool:
        """Take the `value` of `epoch`, counted from 1; return whether it is the best so far."""
        best = -math.inf if self.value is None else self._sign * self.value
        if not self._sign * value > best + self._min_delta:
            return False
        self.epoch, self.value = epoch, value
        return True

    def is_over(self, epoch: int) -> bool:
        """Return whether a training that has done `epoch` has waited long enough."""
        return epoch - self.epoch >= self._patience

    def state(self) -> State:
        """Return the best epoch and its value, as plain values."""
        return {"epoch": self.epoch, "value": self.value}

    def load(self, state: State) -> None:
        """Go on from a `state`."""
        self.epoch, self.value = state["epoch"], state["value"]


class PlateauSchedule:
    """A learning rate that falls where the validation loss has not for some epochs.

    A fall of the loss counts where it is larger than min_delta. Once `patience` epochs had none,
    the learning rate is multiplied by `factor`, to no less than min_learning_rate, and the wait
    begins anew, for a loss below the lowest so far.
    """

    def __init__(self, settings: Mapping[str, Any], optimizer: torch.optim.Optimizer) -> None:
        """Watch over the learning rates of `optimizer` by the `settings` of a plateau."""
        self._optimizer = optimizer
        self._scheduler = ReduceLROnPlateau(
            optimizer,
            factor=settings["factor"],
            # torch counts the epochs before the one at whose end it falls
            patience=settings["patience"] - 1,
            threshold=settings["min_delta"],
            threshold_mode="abs",
            min_lr=settings["min_learning_rate"],
            eps=0,
        )

    def update(self, loss: float) -> bool:
        """Take the validation loss of an epoch; return whether a learning rate fell."""
        before = self._learning_rates()
        self._scheduler.step(loss)
        return self._learning_rates() != before

    def state(self) -> State:
        """Return what the next epoch depends on, as plain values; the optimizer keeps the rates."""
        return {name: getattr(self._scheduler, name) for name in ("best", "num_bad_epochs")}

    def load(self, state: State) -> None:
        """Go on from a `state`."""
        self._scheduler.load_state_dict(state)

    def _learning_rates(self) -> list[float]:
        return [group["lr"] for group in self._optimizer.param_groups]
