"""The smallest trained generator of each kind, for tests of what all of them do alike."""

import numpy as np
import torch

from synthmix.registry import load_generator

CPU = torch.device("cpu")
CLASSES = ["cancer", "normal"]
SIZE = 32


def tiny_settings(model, **changes):
    """Return the settings of a small generator of the kind `model`."""
    kind = load_generator(model).Settings
    given = {"model": model, "epochs": 1, **kind.tiny, "batch_size": 6, **changes}
    if kind.is_ready:
        del given["batch_size"]
    return kind(**given)


def build_tiny(model, size=SIZE, channels=1, **changes):
    """Return a generator of the kind `model` that knows no images yet."""
    torch.manual_seed(0)
    settings = tiny_settings(model, **changes)
    classes = len(CLASSES) if settings.joint else 1
    return load_generator(model)(settings, (size, size, channels), classes, CPU)


def train_tiny(model, size=SIZE, channels=1, **changes):
    """Return a generator of the kind `model` after one epoch on twelve images of noise."""
    generator = build_tiny(model, size, channels, **changes)
    shape = (12, channels, size, size)
    noise = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    data = torch.from_numpy(noise), torch.arange(12) % generator.classes
    generator.train_epoch(*data)
    generator.finish(*data)
    return generator


def names_of(generator):
    """Return the names of the classes that a tiny generator has learned."""
    return CLASSES[: generator.classes]
