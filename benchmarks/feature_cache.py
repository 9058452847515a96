"""Wall time of a search over heads, with features computed once and with none, in one run.

    PYTHONPATH=scripts .venv/bin/python benchmarks/feature_cache.py ../shared/data/skin_lesions.zip

The search is the first stage of the transfer learning study: batch sizes times networks, of which
the dense layers alone are trained, on the first images of an archive at 224 x 224 pixels. All is
trained by the job of the workflow: the cached way computes the features of each network and counts
the time for that, the plain way goes through the frozen layers in every epoch. Both see the same
images in the same order, and the benchmark stops where their losses differ. Frozen weights are
random, labels are made up and the head is small: the time of the frozen layers depends on none of
them. The more epochs, the more the cache saves; a study trains for up to 100.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
import torch
from PIL import Image

from synthmix.classify.extract_features import extract_features
from synthmix.classify.fetch_weights import fetch_weights
from synthmix.classify.files import TrainingFiles
from synthmix.classify.settings import Classifier
from synthmix.classify.train_classifier import train_classifier
from synthmix.files import write_table
from synthmix.mix.compose_mix import REAL_STORE
from synthmix.networks.plan import backbone_name, weights_name
from synthmix.readers import PICTURE_SUFFIXES
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.store import read_table, save_array

CLASSES = ["even", "odd"]
SEED = 1
VALIDATION = 5  # one of so many images validates
LARGEST_DIFFERENCE = 1e-4  # of the losses of the two ways


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    totals = {"plain": 0.0, "cached": 0.0}
    with tempfile.TemporaryDirectory() as name:
        search = Search(Path(name), arguments)
        for network in arguments.networks:
            features, cached = search.cached(network)
            plain = search.plain(network)
            search.compare(network)
            totals["cached"] += features + cached
            totals["plain"] += plain
            print(
                f"{network:16} plain {plain:8.1f} s, cached {features + cached:8.1f} s, of which "
                f"features {features:.1f} s; ratio {plain / (features + cached):.1f}",
                flush=True,
            )
    runs = len(arguments.networks) * len(arguments.batch_sizes)
    print(
        f"{runs} runs of {arguments.epochs} epochs on {arguments.images} images: plain "
        f"{totals['plain']:.1f} s, cached {totals['cached']:.1f} s, "
        f"ratio {totals['plain'] / totals['cached']:.1f}"
    )


class Search:
    """A search over batch sizes of heads, trained in either way in a folder."""

    def __init__(self, folder: Path, arguments: argparse.Namespace) -> None:
        """Write the store of images and the table of which of them train."""
        self.folder = folder
        self.arguments = arguments
        self.device = torch.device(arguments.device)
        size = arguments.image_size
        pictures = _pictures(arguments.archive, arguments.images, size)
        save_array(folder / "real.npy", (size, size, 3), "uint8", [pictures])
        rows = np.arange(len(pictures))
        mix = pd.DataFrame({"store": REAL_STORE, "row": rows, "sample_id": rows, "group": rows})
        mix["label"] = np.where(rows % 2, CLASSES[1], CLASSES[0])
        mix["split"] = np.where(rows // 2 % VALIDATION, "train", "validation")
        write_table(folder / "mix.csv", mix)

    def cached(self, network: str) -> tuple[float, float]:
        """Return the seconds that features take, and those of the trainings on them."""
        files = self._files(network)
        settings = self._settings(network)
        backbone = backbone_name(settings, SEED)
        output = self.folder / f"{backbone}.npy"
        begin = time.perf_counter()
        weights = next(iter(files.weights.values()))
        extract_features(self.folder / "real.npy", weights, output, settings, self.device)
        features = time.perf_counter() - begin
        files = replace(files, features={(backbone, REAL_STORE): output})
        return features, self._train(network, files, "cached")

    def plain(self, network: str) -> float:
        """Return the seconds that the trainings take without features."""
        return self._train(network, self._files(network), "plain")

    def compare(self, network: str) -> None:
        """Stop where the two ways have not learned the same."""
        for size in self.arguments.batch_sizes:
            losses = [
                read_table(self.folder / f"{network}-{size}-{way}.csv")["loss"].to_numpy()
                for way in ("plain", "cached")
            ]
            difference = np.abs(losses[0] - losses[1]).max()
            if difference > LARGEST_DIFFERENCE:
                raise SystemExit(f"{network}, batch size {size}: losses differ by {difference:g}")

    def _train(self, network: str, files: TrainingFiles, way: str) -> float:
        begin = time.perf_counter()
        for size in self.arguments.batch_sizes:
            name = self.folder / f"{network}-{size}-{way}"
            train_classifier(
                base=self._settings(network, batch_size=size),
                own={},
                files=files,
                classes=CLASSES,
                positive_class=None,
                output=name.with_suffix(".safetensors"),
                history=name.with_suffix(".csv"),
                checkpoint=Checkpoint(name.with_suffix(".pt"), "benchmark", every_seconds=1e9),
                seed=SEED,
                master_seed=SEED,
                device=self.device,
            )
        return time.perf_counter() - begin

    def _files(self, network: str) -> TrainingFiles:
        name = weights_name(self._settings(network), SEED)
        weights = self.folder / f"{name}.safetensors"
        if not weights.exists():
            fetch_weights(network, "none", weights, SEED)
        images = {REAL_STORE: self.folder / "real.npy"}
        return TrainingFiles(self.folder / "mix.csv", images, weights={name: weights})

    def _settings(self, network: str, **changes: Any) -> Mapping[str, Any]:
        epochs = self.arguments.epochs
        return Classifier(
            network=network,
            weights="none",
            input_size=self.arguments.image_size,
            unfrozen_layers=0,
            dense_layers=self.arguments.dense_layers,
            learning_rate=1e-4,
            epochs=epochs,
            patience=epochs,
            **changes,
        ).model_dump(mode="json")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("archive", type=Path, help="a ZIP file of pictures")
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--networks", nargs="+", default=["vgg16", "resnet50", "inception_v3"])
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[32, 64, 128, 256])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--dense-layers", type=int, nargs="*", default=[256])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    return parser.parse_args()


def _pictures(archive: Path, count: int, size: int) -> np.ndarray:
    """Return the first pictures of an archive, (count, size, size, 3) uint8."""
    with ZipFile(archive) as opened:
        names = sorted(
            name for name in opened.namelist() if Path(name).suffix.lower() in PICTURE_SUFFIXES
        )
        if len(names) < count:
            raise SystemExit(f"{archive} has {len(names)} pictures, not {count}")
        return np.stack([_picture(opened.read(name), size) for name in names[:count]])


def _picture(contents: bytes, size: int) -> np.ndarray:
    with Image.open(io.BytesIO(contents)) as picture:
        return np.asarray(picture.convert("RGB").resize((size, size)))


if __name__ == "__main__":
    main()
