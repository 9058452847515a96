"""The smallest trained generator of each kind, for tests of what all of them do alike."""

import numpy as np
import torch

from synthmix.registry import load_generator

CPU = torch.device("cpu")
CLASSES = ["cancer", "normal"]
SIZE = 32
TINY = {
    "dcgan": {"latent_dim": 8, "base_channels": 4, "max_channels": 8},
    "deepsmote": {"latent_dim": 8, "hidden_width": 4},
    "resampling": {"neighbours": 3},
    "bagan_gp": {
        "epochs": 2,
        "autoencoder_epochs": 1,
        "latent_dim": 8,
        "base_channels": 4,
        "working_size": 16,
        "critic_steps": 1,
    },
    "diffusion": {
        "num_channels": [8, 8],
        "attention_levels": [False, False],
        "num_res_blocks": 1,
        "norm_num_groups": 4,
        "num_head_channels": 8,
        "sampling_steps": 2,
    },
    "stylegan2_ada": {
        "latent_dim": 8,
        "style_dim": 8,
        "mapping_layers": 2,
        "channel_base": 128,
        "channel_max": 8,
    },
}


def build_tiny(model, size=SIZE, channels=1, **changes):
    """Return a generator of the kind `model` that knows no images yet."""
    torch.manual_seed(0)
    cls = load_generator(model)
    settings = cls.Settings(
        **{"model": model, "epochs": 1, "batch_size": 6, **TINY[model]} | changes
    )
    classes = len(CLASSES) if settings.joint else 1
    return cls(settings, (size, size, channels), classes, CPU)


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
