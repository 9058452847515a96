"""What each part of `benchmarks/gpu.py` does, in a process that does one after another.

    python benchmarks/gpu_parts.py FOLDER PART...

reads FOLDER/cases.json, which `gpu.py` writes, and prints a line of JSON for each part once it is
done. All trainings are those of the workflow's jobs, on images of noise: time and memory depend on
no picture. Weights that a study downloads are random ones of the same shapes.
"""

import gc
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from synthmix.classify.examples import Examples, Source
from synthmix.classify.fetch_weights import fetch_weights
from synthmix.classify.files import TrainingFiles
from synthmix.classify.train_classifier import train_classifier
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.generate.train_generator import train_generator
from synthmix.mix.compose_mix import REAL_STORE
from synthmix.networks.plan import weights_name
from synthmix.registry import load_generator
from synthmix.runtime import pace
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.runtime.devices import set_up_torch
from synthmix.runtime.memory import shortage_explained
from synthmix.store import load_array, read_table, save_array

SEED = 1
STORED = 64  # images that a store of a classifier has at the most; mixes name them again and again
SAMPLED = 16
ATTEMPTS = 5
# of the memory that a training needs, one after another until it is too little for whole batches:
# a library may do with less than it takes where there is plenty
SHARES = (0.7, 0.5, 0.35, 0.25)
TOGETHER = 90  # seconds that a training waits for the one that is to run beside it


@dataclass(frozen=True)
class Case:
    """A generator or classifier, as a study at scale paper has it or a tiny one.

    `shape` is that of a stored image: (H, W, C), or (X, Y, Z) of a volume.
    """

    kind: str
    name: str
    study: str
    settings: Mapping[str, Any]
    shape: tuple[int, ...]
    classes: int

    @property
    def labels(self) -> list[str]:
        """The names of its classes."""
        return [f"class{number}" for number in range(self.classes)]


class BrokenOffError(Exception):
    """A training is broken off, as by a power cut."""


class BreaksOff(Checkpoint):
    """A checkpoint that ends the training once it is written."""

    def save_if_due(self, state: Callable[[], dict[str, Any]]) -> None:
        """Keep the state and end."""
        super().save_if_due(state)
        raise BrokenOffError


