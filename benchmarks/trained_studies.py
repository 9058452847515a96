"""Small studies with real trainings: parts of real data sets, split, learned from and tested on.

All is done by the functions behind the workflow's jobs, in one process: index, preparing, split,
mix, features, training and prediction. `false_alarms.py` and `planted_effects.py` say what is
trained.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from synthmix.acquire.fetch_dataset import fetch_dataset
from synthmix.classify.extract_features import extract_features
from synthmix.classify.fetch_weights import fetch_weights
from synthmix.classify.files import TrainingFiles
from synthmix.classify.predict import predict
from synthmix.classify.settings import Classifier
from synthmix.classify.train_classifier import train_classifier
from synthmix.evaluate.paired import Files
from synthmix.files import write_table, write_text
from synthmix.mix.compose_mix import compose_mix
from synthmix.mix.plan import REAL_STORE, plan_real_mixes
from synthmix.networks.plan import backbone_name, frozen_settings, weights_name
from synthmix.prepare.index_dataset import index_dataset
from synthmix.prepare.prepare_images import prepare_images
from synthmix.prepare.settings import Prepare, ShareSplit
from synthmix.prepare.split_samples import split_samples
from synthmix.registry import load_dataset
from synthmix.repeats import Repeat, repeat_seed
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.seeds import derive_seed
from synthmix.store import load_store, read_table, save_array, table_path

SEED = 1  # of the weights that frozen layers have
CPU = torch.device("cpu")
Change = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]
Settings = Mapping[str, Any]

PICTURES = {
    **{"network": "cnn", "cnn": {"levels": 3, "filters": 8}, "learning_rate": 2e-3},
    **{"batch_size": 16, "epochs": 30, "patience": 5},
}
FEATURES = {
    **{"network": "resnet18", "unfrozen_layers": 0, "dense_layers": [32], "input_size": 64},
    **{"learning_rate": 1e-3, "batch_size": 16, "epochs": 40, "patience": 5},
}


@dataclass(frozen=True)
class Collection:
    """A data set that studies take parts of."""

    file: str  # below the folder of the data
    image_size: int
    folders: Mapping[str, str] | None = None  # by class, of an archive; None of MNIST


COLLECTIONS = {
    "brain": Collection(
        "brain_mri.zip",
        32,
        {
            **{"glioma": "glioma_tumor", "meningioma": "meningioma_tumor"},
            **{"none": "no_tumor", "pituitary": "pituitary_tumor"},
        },
    ),
    "chest": Collection(
        "chest_xray.zip",
        32,
        {"covid": "Covid-19", "normal": "No_findings", "pneumonia": "Pneumonia"},
    ),
    "digits": Collection("mnist", 28),
}


@dataclass(frozen=True)
class Task:
    """What is to be told apart in a part of a collection, and by which network."""

    name: str
    collection: str
    images: Mapping[str, int]  # by class
    classifier: Settings
    test: float = 0.3  # the share of the images

    @property
    def classes(self) -> list[str]:
        """Return the classes."""
        return list(self.images)

    @property
    def positive_class(self) -> str | None:
        """Return the first of two classes, None where there are more."""
        return self.classes[0] if len(self.images) == 2 else None

    @property
    def split(self) -> ShareSplit:
        """Return how the images are dealt out."""
        return ShareSplit(train=0.8 - self.test, validation=0.2, test=self.test)

    def settings(self) -> Settings:
        """Return the settings of the classifier, whole."""
        return Classifier(weights="none", **self.classifier).model_dump(mode="json")


@dataclass(frozen=True)
class Arm:
    """A mix to learn from and the seed of the classifiers that do."""

    name: str
    seed: int
    change: Change = lambda rows, random: rows  # of the table of a mix, for this one


class Data:
    """The collections, prepared once, and the features of their images."""

    def __init__(self, raw: Path, folder: Path) -> None:
        """Take what lies in the folder `raw`; `folder` keeps what is made of it."""
        self.raw, self.folder = raw, folder

    def images(self, name: str) -> Path:
        """Return the store with all images of a collection."""
        collection, folder = COLLECTIONS[name], self.folder / name
        store = folder / "images.npy"
        if table_path(store).exists():  # it is written last
            return store
        settings, fetched = self._fetched(collection, folder / "raw.json")
        index_dataset(settings, fetched, folder / "index.csv")
        prepare_images(
            folder / "index.csv",
            fetched,
            settings["source"],
            store,
            folder / "rejected.csv",
            Prepare(image_size=collection.image_size),
        )
        return store

    def _fetched(self, collection: Collection, output: Path) -> tuple[dict[str, Any], Path]:
        """Return the settings of the data set, and the file that says where its files lie."""
        path = self.raw / collection.file
        if collection.folders is None:
            write_text(output, json.dumps({"root": str(path)}))
            return {"source": "mnist"}, output
        folders = {label: [folder] for label, folder in collection.folders.items()}
        settings = {"source": "image_folder", "path": str(path), "classes": folders}
        dataset = load_dataset("image_folder")(**settings)
        fetch_dataset("image_folder", dataset.raw_settings(), output)
        return settings, output

    def weights(self, settings: Settings) -> dict[str, Path]:
        """Return the file of the frozen weights by their name; empty where nothing is frozen."""
        name = weights_name(settings, SEED)
        if name is None:
            return {}
        path = self.folder / f"{name}.safetensors"
        if not path.exists():
            fetch_weights(settings["network"], "none", path, SEED)
        return {name: path}

    def features(self, collection: str, settings: Settings) -> dict[str, Path]:
        """Return the features of all images of a collection by the name of the frozen layers."""
        name = backbone_name(settings, SEED)
        if name is None:
            return {}
        path = self.folder / collection / f"{name}.npy"
        if not path.exists():
            weights = next(iter(self.weights(settings).values()))
            frozen = settings | frozen_settings(settings)
            extract_features(self.images(collection), weights, path, frozen, CPU)
        return {name: path}


class Study:
    """A part of a collection, its splits and what is trained on them, in a folder of its own.

    What was tested already is not trained again.
    """

    def __init__(self, task: Task, name: str, rows: np.ndarray, data: Data, folder: Path) -> None:
        """Take the images at these `rows` of the store of the task's collection."""
        self.task, self.name, self.rows = task, name, rows
        self.data, self.folder = data, folder
        self.settings = task.settings()

    def predictions(self, arms: Sequence[Arm], splits: int) -> dict[str, Files]:
        """Return the tables of predictions of each arm, as `Judge.run` takes them."""
        return {
            arm.name: {
                Repeat(split, 1, 1): [self._predicted(arm, split)] for split in range(1, splits + 1)
            }
            for arm in arms
        }

    def _predicted(self, arm: Arm, number: int) -> Path:
        """Return the table of what the classifier of an arm says of a split's test images."""
        output = self.folder / f"{arm.name}-split{number}.csv"
        if output.exists():
            return output
        scratch = self.folder / "scratch"
        split, seed = self._split(number), repeat_seed(arm.seed, "split", number)
        mix = compose_mix_of(split, arm, scratch / f"{arm.name}.csv", seed)
        files = self._files(mix)
        weights = scratch / "weights.safetensors"
        train_classifier(
            base=self.settings,
            own={},
            files=files,
            classes=self.task.classes,
            positive_class=self.task.positive_class,
            output=weights,
            history=scratch / "history.csv",
            checkpoint=Checkpoint(scratch / "state.pt", "benchmark", every_seconds=1e9),
            seed=seed,
            master_seed=SEED,
            device=CPU,
        )
        predict(
            model=weights,
            files=files,
            split=split,
            outputs={"test": output, "validation": scratch / "validation.csv"},
            positive_class=self.task.positive_class,
            threshold=0.5,
            predicting={"monte_carlo_passes": None},
            fold=None,
            seed=seed,
            master_seed=SEED,
            device=CPU,
        )
        return output

    def _split(self, number: int) -> Path:
        path = self.folder / "scratch" / f"split{number}.csv"
        if not path.exists():
            duplicates = path.with_name("duplicates.csv")
            seed = repeat_seed(derive_seed("study", self.name), "split", number)
            images = table_path(self._images())
            split_samples(images, path, duplicates, self.task.split, None, None, seed)
        return path

    def _images(self) -> Path:
        store = self.folder / "scratch" / "images.npy"
        if not table_path(store).exists():
            images, table = load_store(self.data.images(self.task.collection))
            save_array(store, images.shape[1:], "uint8", [images[self.rows]])
            write_table(table_path(store), table.iloc[self.rows])
        return store

    def _files(self, mix: Path) -> TrainingFiles:
        features = {}
        for name, path in self.data.features(self.task.collection, self.settings).items():
            own = self.folder / "scratch" / path.name
            if not own.exists():
                whole = np.load(path, mmap_mode="r")
                save_array(own, whole.shape[1:], "float32", [whole[self.rows]])
            features[name, REAL_STORE] = own
        weights = self.data.weights(self.settings)
        return TrainingFiles(mix, {REAL_STORE: self._images()}, features, weights)


