"""Images a second: training StyleGAN2-ADA in four ways, and sampling from every generator.

    PYTHONPATH=scripts .venv/bin/python benchmarks/stylegan2.py train
    PYTHONPATH=scripts .venv/bin/python benchmarks/stylegan2.py sample
    PYTHONPATH=scripts .venv/bin/python benchmarks/stylegan2.py train --device cuda \
        --channel-base 16384 --channel-max 512 --batch-size 32

`train` takes steps on noise of 64 x 64 pixels with the tensors in either memory format, and with
and without torch.compile on the synthesis and the discriminator. Regularisation differentiates
twice, which compiled code can't: it runs as it is written. A turn is 16 steps, so that each
regularisation has its turn. `sample` makes images of 64 x 64 pixels with the settings that a
study gets by default, as many as fill the batches of all; a turn of diffusion takes half an hour
on a CPU, and `--models` leaves it out. All take turns, and each one's best turn counts; ratios are
to the first. On the CPU time is that of the process on one thread: what else the machine does is
not to decide.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from synthmix.generate.models.base import Generator
from synthmix.generate.models.stylegan2_ada.model import R1_INTERVAL, StyleGAN2ADA
from synthmix.registry import GENERATORS, load_generator

SIZE = 64
FORMATS = {"contiguous": torch.contiguous_format, "channels-last": torch.channels_last}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("train", "sample"))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--channels", type=int, default=1, choices=(1, 3))
    parser.add_argument("--channel-base", type=int, default=2048)
    parser.add_argument("--channel-max", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--models", nargs="+", default=list(GENERATORS), choices=GENERATORS)
    parser.add_argument("--images", type=int, default=128, help="sampled in a turn")
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    device = torch.device(arguments.device)
    if arguments.what == "train":
        count = R1_INTERVAL * arguments.batch_size
        runs = _trainings(arguments, count, device)
    else:
        count = arguments.images
        runs = _samplings(arguments.models, arguments.channels, count, device)
    seconds = _best(runs, arguments.turns, device)
    first = next(iter(seconds.values()))
    print(f"{arguments.what}, {SIZE} x {SIZE} x {arguments.channels}, {device}")
    for name, best in seconds.items():
        print(f"  {name:24} {count / best:10.2f} images/s, ratio {first / best:.3g}")


class Trained(StyleGAN2ADA):
    """StyleGAN2-ADA with its tensors in a memory format, and compiled if asked for."""

    def prepare(self, memory_format: torch.memory_format, compiled: bool) -> None:
        """Put the networks into `memory_format`, and compile those that make and judge images."""
        self.memory_format = memory_format
        for network in (self.generator, self.averaged, self.discriminator):
            network.to(memory_format=memory_format)
        self.hot = [self.generator.synthesis, self.discriminator] if compiled else []
        for network in self.hot:
            network.compile()

    def _to_device(self, images: torch.Tensor) -> torch.Tensor:
        return super()._to_device(images).contiguous(memory_format=self.memory_format)

    def _regularise_path_lengths(self, labels: torch.Tensor) -> torch.Tensor:
        with self._as_written():
            return super()._regularise_path_lengths(labels)

    def _regularise_gradient(self, real: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        with self._as_written():
            return super()._regularise_gradient(real, labels)

    @contextmanager
    def _as_written(self) -> Iterator[None]:
        compiled = [network._compiled_call_impl for network in self.hot]
        for network in self.hot:
            network._compiled_call_impl = None
        try:
            yield
        finally:
            for network, call in zip(self.hot, compiled, strict=True):
                network._compiled_call_impl = call


def _trainings(
    arguments: argparse.Namespace, count: int, device: torch.device
) -> dict[str, Callable[[], object]]:
    settings = StyleGAN2ADA.Settings(
        model="stylegan2_ada",
        epochs=1,
        batch_size=arguments.batch_size,
        channel_base=arguments.channel_base,
        channel_max=arguments.channel_max,
    )
    shape = (SIZE, SIZE, arguments.channels)
    images, labels = _noise(count, arguments.channels), torch.zeros(count, dtype=torch.int64)
    runs = {}
    for compiled in (False, True):
        for name, memory_format in FORMATS.items():
            torch.manual_seed(0)
            model = Trained(settings, shape, 1, device)
            model.prepare(memory_format, compiled)
            runs[f"{name}{', compiled' if compiled else ''}"] = lambda model=model: (
                model.train_epoch(images, labels)
            )
    return runs


def _samplings(
    names: list[str], channels: int, count: int, device: torch.device
) -> dict[str, Callable[[], object]]:
    models = {name: _untrained(name, channels, device) for name in names}
    return {name: lambda model=model: model.sample(range(count)) for name, model in models.items()}


def _untrained(name: str, channels: int, device: torch.device) -> Generator:
    """Return the generator `name` with its default settings, after its last step on noise."""
    kind = load_generator(name)
    settings = kind.Settings(model=name, epochs=100)
    classes = 2 if settings.joint else 1
    torch.manual_seed(0)
    model = kind(settings, (SIZE, SIZE, channels), classes, device)
    model.finish(_noise(64, channels), torch.arange(64) % classes)
    return model


def _noise(count: int, channels: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    shape = (count, channels, SIZE, SIZE)
    return torch.randint(256, shape, generator=generator, dtype=torch.uint8)


def _best(
    runs: dict[str, Callable[[], object]], turns: int, device: torch.device
) -> dict[str, float]:
    """Return the seconds of the best turn of each; a first one, to compile and warm, is thrown."""
    best = dict.fromkeys(runs, float("inf"))
    for turn in range(turns + 1):
        for name, run in runs.items():
            begin = _now(device)
            run()
            seconds = _now(device) - begin
            best[name] = min(best[name], seconds) if turn else best[name]
    return best


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        return time.perf_counter()
    return time.process_time()


if __name__ == "__main__":
    main()
