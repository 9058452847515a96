"""Training one generator, resumable at every epoch."""

import importlib
import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.generate.models import checked
from synthmix.generate.models.base import Generator
from synthmix.generate.models.settings import GeneratorSettings, Snapshots
from synthmix.generate.origin import listed_samples
from synthmix.generate.sheet import save_sheet, sheet_images
from synthmix.leakage import NONE, Leakage
from synthmix.prepare.parts import LEARNED_FROM, as_learned
from synthmix.registry import load_generator
from synthmix.resizing import resized
from synthmix.runtime import distributed
from synthmix.runtime.accumulation import parts_to_take, smaller_parts_next
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.runtime.trackers import NO_TRACKER, Tracker
from synthmix.seeds import derive_seed
from synthmix.store import load_array, load_store, read_table

LOGGER = logging.getLogger(__name__)
BLOCK = 64  # images that are resized at a time
SNAPSHOT_COLUMNS = ["epoch", "images_seen", "seconds", "score", "value"]

# The module that scores snapshots. Named, not imported: its code, and that of all scores, counts
# only for trainings that are scored (see `synthmix.runtime.digest` and the rule).
SNAPSHOTS = "synthmix.generate.snapshots"


class Scorer(Protocol):
    """What says how good a generator is."""

    name: str

    def score(self, generator: Generator) -> float:
        """Return the score, the lower the better."""


@dataclass
class Progress:
    """How far a training has come; its checkpoint holds it.

    Its seconds are those that these epochs took, in whichever attempt, without scoring.
    """

    epoch: int = 0
    seconds: list[float] = field(default_factory=list)  # of training, by the end of each epoch
    losses: list[dict[str, float]] = field(default_factory=list)
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    sheets: dict[int, torch.Tensor] = field(default_factory=dict)  # (n, H, W, C), uint8, by epoch
    best: dict[str, torch.Tensor] = field(default_factory=dict)  # the sampling network's tensors

    def best_snapshot(self) -> dict[str, Any] | None:
        """Return the snapshot with the lowest score, the first of equals; None before any."""
        scored = [snapshot for snapshot in self.snapshots if math.isfinite(snapshot["value"])]
        return min(scored, key=lambda snapshot: snapshot["value"], default=None)

    def snapshots_since_best(self) -> int:
        """Return how many snapshots there have been since the best one, or in all."""
        best = self.best_snapshot()
        return len(self.snapshots) - (self.snapshots.index(best) + 1 if best else 0)

    def history(self) -> pd.DataFrame:
        """Return the losses, a row an epoch, with the parts that its batches were taken in."""
        return pd.DataFrame(self.losses)

    def times(self) -> pd.DataFrame:
        """Return the seconds of training by the end of each epoch, of the last with `finish`."""
        epochs = [losses["epoch"] for losses in self.losses]
        return pd.DataFrame({"epoch": epochs, "seconds": self.seconds})


def train_generator(
    settings: dict[str, Any],
    images: str | Path,
    split: str | Path,
    classes: Sequence[str],
    scope: str,
    name: str,
    scored_by: Mapping[str, str] | None,
    outputs: Mapping[str, str | Path],
    checkpoint: Checkpoint,
    seed: int,
    device: torch.device,
    tracker: Tracker = NO_TRACKER,
    leakage: Leakage = NONE,
    most_steps: int | None = None,
    ready: str | Path | None = None,
    learned_from: str | Path | None = None,
) -> None:
    """Train the generator `name` on the training images of `classes`, or on more of them.

    Where `classes` are UNLABELLED it learns from all images, whatever they are labelled. `scope` is
    the class that it learns, or the name of all of them together. Its images have the size that its
    settings say, or that of the store. Reads the store `images` and its `split`; which splits it
    learns from is the setting `learns_from`. `scored_by` has the network and the files that
    snapshots are scored by (scoring_network, input_size, weights,
    reference), None where there are none. Writes
    these `outputs`: the `weights` that make images and those of the `last` epoch (safetensors), the
    losses an epoch (`history`), the seconds of training by its end (`times`), the scores
    (`snapshots`), images from the same latent vectors at set epochs (`sheet`, PNG) and the samples
    it has seen (`trained_on`). With `most_steps`, of a rehearsal, it learns from no more images
    than the settings say for that. Ready images are those of the store `ready`, made from what the
    file `learned_from` lists, where there is one. Both files of weights say how the images were
    split, `leakage`. Raises UserError when a class has fewer than two, or when GPU memory runs out:
    the next attempt then takes batches in smaller parts. Of several processes at this the first
    alone writes.
    """
    samples = as_learned(read_table(split), classes)
    model = load_generator(settings["model"])
    own = model.Settings(**settings)
    if ready is None:
        taken = seen = _seen(samples, own, classes, most_steps)
        store = load_array(images)
    else:
        seen = listed_samples(samples, learned_from)
        store, taken = load_store(ready)
    pixels = _pixels(store, taken.index.to_numpy(), own.image_size)
    selected = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
    labels = torch.tensor([classes.index(label) for label in taken["label"]])
    on = distributed.described(device)
    LOGGER.info("training on %d images of %s, on %s", len(taken), ", ".join(classes), on)

    torch.manual_seed(derive_seed("generator weights", name, scope, seed))
    parts = parts_to_take(checkpoint, own.accumulation_steps)
    own = own.model_copy(update={"accumulation_steps": parts})
    generator = model(own, pixels.shape[1:], len(classes), device)
    distributed.check_batch(min(generator.settings.batch_size, len(selected)))
    scorer = _scorer(generator, scored_by, scope, labels)
    seed = derive_seed("generator", name, scope, seed)
    progress = fit(generator, selected, labels, checkpoint, seed, scorer, tracker)
    if distributed.rank() == 0:
        write_table(outputs["trained_on"], seen[["sample_id", "group"]])
        _write(generator, classes, progress, outputs, leakage)
        checkpoint.remove()


