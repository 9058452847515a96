"""Real digits as a study has its images, and the scores of what is made of them."""

import numpy as np
import pandas as pd
import torch
from sklearn.datasets import load_digits

from synthmix.files import write_table
from synthmix.scopes import ALL_CLASSES
from synthmix.score.extract_score_features import extract_score_features
from synthmix.score.score_generator import score_generator
from synthmix.score.score_real import score_real
from synthmix.score.settings import ScoreSettings
from synthmix.score.train_score_network import train_score_network
from synthmix.store import read_table, save_array, table_path

CPU = torch.device("cpu")
CLASSES = ("0", "1", "7")
SETTINGS = ScoreSettings(network="own", kid_subsets=20)
FRECHET = "frechet_distance_own_features"


class Digits:
    """Real digits, split, with all that is computed of them once.

    `zoom` is how many times as large as theirs, 8 x 8 pixels, the images are.
    """

    def __init__(self, folder, zoom=2):
        self.folder = folder
        digits = load_digits()
        chosen = np.isin(digits.target, [0, 1, 7])
        pixels = (digits.images[chosen] * 255 / 16).round().astype(np.uint8)
        self.images = pixels.repeat(zoom, axis=1).repeat(zoom, axis=2)[..., None]
        samples = pd.DataFrame({"label": digits.target[chosen].astype(str)})
        samples["sample_id"] = samples["group"] = [f"s{n}" for n in range(len(samples))]
        samples["split"] = np.array(["train", "train", "validation", "test"])[samples.index % 4]
        self.samples = samples
        write_table(folder / "split.csv", samples)
        save_array(folder / "real.npy", self.images.shape[1:], "uint8", [self.images])
        write_table(folder / "real.csv", samples)
        self.train_network("network.safetensors")
        self.features("real.npy", "real_features.npy")
        score_real(
            folder / "real_features.npy",
            folder / "split.csv",
            CLASSES,
            SETTINGS,
            1,
            folder / "reference.safetensors",
            folder / "real_scores.csv",
        )

    def train_network(self, name):
        real, split = self.folder / "real.npy", self.folder / "split.csv"
        train_score_network(real, split, CLASSES, self.folder / name, 1, CPU)

    def features(self, images, output, most=None):
        network = self.folder / "network.safetensors"
        extract_score_features(
            self.folder / images, network, "own", None, self.folder / output, most, CPU
        )
        return self.folder / output

    def of(self, label, *splits):
        return self.images[(self.samples["label"] == label) & self.samples["split"].isin(splits)]

    def score(self, name, pools, settings=SETTINGS, **more):
        """Return the tables of scores and of nearest pairs for images by their class."""
        files = {}
        for label, images in pools.items():
            store = self.folder / f"{name}-{label}.npy"
            save_array(store, self.images.shape[1:], "uint8", [images])
            write_table(table_path(store), pd.DataFrame({"label": [label] * len(images)}))
            files[label] = self.features(f"{name}-{label}.npy", f"{name}-{label}-features.npy")
        score_generator(
            name,
            files,
            self.folder / "real_features.npy",
            self.folder / "split.csv",
            self.folder / "reference.safetensors",
            settings,
            1,
            self.folder / f"{name}.csv",
            self.folder / f"{name}-nearest.csv",
            **more,
        )
        scores = read_table(self.folder / f"{name}.csv")
        return scores, read_table(self.folder / f"{name}-nearest.csv")


def value(scores, score, label=ALL_CLASSES):
    found = scores[(scores["score"] == score) & (scores["label"] == label)]
    assert len(found) == 1
    return found["value"].item()