def compose_mix_of(split: Path, arm: Arm, output: Path, seed: int) -> Path:
    """Write the real images of a split, as the arm changes them."""
    compose_mix(plan_real_mixes()[-1], split, {}, [], output, derive_seed("mix", arm.seed))
    random = np.random.default_rng(derive_seed("change", seed))
    write_table(output, arm.change(read_table(output), random))
    return output


def parts(task: Task, count: int, data: Data, apart: bool, seed: int) -> list[np.ndarray]:
    """Return the rows of so many parts of a collection, no image in two of them if `apart`."""
    table = read_table(table_path(data.images(task.collection)))
    random = np.random.default_rng(derive_seed("parts", task.name, seed))
    found: list[list[np.ndarray]] = [[] for _ in range(count)]
    for label, images in task.images.items():
        rows = np.flatnonzero(table["label"] == label)
        if apart:
            drawn = random.choice(rows, (count, images), replace=False)
        else:
            drawn = [random.choice(rows, images, replace=False) for _ in range(count)]
        for part, chosen in zip(found, drawn, strict=True):
            part.append(chosen)
    return [np.sort(np.concatenate(part)) for part in found]


def kept_for(folder: Path, tasks: Sequence[Task], **others: Any) -> Path:
    """Return the `folder`, for these settings alone: what it holds of others stops the run."""
    text = json.dumps([[asdict(task) for task in tasks], others], sort_keys=True, indent=1)
    noted = folder / "settings.json"
    if noted.exists() and noted.read_text(encoding="utf-8") != text:
        raise SystemExit(f"{folder} holds results of other settings: name another folder")
    write_text(noted, text)
    return folder
