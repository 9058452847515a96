"""Going once through the images of a part: learning from them, or judging by them."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import one_hot

from synthmix.classify.batches import batches_of
from synthmix.classify.examples import Change, Examples
from synthmix.classify.losses import (
    Loss,
    Whole,
    errors_of_equal_probabilities,
    squared_errors_of_classes,
)
from synthmix.classify.mixup import mix_up
from synthmix.classify.sampling import epoch_order
from synthmix.errors import UserError
from synthmix.networks.base import TrainedPart
from synthmix.runtime import distributed, pace

LARGEST_BATCH = 64  # where nothing is learned, a larger one takes memory to no end


class Passes:
    """What an epoch takes: the trained part, its optimizer, its loss and what changes images."""

    def __init__(
        self,
        trained: TrainedPart,
        settings: Mapping[str, Any],
        optimizer: torch.optim.Optimizer | None,
        loss: Loss,
        classes: int,
        augment: Change | None,
        positive: int | None,
        device: torch.device,
        epoch_images: int,
    ) -> None:
        """Prepare to learn so many `classes`.

        `optimizer` is None where nothing is learned by steps. `positive` is the index of the class
        that precision and recall are about. An epoch learns from `epoch_images` images, or so many
        times from an image. `class_errors` (K,) are the mean squared errors of the training images
        as `learn` last found them.
        """
        self.trained = trained
        self.settings = settings
        self.optimizer = optimizer
        self.loss = loss
        self.class_errors = errors_of_equal_probabilities(classes)
        self.augment = augment
        self.positive = positive
        self.device = device
        self.epoch_images = epoch_images

    def learning_rate(self) -> float:
        """Return that of the dense layers."""
        return max(group["lr"] for group in self.optimizer.param_groups)

    def learn(self, train: Examples, epoch: int) -> dict[str, float]:
        """Learn from an epoch's images of `train`; return what it measured on the way.

        With dropout on and weights changing. Raises UserError where a loss is not finite.
        """
        self.trained.train()
        sampler = self.settings["sampler"]
        order = epoch_order(train.labels, sampler, self.epoch_images).numpy()
        tally = Tally(train.classes)
        batches = batches_of(order, self.settings["batch_size"])
        images = torch.bincount(train.labels[order], minlength=train.classes)
        whole = Whole(images, self.class_errors)
        for step, positions in enumerate(pace.each(batches), start=1):
            loss = self._step(train, positions, whole, tally)
            self._require_finite(loss, f"epoch {epoch}, step {step} of {len(batches)}: the train")
            tally.add_loss(loss, len(positions))
        tally.add_up(self.device)
        self.class_errors = (tally.errors / images.clamp(min=1)).float()
        distributed.share_averages(self.trained)
        return tally.values(self.positive)

    @torch.no_grad()
    def judge(self, examples: Examples, epoch: int) -> dict[str, float]:
        """Go once through `examples` without learning; return loss and metrics.

        The loss is of all of them at once: some losses are no means over images.
        """
        self.trained.eval()
        tally = Tally(examples.classes)
        size = max(1, self.settings["batch_size"] // self.settings["accumulation_steps"])
        batches = batches_of(np.arange(len(examples)), min(size, LARGEST_BATCH))
        logits = torch.zeros((len(examples), examples.classes), device=self.device)
        own = batches[distributed.rank() :: distributed.world_size()]
        for positions in pace.each(own, pace.JUDGING):
            logits[positions] = self._outputs(examples.inputs(positions, self.device))
        logits = distributed.summed(logits)  # an image's are zeros in all processes but one
        labels = examples.labels.to(self.device)
        tally.add_answers(logits, labels)
        tally.add_loss(self.loss(logits, self._targets(labels, tally), None).item(), len(examples))
        values = tally.values(self.positive)
        self._require_finite(values["loss"], f"epoch {epoch}: the validation")
        return values

    @torch.no_grad()
    def features(self, examples: Examples) -> np.ndarray:
        """Return what the head sees of `examples`, vectors (N, width), float32."""
        batches = batches_of(np.arange(len(examples)), LARGEST_BATCH)
        found = [
            self.trained.pooling(examples.inputs(positions, self.device)).cpu().numpy()
            for positions in pace.each(batches, pace.JUDGING)
        ]
        return np.concatenate(found).astype(np.float32)

    def _require_finite(self, loss: float, which: str) -> None:
        if not math.isfinite(loss):
            name, settings = self.settings["loss"]["name"], self.settings
            raise UserError(
                f"{which} loss is {loss}: {settings['network']} has gone astray; lower the "
                f"classifier's learning_rate ({settings['learning_rate']:g}), or set another loss "
                f"than {name}"
            )

    def _step(self, train: Examples, positions: np.ndarray, whole: Whole, tally: "Tally") -> float:
        """Take a step on a batch, a part of it in memory at a time; return its loss.

        Several processes that train together share the parts.
        """
        self.optimizer.zero_grad()
        total = 0.0
        with distributed.own_random_numbers():
            for part in self._parts(positions):
                labels = train.labels[part].to(self.device)
                inputs, targets = self._inputs(train, part, self._targets(labels, tally))
                logits, loss = self._loss(self._outputs(inputs), targets, whole)
                if self.settings["mixup"]:
                    # of the two images that are blended, the one of which more is seen
                    labels = targets.argmax(1)
                share = len(part) / len(positions)
                (loss * share).backward()
                total += loss.item() * share
                tally.add_answers(logits.detach(), labels)
                tally.add_errors(logits.detach(), targets)
        in_all = distributed.add_up(torch.tensor(total, dtype=torch.float64), self.optimizer)
        self.optimizer.step()
        return in_all.item()

    def _parts(self, positions: np.ndarray) -> list[np.ndarray]:
        """Return the parts of a batch that are this process's, which may be none."""
        ranks = distributed.world_size()
        # of one image alone batch norm can't learn
        parts = min(ranks * self.settings["accumulation_steps"], max(1, len(positions) // 2))
        return np.array_split(positions, parts)[distributed.rank() :: ranks]

    def _inputs(
        self, train: Examples, part: np.ndarray, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the inputs of the trained part and their targets, changed and blended."""
        blended = targets

        def blend(inputs: torch.Tensor) -> torch.Tensor:
            nonlocal blended
            inputs, blended = mix_up(inputs, targets, self.settings["mixup"])
            return inputs

        blending = blend if self.settings["mixup"] else None
        return train.inputs(part, self.device, self.augment, blending), blended

    def _loss(
        self, outputs: Any, targets: torch.Tensor, whole: Whole
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the logits and the loss, that of an auxiliary output included."""
        if isinstance(outputs, torch.Tensor):
            return outputs, self.loss(outputs, targets, whole)
        logits, auxiliary = outputs
        loss = self.loss(logits, targets, whole)
        weight = self.settings["auxiliary_weight"]
        return logits, loss + weight * self.loss(auxiliary, targets, whole)

    def _outputs(self, inputs: torch.Tensor) -> Any:
        if not self.settings["mixed_precision"]:
            return self.trained(inputs)
        with torch.autocast(self.device.type, torch.bfloat16):
            outputs = self.trained(inputs)
        if isinstance(outputs, torch.Tensor):
            return outputs.float()
        return tuple(output.float() for output in outputs)

    def _targets(self, labels: torch.Tensor, tally: "Tally") -> torch.Tensor:
        return one_hot(labels, tally.classes).float()


class Tally:
    """What is counted while going through images: a confusion matrix, errors and losses."""

    def __init__(self, classes: int) -> None:
        """Begin with nothing."""
        self.classes = classes
        self.confusion = np.zeros((classes, classes), np.int64)
        self.errors = torch.zeros(classes, dtype=torch.float64)  # sums over the images of a class
        self.loss = 0.0
        self.images = 0

    def add_answers(self, logits: torch.Tensor, labels: torch.Tensor) -> None:
        """Count the largest of the logits (N, K) against labels (N,)."""
        cells = (labels * self.classes + logits.argmax(1)).cpu().numpy()
        counts = np.bincount(cells, minlength=self.classes**2)
        self.confusion += counts.reshape(self.classes, self.classes)

    def add_errors(self, logits: torch.Tensor, targets: torch.Tensor) -> None:
        """Count the squared errors of each class."""
        self.errors += squared_errors_of_classes(logits, targets).cpu()

    def add_loss(self, loss: float, images: int) -> None:
        """Count the mean loss over so many images."""
        self.loss += loss * images
        self.images += images

    def add_up(self, device: torch.device) -> None:
        """Count the answers of all processes that train together; each has all losses already."""
        counted = distributed.summed(torch.from_numpy(self.confusion).to(device))
        self.confusion = counted.cpu().numpy()
        self.errors = distributed.summed(self.errors.to(device)).cpu()

    def values(self, positive: int | None) -> dict[str, float]:
        """Return the mean loss and the metrics; one without a denominator is 0."""
        right = self.confusion.diagonal()
        true, claimed = self.confusion.sum(1), self.confusion.sum(0)
        recall = right / np.maximum(true, 1)
        precision = right / np.maximum(claimed, 1)
        f1 = 2 * right / np.maximum(true + claimed, 1)
        there = true > 0
        chosen = there if positive is None else np.arange(self.classes) == positive
        values = {
            "loss": self.loss / self.images,
            "accuracy": float(right.sum() / self.confusion.sum()),
            "balanced_accuracy": float(recall[there].mean()),
            "macro_f1": float(f1[there].mean()),
            "precision": float(precision[chosen].mean()),
            "recall": float(recall[chosen].mean()),
        }
        if positive is not None and self.classes == 2:
            # for sources that count the other class as positive, as the metrics of predictions do
            for name, of_class in (("precision", precision), ("recall", recall)):
                values[f"published_way_{name}"] = float(of_class[1 - positive])
        return values


def has_batch_norm(module: nn.Module) -> bool:
    """Return whether any layer learns of the statistics of a batch."""
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return any(isinstance(layer, kinds) for layer in module.modules())
