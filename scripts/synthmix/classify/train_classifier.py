"""Training a classifier on one mix: early stopping, best or last weights kept, resumable."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from safetensors.torch import load_file
from tqdm import tqdm

from synthmix.classify.examples import Examples, FromImages, Source
from synthmix.classify.files import TrainingFiles
from synthmix.classify.loss_settings import OF_A_BATCH
from synthmix.classify.losses import build_loss, class_weight_tensor
from synthmix.classify.network import (
    Header,
    load_starting_weights,
    load_trained,
    new_network,
    read_header,
    save_trained,
    trained_state,
)
from synthmix.classify.optimizers import build_optimizer
from synthmix.classify.passes import Passes, has_batch_norm
from synthmix.classify.stopping import BestEpoch, PlateauSchedule
from synthmix.errors import UserError
from synthmix.files import copy_file, write_table
from synthmix.networks.base import Network
from synthmix.networks.inputs import to_tensor
from synthmix.networks.plan import FITTED, input_size_of, unfrozen_of, weights_name
from synthmix.runtime import distributed
from synthmix.runtime.accumulation import parts_to_take, smaller_parts_next
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.runtime.trackers import NO_TRACKER, Tracker
from synthmix.search.chosen import settle
from synthmix.seeds import derive_seed
from synthmix.store import load_array, read_table

LOGGER = logging.getLogger(__name__)


def train_classifier(
    base: Mapping[str, Any],
    own: Mapping[str, Any],
    files: TrainingFiles,
    classes: list[str],
    positive_class: str | None,
    output: str | Path,
    history: str | Path,
    checkpoint: Checkpoint,
    seed: int,
    master_seed: int,
    device: torch.device,
    tracker: Tracker = NO_TRACKER,
    equal_steps: bool = False,
    most_steps: int | None = None,
) -> None:
    """Train the unfrozen layers and the dense layers of a classifier on the images of a mix.

    Its settings are `base`, over them what `files.chosen` says, over that `own`. Writes the trained
    weights of the epoch that is kept (`output`, safetensors) and the `history`, a row for each
    epoch and part: loss, accuracy, balanced_accuracy, macro_f1, precision and recall (of
    `positive_class`; without one the macro averages), the learning_rate, kept, whether that epoch's
    weights are the ones written, and accumulation_steps, more than the settings say where an
    attempt before ran out of GPU memory. `tracker` is shown the values as they come. `master_seed`
    names the starting weights, `seed` draws all else. Of several processes at this the first alone
    writes.

    With `equal_steps` an epoch has as many images as the baseline of the mix (`files.baseline`);
    of `most_steps` batches it has no more than that.
    Where the mix has the images of the baseline and no others, nothing is trained: what the
    training would come to is copied from there, and said. Raises UserError when a part of the mix
    lacks a class, the training breaks, or GPU memory runs out: the next attempt then takes smaller
    parts.
    """
    settings = settle(base, own, files.chosen)
    settings["accumulation_steps"] = parts_to_take(checkpoint, settings["accumulation_steps"])
    table = read_table(files.mix)
    baseline = read_table(files.baseline.mix) if files.baseline else None
    if files.baseline and files.baseline.weights and table.equals(baseline):
        _take_over(files, output, history, checkpoint)
        return
    _check_classes(table, classes)
    arrays = {
        store: load_array(path) for store, path in files.sources(settings, master_seed).items()
    }
    torch.manual_seed(derive_seed("classifier", seed))
    network, header = _start(settings, files, classes, master_seed)
    network.to(device)
    frozen, trained = network.cut(unfrozen_of(settings))
    cached = files.has_features(settings, master_seed)
    through = FromImages(network, frozen, input_size_of(settings), device)
    source = Source(arrays, None if cached else through)
    train, validation = (
        Examples(table[table["split"] == split], source, classes)
        for split in ("train", "validation")
    )
    epoch_images = len(train)
    if equal_steps and baseline is not None:
        epoch_images = int((baseline["split"] == "train").sum())
    if most_steps is not None:
        epoch_images = min(epoch_images, most_steps * settings["batch_size"])
    _check_batches(settings, trained, epoch_images)
    LOGGER.info(
        "training %s on %d %s, %d an epoch, on %s",
        settings["network"],
        len(train),
        "images, by their features" if cached else "images",
        epoch_images,
        distributed.described(device),
    )
    class_weights = class_weight_tensor(settings["class_weights"], train.labels, classes)
    images = torch.bincount(train.labels, minlength=len(classes))
    fitted = settings["head"] in FITTED
    passes = Passes(
        trained,
        settings,
        None if fitted else build_optimizer(settings, trained),
        build_loss(settings["loss"], classes, class_weights, images),
        len(classes),
        _augmentation(settings, source),
        None if positive_class is None else classes.index(positive_class),
        device,
        epoch_images,
    )
    if fitted:
        told = fit_at_once(network, passes, train, validation, class_weights, seed)
    else:
        training = Training(network, settings, passes)
        training.fit(train, validation, checkpoint, derive_seed("classifier epochs", seed), tracker)
        told = training.table()

    if distributed.rank() == 0:
        if not fitted:
            load_trained(network, training.kept_weights)
        save_trained(output, network, unfrozen_of(settings), header)
        write_table(history, told)
        checkpoint.remove()


def fit_at_once(
    network: Network,
    passes: Passes,
    train: Examples,
    validation: Examples,
    class_weights: torch.Tensor | None,
    seed: int,
) -> pd.DataFrame:
    """Fit a head that scikit-learn has to the features of `train`; return a history of one epoch.

    It sees each training image once.
    """
    # scikit-learn is long to import
    from synthmix.classify.fit_head import fit_head

    features = passes.features(train)
    weights = None if class_weights is None else class_weights.cpu().numpy()
    fit_head(network.head, passes.settings, features, train.labels.numpy(), weights, seed)
    rows = []
    for split, examples in (("train", train), ("validation", validation)):
        values = passes.judge(examples, 1)
        LOGGER.info("%s %s", split, " ".join(f"{n} {v:.4f}" for n, v in values.items()))
        how = {"learning_rate": 0.0, "accumulation_steps": passes.settings["accumulation_steps"]}
        rows.append({"epoch": 1, "split": split, **values, **how, "kept": True})
    return pd.DataFrame(rows)


class Training:
    """A training as it goes: its epochs, its history and the weights that it keeps."""

    def __init__(self, network: Network, settings: Mapping[str, Any], passes: Passes) -> None:
        """Prepare to train the unfrozen layers of `network` by `passes`."""
        self.network = network
        self.unfrozen = unfrozen_of(settings)
        self.epochs = settings["epochs"]
        self.monitor = settings["monitor"]
        self.keeps_last = settings["keep"] == "last"
        self.parts = settings["accumulation_steps"]
        self.passes = passes
        self.best = BestEpoch(settings["monitor"], settings["patience"], settings["min_delta"])
        plateau = settings["plateau"]
        self.plateau = PlateauSchedule(plateau, passes.optimizer) if plateau else None
        self.history: list[dict[str, Any]] = []
        self.epoch = self.kept = 0
        self.kept_weights: dict[str, torch.Tensor] = {}

    def fit(
        self,
        train: Examples,
        validation: Examples,
        checkpoint: Checkpoint,
        seed: int,
        tracker: Tracker = NO_TRACKER,
    ) -> None:
        """Train until the monitored value has not got better for `patience` epochs."""
        state = checkpoint.load()
        if state:
            self._load(state)
            LOGGER.info("going on after epoch %d", self.epoch)
        device = self.passes.device
        distributed.begin_alike(device, epoch=self.epoch, accumulation_steps=self.parts)
        silent = None if distributed.rank() == 0 else True
        bar = tqdm(total=self.epochs, initial=self.epoch, desc="train", disable=silent)
        while self.epoch < self.epochs and not self.best.is_over(self.epoch):
            self.epoch += 1
            torch.manual_seed(derive_seed("epoch", seed, self.epoch))
            distributed.seed_own(derive_seed("parts", seed, self.epoch))
            with smaller_parts_next(checkpoint, self.parts, *self._parted()):
                self._record("train", self.passes.learn(train, self.epoch))
                values = self._judge(validation)
            self._record("validation", values)
            if self.best.update(self.epoch, values[self.monitor]) or self.keeps_last:
                self.kept = self.epoch
                self.kept_weights = trained_state(self.network, self.unfrozen)
            if self.plateau and self.plateau.update(values["loss"]):
                LOGGER.info("epoch %d: learning rate lowered", self.epoch)
            if distributed.rank() == 0:
                # before the checkpoint: what it holds is not gone through, and not shown, again
                tracker.log(self._shown(), self.epoch)
                checkpoint.save_if_due(self._state)
            bar.update()
        distributed.wait_for_all()
        bar.close()
        LOGGER.info("best epoch %d of %d", self.best.epoch, self.epoch)

    def _judge(self, validation: Examples) -> dict[str, float]:
        """Return the validation values, the same in all processes: by them a training ends."""
        values = self.passes.judge(validation, self.epoch)
        device = self.passes.device
        return {name: distributed.told_by_first(value, device) for name, value in values.items()}

    def table(self) -> pd.DataFrame:
        """Return the history, in both rows of the epoch whose weights are kept with kept: True."""
        history = pd.DataFrame(self.history)
        return history.assign(kept=history["epoch"] == self.kept)

    def _shown(self) -> dict[str, float]:
        """Return the values of the last epoch as a tracker shows them: loss/train and so on."""
        return {
            f"{name}/{row['split']}": row[name]
            for row in self.history[-2:]
            for name in row
            if name not in ("epoch", "split", "accumulation_steps")
        }

    def _parted(self) -> tuple[int, str | None]:
        """Return how many images of a batch a device has, and why they can't be parted, if so."""
        settings, images = self.passes.settings, self.passes.epoch_images
        loss, whole = settings["loss"]["name"], None
        if loss in OF_A_BATCH:
            whole = f"{loss} is a loss of all images of a batch together"
        return min(settings["batch_size"], images) // distributed.world_size(), whole

    def _record(self, split: str, values: dict[str, float]) -> None:
        how = {"learning_rate": self.passes.learning_rate(), "accumulation_steps": self.parts}
        self.history.append({"epoch": self.epoch, "split": split, **values, **how})
        shown = " ".join(f"{name} {value:.4f}" for name, value in values.items())
        LOGGER.info("epoch %d %s %s", self.epoch, split, shown)

    def _state(self) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "best": self.best.state(),
            "plateau": self.plateau.state() if self.plateau else None,
            "kept": self.kept,
            "kept_weights": self.kept_weights,
            "history": self.history,
            "weights": trained_state(self.network, self.unfrozen),
            "optimizer": self.passes.optimizer.state_dict(),
            "class_errors": self.passes.class_errors,
        }

    def _load(self, state: Mapping[str, Any]) -> None:
        load_trained(self.network, state["weights"])
        self.passes.optimizer.load_state_dict(state["optimizer"])
        self.passes.class_errors = state["class_errors"]
        self.best.load(state["best"])
        if self.plateau:
            self.plateau.load(state["plateau"])
        for name in ("epoch", "kept", "kept_weights", "history"):
            setattr(self, name, state[name])


