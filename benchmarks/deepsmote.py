"""CPU time of a training step of DeepSMOTE beside the authors' loop, in one run.

    PYTHONPATH=scripts .venv/bin/python benchmarks/deepsmote.py ../shared/data/mnist

Both train the same networks from the same weights on as many images of each digit as a batch has.
The plain loop does what Dablain, Krawczyk and Chawla (2022) describe, in their order: a DataLoader
over images as numbers, every image of a class looked up to draw some, both batches encoded and
decoded apart, codes and images permuted, an Adam for each network; plain layers throughout. With
--both the penalty trains its encoder too, as the paper's algorithm reads; in the authors' code,
and in ours, it does not. They take turns, and each one's best turn counts. Time is that of the
process on one thread: what else the machine does is not to decide.
"""

import argparse
import gzip
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, TensorDataset

from synthmix.generate.models.deepsmote.model import DeepSMOTE
from synthmix.generate.models.deepsmote.networks import Doubling, Halving
from synthmix.generate.models.deepsmote.settings import Settings

CLASSES = 10
# what an epoch of the imbalance study has
EPOCH_IMAGES = 9000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="where the IDX files of MNIST are")
    parser.add_argument("--widths", type=int, nargs="+", default=[8, 32, 128])
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--both", action="store_true", help="the penalty trains both networks")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    images, labels = _digits(arguments.folder, arguments.batch_size)
    for width in arguments.widths:
        settings = Settings(
            model="deepsmote", epochs=1, hidden_width=width, batch_size=arguments.batch_size
        )
        ours, plain = _fresh(settings), PlainLoop(_fresh(settings), images, labels, arguments.both)
        runs = {
            "plain loop": plain.train_epoch,
            "synthmix": lambda ours=ours: ours.train_epoch(images, labels),
        }
        best = _best(runs, arguments.turns)
        print(f"hidden_width {width}, batch size {arguments.batch_size}")
        for what, seconds in best.items():
            step, epoch = 1000 * seconds / CLASSES, seconds / len(images) * EPOCH_IMAGES
            print(f"  {what:10} {step:7.1f} ms a step, {epoch:6.1f} s an epoch of {EPOCH_IMAGES}")
        print(f"  ratio {best['plain loop'] / best['synthmix']:.2f}", flush=True)


class PlainLoop:
    """The authors' loop around the networks of `model`, with plain layers in them."""

    def __init__(
        self, model: DeepSMOTE, images: torch.Tensor, labels: torch.Tensor, both: bool
    ) -> None:
        """Take the networks, and the images as numbers in -1..1, as their code does."""
        self.encoder, self.decoder = _plain(model.encoder), _plain(model.network.decoder)
        self.optimizers = [
            torch.optim.Adam(network.parameters(), model.settings.learning_rate)
            for network in (self.encoder, self.decoder)
        ]
        self.images, self.labels = (images.float() / 127.5 - 1).numpy(), labels.numpy()
        self.batch_size, self.both = model.settings.batch_size, both
        data = TensorDataset(torch.from_numpy(self.images), labels)
        self.loader = DataLoader(data, self.batch_size, shuffle=True)

    def train_epoch(self) -> None:
        """Take a step for each batch of the DataLoader."""
        for mixed, _ in self.loader:
            own = self.images[self.labels == np.random.choice(CLASSES)]
            drawn = np.random.choice(len(own), min(len(own), self.batch_size), replace=False)
            one_class = torch.from_numpy(own[drawn])
            order = torch.randperm(len(one_class))

            reconstruction = mse_loss(self.decoder(self.encoder(mixed)), mixed)
            codes = self.encoder(one_class)
            permuted = (codes if self.both else codes.detach())[order]
            penalty = mse_loss(self.decoder(permuted), one_class[order])
            for optimizer in self.optimizers:
                optimizer.zero_grad()
            (reconstruction + penalty).backward()
            for optimizer in self.optimizers:
                optimizer.step()
            (reconstruction + penalty).item()


def _plain(network: nn.Module) -> nn.Module:
    """Return `network` with torch's own convolutions in place of ours."""
    for layer in network.modules():
        if isinstance(layer, Halving):
            layer.__class__ = nn.Conv2d
        elif isinstance(layer, Doubling):
            layer.__class__ = nn.ConvTranspose2d
    return network


def _fresh(settings: Settings) -> DeepSMOTE:
    torch.manual_seed(0)
    return DeepSMOTE(settings, (28, 28, 1), CLASSES, torch.device("cpu"))


def _digits(folder: Path, each: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the first `each` images of each digit, (N, 1, 28, 28) uint8, and their labels."""
    with gzip.open(folder / "train-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(folder / "train-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    rows = np.concatenate([np.flatnonzero(labels == digit)[:each] for digit in range(CLASSES)])
    return torch.from_numpy(images[rows]), torch.from_numpy(labels[rows].astype(np.int64))


def _best(runs: dict[str, Callable[[], object]], turns: int) -> dict[str, float]:
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(turns):
        for what, run in runs.items():
            begin = time.process_time()
            run()
            best[what] = min(best[what], time.process_time() - begin)
    return best


if __name__ == "__main__":
    main()