class Parts:
    """The parts, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        """Read what there is to do; take a GPU if that is asked for."""
        told = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
        self.folder = folder
        self.cases = {
            (entry["kind"], entry["name"]): Case(**entry | {"shape": tuple(entry["shape"])})
            for entry in told["cases"]
        }
        self.steps = told["steps"]
        self.log = _Lines()
        logger = logging.getLogger("synthmix")
        logger.addHandler(self.log)
        logger.setLevel(logging.INFO)
        how = {"device": told["device"], "training_threads": told["threads"]}
        self.device = set_up_torch(how)

    def run(self, part: str) -> dict[str, Any]:
        """Return what a part found; raises where it fails."""
        kind, _, name = part.partition(":")
        if name:
            case = self.cases[kind, name]
            return self.generator(case) if kind == "generator" else self.classifier(case)
        return {"resume": self.resume, "memory": self.memory, "lease": self.lease}[kind]()

    def generator(self, case: Case) -> dict[str, Any]:
        """Train a generator for some steps, and draw images from it."""
        out = self.train(case, "measured")
        found = pace.told()
        steps = found["steps"].get(pace.STEP)
        if steps is None:  # it has no steps: what a training takes as a whole
            times, history = read_table(out / "times.csv"), read_table(out / "history.csv")
            seconds, images = times["seconds"].iloc[-1], history["images_seen"].iloc[-1]
            steps = {"seconds": float(seconds), "images": int(images), "steady_steps": 0}
        images = torch.tensor(load_array(self.data(case) / "real.npy")[: steps["images"]])
        pixels = images.permute(0, 3, 1, 2).contiguous()

        def load() -> None:
            rows = torch.randperm(len(pixels))
            _ = pixels[rows].to(self.device).float() / 127.5 - 1

        model = load_generator(case.name).load(out / "weights.safetensors", self.device)
        model.sample(range(SAMPLED))
        sampling = self._seconds(lambda: model.sample(range(SAMPLED, 2 * SAMPLED)))
        sampled = {"sampled_per_second": SAMPLED / sampling}
        return self._described(case, found, steps, self._seconds(load, 3)) | sampled

    def classifier(self, case: Case) -> dict[str, Any]:
        """Train a classifier for some steps."""
        self.train(case, "measured")
        found = pace.told()
        steps = found["steps"][pace.STEP]
        data = self.data(case)
        table = read_table(data / "mix.csv")
        source = Source({REAL_STORE: load_array(data / "real.npy")})
        examples = Examples(table[table["split"] == "train"], source, case.labels)
        rows = np.arange(steps["images"])
        loading = self._seconds(lambda: examples.inputs(rows, self.device), 3)
        return self._described(case, found, steps, loading)

    def resume(self) -> dict[str, Any]:
        """Break trainings off after an epoch, resume them, and compare them with whole ones."""
        found = {}
        for case in self._examples():
            whole = self.train(case, "whole", epochs=2, steps=2)
            with _ends_with(BrokenOffError):
                self.train(case, "resumed", epochs=2, steps=2, checkpoint=BreaksOff)
            self.log.lines.clear()
            resumed = self.train(case, "resumed", epochs=2, steps=2)
            if "going on after epoch 1" not in self.log.lines:
                raise UserError(f"{case.name} has not gone on after epoch 1")
            if _bytes(whole) != _bytes(resumed):
                raise UserError(f"{case.name}: resumed, its weights are others than without")
            found[case.name] = "equal, byte for byte"
        return found

    def memory(self) -> dict[str, Any]:
        """Have trainings run out of memory, until their batches go in parts that fit."""
        return {case.name: self._short_of_memory(case) for case in self._examples()}

    def lease(self) -> dict[str, Any]:
        """Train beside another process that does the same; tell what was said of the GPU."""
        case = self.cases["generator", "dcgan"]
        self.data(case)
        (self.folder / f"{os.getpid()}.here").touch()
        end = time.monotonic() + TOGETHER
        while len(list(self.folder.glob("*.here"))) < 2:
            if time.monotonic() > end:
                raise UserError(f"no other training has begun in {TOGETHER} s")
            time.sleep(0.1)
        self.train(case, f"lease{time.monotonic_ns()}", epochs=2)
        steps = pace.told()["steps"][pace.STEP]
        said = [line for line in self.log.lines if line.startswith(("taken", "shared"))]
        return {"images_per_second": steps["images"] / steps["seconds"], "said": said}

    def train(
        self,
        case: Case,
        name: str,
        epochs: int | None = None,
        steps: int | None = None,
        checkpoint: type[Checkpoint] = Checkpoint,
    ) -> Path:
        """Train as the job of the workflow does; return the folder of what it writes."""
        data = self.data(case)
        out = data / name
        out.mkdir(exist_ok=True)
        settings = dict(case.settings) | ({"epochs": epochs} if epochs else {})
        kept = checkpoint(out / "kept.pt", "benchmark", 0 if epochs else 1e9)
        images = settings["batch_size"] * (steps or self.steps_of(case))
        pace.begin()
        with shortage_explained():
            if case.kind == "generator":
                self._train_generator(case, settings, kept, out, images)
            else:
                self._train_classifier(case, settings, kept, out, images)
        return out

    def data(self, case: Case) -> Path:
        """Return the folder of a case, with a store of noise."""
        folder = self.folder / f"{case.kind}-{case.name}"
        folder.mkdir(exist_ok=True)
        if not (folder / "real.npy").exists():
            count = images = self._images(case)
            if case.kind == "classifier":
                count = min(count, STORED)
            rng = np.random.default_rng(0)
            shape = (count, *case.shape)
            if len(case.shape) == 3 and case.shape[-1] in (1, 3):
                noise = rng.integers(0, 256, shape, np.uint8)
            else:
                noise = rng.standard_normal(shape, np.float32).astype(np.float16)
            save_array(folder / "real.npy", case.shape, str(noise.dtype), [noise])
            table = self._table(case, count, images)
            write_table(folder / "mix.csv", table)
            write_table(folder / "split.csv", table[table["split"] == "train"][:count])
        return folder

    def steps_of(self, case: Case) -> int:
        """Return how many steps of a case are measured, the first among them."""
        return (
            self.steps if isinstance(self.steps, int) else self.steps.get(case.name, self.steps[""])
        )

    def _images(self, case: Case) -> int:
        return case.settings["batch_size"] * self.steps_of(case)

    def _table(self, case: Case, stored: int, images: int) -> pd.DataFrame:
        validation = max(2 * case.classes, min(images, case.settings["batch_size"]))
        numbers = np.arange(images + validation)
        table = pd.DataFrame({"store": REAL_STORE, "row": numbers % stored})
        table["sample_id"] = [f"s{number}" for number in numbers]
        table["group"] = [f"p{number}" for number in numbers]
        table["label"] = [case.labels[number % case.classes] for number in numbers]
        table["split"] = np.where(numbers < images, "train", "validation")
        return table

    def _train_generator(
        self, case: Case, settings: dict[str, Any], kept: Checkpoint, out: Path, images: int
    ) -> None:
        split = out / "split.csv"
        write_table(split, read_table(self.data(case) / "split.csv")[:images])
        suffixes = {"weights": ".safetensors", "last": ".safetensors", "sheet": ".png"}
        names = ("weights", "last", "history", "times", "snapshots", "sheet", "trained_on")
        train_generator(
            settings=settings,
            images=self.data(case) / "real.npy",
            split=split,
            classes=case.labels,
            scope=case.labels[0],
            name=case.name,
            scored_by=None,
            outputs={name: out / f"{name}{suffixes.get(name, '.csv')}" for name in names},
            checkpoint=kept,
            seed=SEED,
            device=self.device,
        )

    def _train_classifier(
        self, case: Case, settings: dict[str, Any], kept: Checkpoint, out: Path, images: int
    ) -> None:
        data, mix = self.data(case), out / "mix.csv"
        table = read_table(data / "mix.csv")
        training = table[table["split"] == "train"][:images]
        write_table(mix, pd.concat([training, table[table["split"] == "validation"]]))
        weights = {}
        if name := weights_name(settings, SEED):
            weights[name] = data / f"{name}.safetensors"
            if not weights[name].exists():
                fetch_weights(settings["network"], "none", weights[name], SEED)
        train_classifier(
            base=settings,
            own={},
            files=TrainingFiles(mix, {REAL_STORE: data / "real.npy"}, weights=weights),
            classes=case.labels,
            positive_class=None,
            output=out / "weights.safetensors",
            history=out / "history.csv",
            checkpoint=kept,
            seed=SEED,
            master_seed=SEED,
            device=self.device,
        )

    def _short_of_memory(self, case: Case) -> dict[str, Any]:
        self.train(case, "ample", epochs=1, steps=2)
        on_gpu = self.device.type == "cuda"
        needed = torch.cuda.max_memory_allocated() / 2**20 if on_gpu else None
        for share in SHARES:
            found = self._with_share(case, share, needed)
            if found["parts"] > 1:
                return {"needed_mb": needed, "share": share, **found}
        raise UserError(f"{case.name}: never short of memory, and that was to be provoked")

    def _with_share(self, case: Case, share: float, needed: float | None) -> dict[str, Any]:
        """Train with that share of the memory that is needed; tell in how many parts."""
        said: list[str] = []
        with self._little_memory(share, needed):
            for _ in range(ATTEMPTS):
                try:
                    out = self.train(case, "scarce", epochs=1, steps=2)
                    break
                except UserError as error:
                    said.append(str(error))
                    if "next attempt takes batches in" not in said[-1]:
                        raise
                gc.collect()
                if self.device.type == "cuda":
                    torch.cuda.empty_cache()
            else:
                raise UserError(f"{case.name}: out of memory {ATTEMPTS} times; {said[-1]}")
        parts = int(read_table(out / "history.csv")["accumulation_steps"].iloc[-1])
        return {"parts": parts, "took_mb": pace.told()["peak_gpu_mb"], "said": said}

    @contextmanager
    def _little_memory(self, share: float, needed_mb: float | None) -> Iterator[None]:
        """Leave a GPU, or on a CPU layers, too little for whole batches."""
        if self.device.type == "cpu":
            with room_for(2):
                yield
            return
        gc.collect()
        torch.cuda.empty_cache()
        total = torch.cuda.get_device_properties().total_memory / 2**20
        torch.cuda.set_per_process_memory_fraction(share * needed_mb / total)
        try:
            yield
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0)

    def _examples(self) -> list[Case]:
        """Return the generator and the classifier that the other parts are tried with."""
        tiny = isinstance(self.steps, int)
        generator, classifier = ("dcgan", "cnn") if tiny else ("stylegan2_ada", "vgg16")
        return [self.cases["generator", generator], self.cases["classifier", classifier]]

    def _described(
        self, case: Case, found: dict[str, Any], steps: dict[str, Any], loading: float
    ) -> dict[str, Any]:
        whose = ("batch_size", "mixed_precision", "input_size", "unfrozen_layers")
        return {
            "study": case.study,
            "shape": case.shape,
            "settings": {name: case.settings[name] for name in whose if name in case.settings},
            "images_per_second": steps["images"] / max(steps["seconds"], 1e-9),
            "loading_share": min(1.0, loading / max(steps["seconds"], 1e-9)),
            **found,
        }

    def _seconds(self, work: Callable[[], object], times: int = 1) -> float:
        """Return the seconds of the fastest of so many times; the first, to warm, is thrown."""
        best = float("inf")
        for turn in range(times + (times > 1)):
            begin = self._now()
            work()
            seconds = self._now() - begin
            best = min(best, seconds) if turn or times == 1 else best
        return best

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()


class _Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def room_for(images: int) -> Iterator[None]:
    """Have layers learn from so many images at once, and run out of a GPU's memory with more."""

    def check(_: torch.nn.Module, given: tuple) -> None:
        tensors = (value for value in given if isinstance(value, torch.Tensor) and value.dim() > 1)
        if torch.is_grad_enabled() and any(len(tensor) > images for tensor in tensors):
            raise torch.OutOfMemoryError("CUDA out of memory. There is no GPU: this is a rehearsal")

    hook = torch.nn.modules.module.register_module_forward_pre_hook(check)
    try:
        yield
    finally:
        hook.remove()


@contextmanager
def _ends_with(error: type[Exception]) -> Iterator[None]:
    try:
        yield
    except error:
        return
    raise UserError(f"a training that was to be broken off went on: no {error.__name__}")


def _bytes(folder: Path) -> bytes:
    return (folder / "weights.safetensors").read_bytes()


def main() -> None:
    """Do the parts that are named, and say of each what it found or why it failed."""
    folder, *names = sys.argv[1:]
    parts = Parts(Path(folder))
    print(json.dumps({"part": "ready"}), flush=True)
    for name in names:
        start = time.monotonic()
        try:
            told = {"found": parts.run(name)}
        except Exception as error:  # whatever it is, the other parts are to be tried
            told = {"error": f"{type(error).__name__}: {error}"}
            if not isinstance(error, UserError):
                traceback.print_exc()
        seconds = round(time.monotonic() - start, 1)
        print(json.dumps({"part": name, "seconds": seconds, **told}, default=str), flush=True)
        gc.collect()
        if parts.device.type == "cuda":
            torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
