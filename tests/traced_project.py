"""A small folder of results as a run of the workflow leaves it, records of Snakemake and all."""

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from predictions_data import by_seed, predictions
from synthmix.evaluate.score_predictions import score_predictions
from synthmix.files import write_table, write_text
from synthmix.results_layout import mark
from synthmix.store import save_array
from synthmix.trace.chain import sha256
from synthmix.trace.records import INCOMPLETE, METADATA

DATASET = "results/demo/mine/images"
FETCHED = "data/mine/fetched.json"
RAW = "data/mine/download"
MIX = "dcgan-half"
METRICS = f"{DATASET}/metrics/vgg16/{MIX}.csv"
CLASSES = ("sick", "well")
SEEDS = (1, 2)
IMAGES = 24
BEGAN = 1_700_000_000
LARGE = ".npy", ".safetensors"  # of which no checksum is recorded


def record_file(folder: Path, path: str) -> Path:
    """Return the file below `folder` that keeps Snakemake's record of `path`."""
    name = urlsafe_b64encode(path.encode()).decode()
    length = os.pathconf(folder, "PC_NAME_MAX") - 1
    pieces = [name[start : start + length] for start in range(0, len(name), length)]
    return folder.joinpath(*(f"@{piece}" for piece in pieces[:-1]), pieces[-1])


