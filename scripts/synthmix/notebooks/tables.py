"""What a notebook shows in tables: networks, and metrics with their intervals."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from torch import nn

from synthmix.evaluate.wording import interval
from synthmix.figures.predictions import overall
from synthmix.networks.base import Network
from synthmix.store import read_table


def layer_table(network: Network) -> pd.DataFrame:
    """Return how many layers and weights of `network` are frozen and how many are trained.

    What `Network.cut` has frozen needs no gradient; a layer is a place to cut the network at.
    """
    frozen = [layer for layer in network.layers if not _learns(layer)]
    parts = {
        "frozen layers": frozen,
        "trained layers": network.layers[len(frozen) :],
        "dense layers": [layer for layer in network.head if isinstance(layer, nn.Linear)],
    }
    rows = {
        name: {
            "layers": len(layers),
            "weights": sum(each.numel() for layer in layers for each in layer.parameters()),
        }
        for name, layers in parts.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def metrics_table(metrics: str | Path, names: Mapping[str, str]) -> pd.DataFrame:
    """Return a row for each training of the table `metrics`, with values and their intervals.

    `names` are the metrics to show and what they are called; they are of all classes together or
    of the positive one. A cell is "0.812 (0.74-0.88)", a dash where there is no value.
    """
    table = read_table(metrics)
    rows = {
        training: {title: _cell(table, training, metric) for metric, title in names.items()}
        for training in table["mix"].unique()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def class_table(metrics: str | Path, training: str, classes: Sequence[str]) -> pd.DataFrame:
    """Return a row for each class of how well a training tells it from the rest."""
    table = read_table(metrics)
    names = {"precision": "precision", "recall": "recall", "f1": "F1"}
    rows = {
        label: {title: _cell(table, training, metric, label) for metric, title in names.items()}
        for label in classes
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def best_on_validation(metrics: str | Path, metric: str) -> str:
    """Return the training of the table `metrics` with the largest `metric` on validation images.

    Of equally good ones the first is taken. The metric is of all classes together or of the
    positive one.
    """
    table = read_table(metrics)
    found = table[
        (table["split"] == "validation")
        & (table["seed"].astype(str) == "all")
        & (table["metric"] == metric)
        & table["class"].isna()
    ]
    return found.loc[found["value"].idxmax(), "mix"]


def _learns(layer: nn.Module) -> bool:
    return any(weight.requires_grad for weight in layer.parameters())


def _cell(table: pd.DataFrame, training: str, metric: str, label: str | None = None) -> str:
    found = overall(table, table["classifier"].iloc[0], training, metric, label)
    return " ".join(interval(*found)).strip()