def _take_over(
    files: TrainingFiles, output: str | Path, history: str | Path, checkpoint: Checkpoint
) -> None:
    """Copy what the baseline's training has come to: on the same images this one would, too."""
    if distributed.rank() == 0:
        LOGGER.warning(
            "the mix %s has the same images as its baseline %s: it is not trained, and has the "
            "results of that",
            *(Path(files.mix).stem, Path(files.baseline.mix).stem),
        )
        copy_file(files.baseline.weights, output)
        copy_file(files.baseline.history, history)
        checkpoint.remove()


def _start(
    settings: Mapping[str, Any],
    files: TrainingFiles,
    classes: list[str],
    master_seed: int,
) -> tuple[Network, Header]:
    """Return the network as training begins with it, and the header of its file."""
    first = next(iter(files.images.values()))
    shape = list(to_tensor(load_array(first)[:1]).shape[1:])
    network = new_network(settings, shape, len(classes))
    before = read_header(files.start) if files.start else None
    name = before.weights if before else weights_name(settings, master_seed)
    if name is not None:
        load_starting_weights(network, settings["network"], files.weights[name])
    if before:
        if unfrozen_of(settings) < unfrozen_of(before.settings):
            raise UserError(
                f"classifier: starts from one whose last {unfrozen_of(before.settings)} layers "
                f"were trained, and trains {unfrozen_of(settings)} of them: unfreeze as many at "
                f"least"
            )
        load_trained(network, load_file(files.start))
    return network, Header(dict(settings), classes, shape, name)


def _augmentation(settings: Mapping[str, Any], source: Source) -> Any:
    kind = settings["augmentation"] or settings["volume_augmentation"]
    if not kind:
        return None
    # torchvision, which it needs, is long to import
    from synthmix.classify.augmentation import build_augmentation

    return build_augmentation(
        kind, volumes=any(array.dtype != "uint8" for array in source.arrays.values())
    )


def _check_classes(table: pd.DataFrame, classes: list[str]) -> None:
    for split in ("train", "validation"):
        there = set(table.loc[table["split"] == split, "label"])
        if missing := [label for label in classes if label not in there]:
            raise UserError(
                f"no {split} image of class {', '.join(missing)}: nothing can be learned or judged "
                f"of it; use fewer folds, other shares of the split, or leave the class out"
            )


def _check_batches(settings: Mapping[str, Any], trained: torch.nn.Module, images: int) -> None:
    distributed.check_batch(min(settings["batch_size"], images))
    if has_batch_norm(trained) and min(settings["batch_size"], images) < 2:
        raise UserError(
            f"batch_size: {settings['batch_size']} leaves one image in a batch, of which batch "
            f"norm can't learn: raise it to two or more, or freeze the layers with batch norm"
        )
