"""Building the trained part of a classifier from its settings, for training and predicting."""

from typing import Any

import torch
from torch import nn

from synthmix.registry import load_classifier


def build_trainable_part(
    settings: dict[str, Any], weights: dict[str, torch.Tensor], classes: int
) -> nn.Module:
    """Return the unfrozen and dense layers: features (N, C, h, w) to logits (N, classes)."""
    return load_classifier(settings["network"]).trainable_part(
        weights,
        unfrozen_layers=settings["unfrozen_layers"],
        input_size=settings["input_size"],
        dense_layers=settings["dense_layers"],
        dropout=settings["dropout"],
        classes=classes,
    )
