"""Fine-tuning a classifier on one mix: early stopping, best weights kept, resumable."""

import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from tqdm import tqdm

from synthmix.checkpoint import Checkpoint
from synthmix.classify.network import build_trainable_part
from synthmix.errors import UserError
from synthmix.files import write_beside, write_table
from synthmix.seeds import derive_seed
from synthmix.store import load_array, read_table
from synthmix.trackers import NO_TRACKER, Tracker

LOGGER = logging.getLogger(__name__)


class Examples:
    """The features and labels of one part of a mix; features stay on disk until they are read."""

    def __init__(
        self, rows: pd.DataFrame, features: Mapping[str, np.ndarray], classes: list[str]
    ) -> None:
        """Refer to the `rows` of a mix in the `features` (n, C, h, w) of its stores."""
        self.features = features
        self.stores = rows["store"].to_numpy()
        self.rows = rows["row"].to_numpy()
        self.labels = torch.tensor([classes.index(label) for label in rows["label"]])

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, positions: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the features (n, C, h, w), float32, and labels (n,) at `positions`."""
        stores = self.stores[positions]
        first = next(iter(self.features.values()))
        values = np.empty((len(positions), *first.shape[1:]), np.float32)
        for store in np.unique(stores):
            here = stores == store
            values[here] = self.features[store][self.rows[positions[here]]]
        return torch.from_numpy(values), self.labels[positions]


def train_classifier(
    settings: dict[str, Any],
    mix: str | Path,
    features: Mapping[str, str | Path],
    weights: str | Path,
    classes: list[str],
    positive_class: str,
    output: str | Path,
    history: str | Path,
    checkpoint: Checkpoint,
    seed: int,
    device: torch.device,
    tracker: Tracker = NO_TRACKER,
) -> None:
    """Train the unfrozen layers and the dense layers on the images of `mix`.

    `features` holds the frozen part's features of each store of the mix; `weights` what the
    unfrozen layers start from. Writes the trained weights of the epoch with the lowest validation
    loss (`output`, safetensors) and the `history`: loss, accuracy, and precision and recall of
    `positive_class`, for train and validation, an epoch each. `tracker` is shown the same.
    """
    table = read_table(mix)
    arrays = {store: load_array(path) for store, path in features.items()}
    train, validation = (
        Examples(table[table["split"] == split], arrays, classes)
        for split in ("train", "validation")
    )
    torch.manual_seed(derive_seed("classifier", seed))
    model = build_trainable_part(settings, load_file(weights), len(classes)).to(device)
    LOGGER.info("training on %d images, on %s", len(train), device)
    training = Training(model, settings, classes.index(positive_class), device)
    seed = derive_seed("classifier epochs", seed)
    training.fit(train, validation, checkpoint, seed, tracker)

    with write_beside(output) as temporary:
        save_file(training.best_weights, temporary)
    write_table(history, pd.DataFrame(training.history))
    checkpoint.remove()


class Training:
    """A training as it goes: the model, its optimizer, its history and its best weights."""

    def __init__(
        self, model: nn.Module, settings: dict[str, Any], positive: int, device: torch.device
    ) -> None:
        """Prepare to train `model` with Adam on the cross entropy.

        With two classes that is the binary cross entropy of the difference of the two logits.
        """
        self.model = model
        self.settings = settings
        self.positive = positive
        self.device = device
        self.optimizer = torch.optim.Adam(model.parameters(), settings["learning_rate"])
        self.loss = nn.CrossEntropyLoss(reduction="sum")
        self.history: list[dict[str, Any]] = []
        self.epoch = 0
        self.best_epoch = 0
        self.best_loss = float("inf")
        self.best_weights: dict[str, torch.Tensor] = {}

    def fit(
        self,
        train: Examples,
        validation: Examples,
        checkpoint: Checkpoint,
        seed: int,
        tracker: Tracker = NO_TRACKER,
    ) -> None:
        """Train until the validation loss has not fallen for `patience` epochs."""
        state = checkpoint.load()
        if state:
            self._load(state)
            LOGGER.info("going on after epoch %d", self.epoch)
        bar = tqdm(total=self.settings["epochs"], initial=self.epoch, desc="train", disable=None)
        while not self._finished():
            self.epoch += 1
            torch.manual_seed(derive_seed("epoch", seed, self.epoch))
            order = torch.randperm(len(train)).numpy()
            self._record("train", self._pass(train, order, learn=True))
            with torch.no_grad():
                loss = self._record(
                    "validation", self._pass(validation, np.arange(len(validation)))
                )
            if loss < self.best_loss:
                self.best_loss, self.best_epoch = loss, self.epoch
                self.best_weights = _copy(self.model.state_dict())
            # before the checkpoint: what it holds is not gone through, and not shown, again
            tracker.log(self._shown(), self.epoch)
            checkpoint.save_if_due(self._state)
            bar.update()
        bar.close()
        LOGGER.info("best epoch %d of %d", self.best_epoch, self.epoch)

    def _shown(self) -> dict[str, float]:
        """Return the values of the last epoch as a tracker shows them: loss/train and so on."""
        return {
            f"{name}/{row['split']}": row[name]
            for row in self.history[-2:]
            for name in ("loss", "accuracy", "precision", "recall")
        }

    def _finished(self) -> bool:
        waited = self.epoch - self.best_epoch
        return self.epoch >= self.settings["epochs"] or waited >= self.settings["patience"]

    def _pass(self, examples: Examples, order: np.ndarray, learn: bool = False) -> dict[str, float]:
        """Go once through `examples`; return loss, accuracy, precision and recall.

        While learning they are means over the epoch, with dropout on and weights changing.
        """
        self.model.train(learn)
        total, right, predicted, actual, both = 0.0, 0, 0, 0, 0
        for start in range(0, len(order), self.settings["batch_size"]):
            inputs, labels = examples.batch(order[start : start + self.settings["batch_size"]])
            inputs, labels = inputs.to(self.device), labels.to(self.device)
            logits = self.model(inputs)
            loss = self.loss(logits, labels)
            if learn:
                self.optimizer.zero_grad()
                (loss / len(labels)).backward()
                self.optimizer.step()
            found, true = logits.argmax(1), labels == self.positive
            total += loss.item()
            right += int((found == labels).sum())
            predicted += int((found == self.positive).sum())
            actual += int(true.sum())
            both += int(((found == self.positive) & true).sum())
        return {
            "loss": total / len(order),
            "accuracy": right / len(order),
            "precision": both / predicted if predicted else 0.0,
            "recall": both / actual if actual else 0.0,
        }

    def _record(self, split: str, values: dict[str, float]) -> float:
        if not math.isfinite(values["loss"]):
            raise UserError(
                f"the {split} loss is {values['loss']} after epoch {self.epoch}: the training has "
                f"gone astray; lower the classifier's learning_rate"
            )
        self.history.append({"epoch": self.epoch, "split": split, **values})
        shown = " ".join(f"{name} {value:.4f}" for name, value in values.items())
        LOGGER.info("epoch %d %s %s", self.epoch, split, shown)
        return values["loss"]

    def _state(self) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "best_epoch": self.best_epoch,
            "best_loss": self.best_loss,
            "best_weights": self.best_weights,
            "history": self.history,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def _load(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for name in ("epoch", "best_epoch", "best_loss", "best_weights", "history"):
            setattr(self, name, state[name])


def _copy(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in state.items()}