class TracedProject:
    """Makes files one after the other, a minute each, and notes who made them."""

    def __init__(self, folder: Path) -> None:
        """Make all of them in `folder`, which is to be the working directory."""
        self.folder = folder
        self.now = BEGAN
        for place in (METADATA, INCOMPLETE):
            (folder / place).mkdir(parents=True)
        mark(Path(DATASET).parent)
        self._data()
        self._generator()
        self._classifier()
        self._report()

    def note(
        self, rule: str, outputs: Sequence[str], inputs: Sequence[str] = (), params: Sequence = ()
    ) -> None:
        """Note that `rule` has just made `outputs`, a minute after the last one."""
        self.now += 60
        sums = {path: f"sha256:{sha256(path)}" for path in inputs if not path.endswith(LARGE)}
        kept = {
            "rule": rule,
            "input": sorted(inputs),
            "log": [f"{outputs[0]}.log"],
            "params": sorted(map(repr, params)),
            "record_format_version": 6,
            "job_hash": self.now,
            "starttime": self.now - 30,
            "endtime": self.now,
            "incomplete": False,
            "input_checksums": sums,
        }
        for path in outputs:
            os.utime(path, (self.now, self.now))
            file = record_file(self.folder / METADATA, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(kept))

    def _data(self) -> None:
        patients = np.arange(IMAGES) // 2
        self.samples = pd.DataFrame(
            {
                "sample_id": [f"s{number}" for number in range(IMAGES)],
                "path": [f"{number}.png" for number in range(IMAGES)],
                "frame": "",
                "label": np.where(patients % 2, *CLASSES),
                "group": [f"p{patient}" for patient in patients],
                "part": "",
            }
        )
        for path in self.samples["path"]:
            write_text(f"{RAW}/{path}", f"picture {path}")
            os.utime(f"{RAW}/{path}", (BEGAN, BEGAN))
        sums = "".join(f"{sha256(f'{RAW}/{path}')}  {path}\n" for path in self.samples["path"])
        write_text("data/mine/SHA256SUMS", sums)
        write_text(FETCHED, json.dumps({"source": "mnist", "root": RAW, "about": None}))
        self.note("fetch_dataset", [FETCHED], params=["mnist", {}])
        write_table(f"{DATASET}/index.csv", self.samples)
        self.note("index_dataset", [f"{DATASET}/index.csv"], [FETCHED])
        save_array(f"{DATASET}/stores/real.npy", (2, 2, 1), "uint8", [np.zeros((IMAGES, 2, 2, 1))])
        write_table(f"{DATASET}/stores/real.csv", self.samples)
        write_table(f"{DATASET}/rejected.csv", self.samples[:0])
        self.note(
            "prepare_images",
            [
                f"{DATASET}/{name}"
                for name in ("stores/real.npy", "stores/real.csv", "rejected.csv")
            ],
            [FETCHED, f"{DATASET}/index.csv"],
        )
        names = ["train"] * 12 + ["validation"] * 4 + ["test"] * 8
        write_table(f"{DATASET}/split.csv", self.samples.assign(split=names))
        self.note(
            "split_samples", [f"{DATASET}/split.csv"], [f"{DATASET}/stores/real.csv"], params=[1]
        )

    def _generator(self) -> None:
        made = f"{DATASET}/generators/dcgan/sick"
        write_table(f"{made}/trained_on.csv", self._rows("train", "sick")[["sample_id", "group"]])
        write_table(f"{made}/history.csv", pd.DataFrame({"epoch": [1, 2], "loss": [0.5, 0.25]}))
        write_text(f"{made}/weights.safetensors", "weights")
        self.note(
            "train_generator",
            [f"{made}/{name}" for name in ("weights.safetensors", "history.csv", "trained_on.csv")],
            [f"{DATASET}/split.csv", f"{DATASET}/stores/real.npy"],
            params=[7, {"model": "dcgan", "epochs": 2, "augment": None}],
        )
        pool = f"{DATASET}/stores/dcgan/sick"
        rows = {"sample_id": ["a", "b", "c"], "label": "sick", "seed": range(3), "truncation": 1.0}
        write_table(f"{pool}.csv", pd.DataFrame(rows))
        save_array(f"{pool}.npy", (2, 2, 1), "uint8", [np.zeros((3, 2, 2, 1))])
        self.note(
            "sample_generator", [f"{pool}.npy", f"{pool}.csv"], [f"{made}/weights.safetensors"]
        )
        real = self._rows("train", "well").assign(split="train", store="real", origin="real")
        real["row"] = real.index
        synthetic = pd.DataFrame({**rows, "split": "train", "store": "dcgan/sick", "row": range(3)})
        table = pd.concat([real, synthetic.assign(origin="synthetic")])
        columns = ["split", "store", "row", "sample_id", "label", "group", "origin"]
        write_table(f"{DATASET}/mixes/{MIX}.csv", table[columns])
        self.note(
            "compose_mix",
            [f"{DATASET}/mixes/{MIX}.csv"],
            [f"{DATASET}/split.csv", f"{pool}.csv", f"{made}/trained_on.csv"],
            params=[{"name": MIX, "real_share": 0.5}],
        )

    def _classifier(self) -> None:
        files: dict[str, dict[int, list[str]]] = {"test": {}, "validation": {}}
        for seed in SEEDS:
            weights = f"{DATASET}/classifiers/vgg16/{MIX}/seed{seed}/weights.safetensors"
            write_text(weights, f"weights {seed}")
            read = [f"{DATASET}/mixes/{MIX}.csv", f"{DATASET}/stores/dcgan/sick.npy"]
            self.note("train_classifier", [weights], read, params=[1])
            said = f"{DATASET}/predictions/vgg16/{MIX}/seed{seed}"
            rows = self.samples[16:].reset_index(drop=True)
            table = predictions(4, seed=seed, classes=CLASSES).drop(columns=["sample_id", "group"])
            write_table(f"{said}.csv", rows[["sample_id", "group"]].join(table))
            write_table(f"{said}.validation.csv", predictions(9, seed=seed, classes=CLASSES))
            outputs = [f"{said}.csv", f"{said}.validation.csv"]
            self.note("predict", outputs, [weights, f"{DATASET}/split.csv"], params=[1])
            files["test"][seed], files["validation"][seed] = [outputs[0]], [outputs[1]]
        identity = {"study": "mine", "dataset": "images", "classifier": "vgg16", "mix": MIX}
        confusion = METRICS.replace(".csv", ".confusion.csv")
        score_predictions(
            **{part: by_seed(of_part) for part, of_part in files.items()},
            metrics=METRICS,
            confusion=confusion,
            identity=identity,
            classes=CLASSES,
            positive_class="sick",
            bootstrap_samples=10,
            confidence=0.95,
            seed=1,
        )
        read = [path for paths in files.values() for (path,) in paths.values()]
        self.note("score_predictions", [METRICS, confusion], read, ["sick", [*CLASSES], [*SEEDS]])

    def _report(self) -> None:
        tables = [f"{DATASET}/tables/metrics.csv", f"{DATASET}/tables/summary.csv"]
        metrics = pd.read_csv(METRICS)
        write_table(tables[0], metrics)
        chosen = (metrics["seed"] == "all") & (metrics["split"] == "test") & metrics["class"].isna()
        wide = metrics[chosen].set_index("metric")["value"].to_frame().T
        write_table(tables[1], wide.assign(classifier="vgg16", mix=MIX))
        self.note("tabulate_study", tables, [METRICS])
        write_text("results/report.html", "<html>")
        self.note("render_report", ["results/report.html"], [FETCHED, *tables])

    def _rows(self, split: str, label: str) -> pd.DataFrame:
        samples = pd.read_csv(f"{DATASET}/split.csv", dtype=str)
        return samples[(samples["split"] == split) & (samples["label"] == label)]