def _seen(
    samples: pd.DataFrame, own: GeneratorSettings, classes: Sequence[str], most_steps: int | None
) -> pd.DataFrame:
    """Return the samples that a generator learns from; raises UserError where these are too few."""
    learned = samples["split"].isin(LEARNED_FROM[own.learns_from])
    seen = samples[learned & samples["label"].isin(classes)]
    if most_steps is not None:
        seen = _few(seen, own.most_images(most_steps, len(classes)))
    _check_counts(seen["label"].value_counts(), classes)
    return seen


def _few(samples: pd.DataFrame, images: int | None) -> pd.DataFrame:
    """Return so many of the samples, of each class as many as far as it has them; None: all."""
    in_turn = samples.groupby("label").cumcount().sort_values(kind="stable").index
    return samples.loc[sorted(in_turn[:images])]


def _pixels(store: np.ndarray, rows: np.ndarray, size: int | None) -> np.ndarray:
    """Return the images `rows` of the store, with `size` pixels a side; few at once are larger."""
    if size is None:
        return store[rows]
    starts = range(0, len(rows), BLOCK)
    return np.concatenate([resized(store[rows[at : at + BLOCK]], size) for at in starts])


def fit(
    generator: Generator,
    images: torch.Tensor,
    labels: torch.Tensor,
    checkpoint: Checkpoint,
    seed: int,
    scorer: Scorer | None = None,
    tracker: Tracker = NO_TRACKER,
) -> Progress:
    """Train `generator` on `images` (N, C, H, W) uint8 of `labels` (N,), from its checkpoint."""
    settings = generator.settings
    progress = Progress()
    if state := checkpoint.load():
        generator.load_training_state(state["training"])
        progress = Progress(**state["progress"])
        LOGGER.info("going on after epoch %d", progress.epoch)
    parts = settings.accumulation_steps
    distributed.begin_alike(generator.device, epoch=progress.epoch, accumulation_steps=parts)
    epochs = range(progress.epoch + 1, settings.epochs + 1)
    for epoch in tqdm(epochs, "generator", disable=None if distributed.rank() == 0 else True):
        if _has_stopped(settings.snapshots, progress, generator.device):
            LOGGER.info("no better score in %d snapshots", progress.snapshots_since_best())
            break
        torch.manual_seed(derive_seed("epoch", seed, epoch))
        distributed.seed_own(derive_seed("parts", seed, epoch))
        _train_epoch(generator, images, labels, checkpoint, progress)
        if distributed.rank() == 0:
            _look_at(generator, progress, scorer, tracker)
            checkpoint.save_if_due(
                lambda: {"progress": vars(progress), "training": generator.training_state()}
            )
    start = time.monotonic()
    generator.finish(images, labels)
    progress.seconds[-1] = round(progress.seconds[-1] + time.monotonic() - start, 3)
    if distributed.rank() == 0 and progress.epoch not in progress.sheets:
        progress.sheets[progress.epoch] = torch.from_numpy(sheet_images(generator))
    distributed.wait_for_all()
    return progress


