"""Classifiers trained and judged on the real images of one data set, job by job."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from synthmix.classify.extract_features import extract_features
from synthmix.classify.fetch_weights import fetch_weights
from synthmix.classify.files import TrainingFiles
from synthmix.classify.network import load_starting_weights, new_network
from synthmix.classify.predict import predict
from synthmix.classify.settings import Classifier
from synthmix.classify.train_classifier import train_classifier
from synthmix.errors import UserError
from synthmix.evaluate.score_predictions import score_predictions
from synthmix.evaluate.settings import LARGEST_PROBABILITY, Evaluation
from synthmix.figures.predictions import PredictionFile
from synthmix.files import write_table
from synthmix.mix.compose_mix import REAL_STORE, compose_mix
from synthmix.mix.plan import plan_real_mixes
from synthmix.networks.base import Network
from synthmix.networks.inputs import to_tensor
from synthmix.networks.plan import (
    backbone_name,
    frozen_settings,
    unfrozen_of,
    weights_name,
)
from synthmix.prepare.split_samples import SPLITS
from synthmix.repeats import Repeat
from synthmix.runtime.checkpoint import Checkpoint, training_identity
from synthmix.store import load_array, read_table

CHECKPOINT_SECONDS = 60.0
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Trained:
    """A trained classifier: its settings as plain values, and where its files lie."""

    name: str
    settings: dict[str, Any]
    folder: Path
    weights: dict[str, Path]
    """The files of the weights it started from, by their name; none if all of it was trained."""

    @property
    def model(self) -> Path:
        """The trained weights of the best epoch."""
        return self.folder / "weights.safetensors"

    @property
    def history(self) -> Path:
        """The table of its epochs."""
        return self.folder / "history.csv"

    def predictions(self, part: str = "test") -> Path:
        """Return the table of what it says of the `part`, test or validation."""
        return self.folder / f"{part}.csv"


@dataclass(frozen=True)
class Scores:
    """The long tables of metrics and of confusion that figures read."""

    metrics: Path
    confusion: Path


class Experiment:
    """Trains classifiers on the training images of a split and judges them by its test images.

    What the workflow does in jobs of their own, with the same files, is done here when it is asked
    for: training, predicting, scoring. What several trainings share, starting weights and the
    features of frozen layers, is made once and kept beside the images.

    Figures draw the mixes of a classifier beside one another. Here those are its trainings: the
    folder's name stands for the classifier, that of a training for the mix.
    """

    def __init__(
        self,
        folder: str | Path,
        images: str | Path,
        split: str | Path,
        classes: Sequence[str],
        *,
        positive_class: str | None = None,
        seed: int = 1,
        device: torch.device = CPU,
    ) -> None:
        """Prepare the experiment in `folder`, where its results go.

        `images` is the array of the prepared images and `split` its table, as `prepare_images` and
        `split_samples` write them. `positive_class` is what precision, sensitivity and thresholds
        are about, where there is one. Raises UserError when a patient is in two parts of the split.
        """
        self.folder = Path(folder)
        self.images = Path(images)
        self.split = Path(split)
        self.classes = list(classes)
        self.positive_class = positive_class
        self.seed = seed
        self.device = device
        self.mix = self.folder / "mix.csv"
        _check_patients(read_table(split), split)
        (real_only,) = plan_real_mixes()
        compose_mix(real_only, self.split, {}, [], self.mix, seed)

    def network(self, settings: Classifier) -> Network:
        """Return the network of a classifier as its training begins with it, to be looked at.

        It is cut where `settings` say: what is frozen needs no gradient. Raises UserError when its
        weights can't be had.
        """
        plain = settings.model_dump(mode="json")
        torch.manual_seed(self.seed)
        shape = to_tensor(load_array(self.images)[:1]).shape[1:]
        network = new_network(plain, shape, len(self.classes))
        for file in self._weights(plain).values():
            load_starting_weights(network, settings.network, file)
        network.cut(unfrozen_of(plain))
        return network.eval()

    def train(self, name: str, settings: Classifier, start: Trained | None = None) -> Trained:
        """Train a classifier by `settings`, from the weights of `start` where that is given.

        `name` is that of its folder. A training that was broken off is gone on with. Raises
        UserError when its weights can't be had, a part of the split lacks a class or the training
        breaks.
        """
        plain = settings.model_dump(mode="json")
        weights = start.weights if start else self._weights(plain)
        trained = Trained(name, plain, self.folder / name, weights)
        files = self._files(trained, start)
        read = [self.mix, self.split, self.images, *([start.model] if start else [])]
        identity = training_identity({"settings": plain, "seed": self.seed}, read)
        train_classifier(
            base={},
            own=plain,
            files=files,
            classes=self.classes,
            positive_class=self.positive_class,
            output=trained.model,
            history=trained.history,
            checkpoint=Checkpoint(trained.folder / "checkpoint.pt", identity, CHECKPOINT_SECONDS),
            seed=self.seed,
            master_seed=self.seed,
            device=self.device,
        )
        return trained

    def predict(
        self, trained: Trained, threshold: float | dict[str, float] = LARGEST_PROBABILITY
    ) -> pd.DataFrame:
        """Have a classifier predict the test images, and the validation images; return the former.

        The table has a row an image: its label, the class predicted, and a probability of each
        class. `threshold` is the probability from which an image is said to be of the positive
        class, or {"sensitivity": s}, which is chosen on the validation images.
        """
        predict(
            model=trained.model,
            files=self._files(trained),
            split=self.split,
            outputs={part: trained.predictions(part) for part in ("test", "validation")},
            positive_class=self.positive_class,
            threshold=threshold,
            predicting={},
            fold=None,
            seed=self.seed,
            master_seed=self.seed,
            device=self.device,
        )
        return read_table(trained.predictions())

    def score(self, *trained: Trained) -> Scores:
        """Score the predictions of classifiers, with intervals over patients, in tables for all."""
        scores = Scores(self.folder / "metrics.csv", self.folder / "confusion.csv")
        parts = [self._score(each) for each in trained]
        for combined, name in ((scores.metrics, "metrics"), (scores.confusion, "confusion")):
            tables = [read_table(getattr(part, name)) for part in parts]
            write_table(combined, pd.concat(tables, ignore_index=True))
        return scores

    def prediction_files(self, *trained: Trained) -> list[PredictionFile]:
        """Return the predictions of the test images as figures take them."""
        return [
            PredictionFile(self.folder.name, each.name, str(self.seed), each.predictions())
            for each in trained
        ]

    def histories(self, *trained: Trained) -> list[tuple[str, str, Path]]:
        """Return how trainings went as `plot_classifier_history` takes it, a panel each."""
        return [(each.name, str(self.seed), each.history) for each in trained]

    def _score(self, trained: Trained) -> Scores:
        scores = Scores(trained.folder / "metrics.csv", trained.folder / "confusion.csv")
        judged = Evaluation()
        score_predictions(
            test={Repeat(1, 1, self.seed): [trained.predictions("test")]},
            validation={Repeat(1, 1, self.seed): [trained.predictions("validation")]},
            metrics=scores.metrics,
            confusion=scores.confusion,
            identity={"classifier": self.folder.name, "mix": trained.name},
            classes=self.classes,
            positive_class=self.positive_class,
            bootstrap_samples=judged.bootstrap_samples,
            confidence=judged.confidence,
            seed=self.seed,
        )
        return scores

    def _files(self, trained: Trained, start: Trained | None = None) -> TrainingFiles:
        return TrainingFiles(
            mix=self.mix,
            images={REAL_STORE: self.images},
            features=self._features(trained),
            weights=trained.weights,
            start=start and start.model,
        )

    def _weights(self, settings: dict[str, Any]) -> dict[str, Path]:
        """Return the file of the starting weights, fetched where that is not yet done."""
        name = weights_name(settings, self.seed)
        if name is None:
            return {}
        file = self.images.parent / "weights" / f"{name}.safetensors"
        if not file.exists():
            fetch_weights(settings["network"], settings["weights"], file, self.seed)
        return {name: file}

    def _features(self, trained: Trained) -> dict[tuple[str, str], Path]:
        """Return the features of the frozen layers, computed where there are none of any use."""
        name = backbone_name(trained.settings, self.seed)
        if name is None:
            return {}
        file = self.images.parent / "features" / f"{name}.npy"
        if not file.exists() or file.stat().st_mtime_ns < self.images.stat().st_mtime_ns:
            (weights,) = trained.weights.values()
            extract_features(
                self.images, weights, file, frozen_settings(trained.settings), self.device
            )
        return {(name, REAL_STORE): file}


def _check_patients(samples: pd.DataFrame, path: str | Path) -> None:
    """Raise UserError where training, validation and test share a patient."""
    used = samples[samples["split"].isin(SPLITS)]
    parts = used.groupby("group")["split"].nunique()
    torn = parts.index[parts > 1]
    if len(torn):
        raise UserError(
            f"{path}: {len(torn)} patients have images in more than one part of the split, such "
            f"as {', '.join(torn[:3])}: what is learned of them in training is no news in the "
            f"test; split by the column group, as split_samples does"
        )