def _train_epoch(
    generator: Generator,
    images: torch.Tensor,
    labels: torch.Tensor,
    checkpoint: Checkpoint,
    progress: Progress,
) -> None:
    epoch, start = progress.epoch + 1, time.monotonic()
    settings, parts = generator.settings, generator.settings.accumulation_steps
    batch = min(settings.batch_size, len(images)) // distributed.world_size()
    whole = None if settings.works_in_parts else f"{settings.model} doesn't go through it in parts"
    try:
        with smaller_parts_next(checkpoint, parts, batch, whole):
            losses = checked.train_epoch(generator, images, labels)
    except UserError as error:
        raise UserError(f"{settings.model}, epoch {epoch}: {error}") from None
    progress.epoch = epoch
    before = progress.seconds[-1] if progress.seconds else 0.0
    progress.seconds.append(round(before + time.monotonic() - start, 3))
    seen = {"images_seen": generator.images_seen, "accumulation_steps": parts}
    progress.losses.append({"epoch": epoch, **seen, **losses})
    text = " ".join(f"{name} {value:.4f}" for name, value in losses.items())
    LOGGER.info("epoch %d/%d %s", epoch, generator.settings.epochs, text)


def _look_at(
    generator: Generator, progress: Progress, scorer: Scorer | None, tracker: Tracker
) -> None:
    """Score the generator and draw its images where that is due, and tell the tracker."""
    settings, epoch = generator.settings, progress.epoch
    known = ("epoch", "accumulation_steps")
    tracker.log({name: n for name, n in progress.losses[-1].items() if name not in known}, epoch)
    if scorer and _is_snapshot(settings, epoch):
        value = scorer.score(generator)
        LOGGER.info("epoch %d %s %.4f", epoch, scorer.name, value)
        snapshot = {
            "epoch": epoch,
            "images_seen": generator.images_seen,
            "seconds": progress.seconds[-1],
            "score": scorer.name,
            "value": value,
        }
        progress.snapshots.append(snapshot)
        tracker.log({scorer.name: value}, epoch)
        if progress.best_snapshot() is snapshot:
            tensors = generator.sampling_network().state_dict()
            progress.best = {key: tensor.cpu().clone() for key, tensor in tensors.items()}
    if epoch in settings.sheet_epochs:
        images = sheet_images(generator)
        progress.sheets[epoch] = torch.from_numpy(images)
        tracker.log_image("sheet", np.concatenate([*images], axis=1), epoch)


def _is_snapshot(settings: GeneratorSettings, epoch: int) -> bool:
    due = epoch % settings.snapshots.every == 0 and epoch >= settings.first_scored_epoch
    return due or epoch == settings.epochs


def _has_stopped(snapshots: Snapshots | None, progress: Progress, device: torch.device) -> bool:
    if snapshots is None or snapshots.patience is None:
        return False
    over = progress.snapshots_since_best() >= snapshots.patience
    return bool(distributed.told_by_first(over, device))


def _write(
    generator: Generator,
    classes: Sequence[str],
    progress: Progress,
    outputs: Mapping[str, str | Path],
    leakage: Leakage,
) -> None:
    used = progress.epoch
    generator.save(outputs["last"], classes, leakage)
    if progress.best and generator.settings.snapshots.keep == "best":
        generator.load_sampling_state(progress.best)
        used = progress.best_snapshot()["epoch"]
        progress.sheets[used] = torch.from_numpy(sheet_images(generator))
    generator.save(outputs["weights"], classes, leakage)
    write_table(outputs["history"], progress.history())
    # apart: of two equal trainings all else is equal, and times are not
    write_table(outputs["times"], progress.times())
    snapshots = pd.DataFrame(progress.snapshots, columns=SNAPSHOT_COLUMNS)
    best = progress.best_snapshot()
    snapshots["best"] = snapshots["epoch"] == (best["epoch"] if best else None)
    write_table(outputs["snapshots"], snapshots)
    save_sheet(outputs["sheet"], progress.sheets, used)


def _scorer(
    generator: Generator, scored_by: Mapping[str, str] | None, scope: str, labels: torch.Tensor
) -> Scorer | None:
    if scored_by is None or distributed.rank() != 0:
        return None
    return importlib.import_module(SNAPSHOTS).FrechetScorer.of_files(
        scored_by["weights"],
        scored_by["scoring_network"],
        scored_by["input_size"],
        scored_by["reference"],
        scope,
        labels.tolist(),
        generator.settings.snapshots.images,
        generator.device,
    )


def _check_counts(there: pd.Series, classes: Sequence[str]) -> None:
    for label in classes:
        if there.get(label, 0) < 2:
            raise UserError(
                f"class {label} has {there.get(label, 0)} training images, too few to train a "
                f"generator on: two at least; add images, or leave the class out"
            )
