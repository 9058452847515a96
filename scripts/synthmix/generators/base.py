"""What every generator offers; `synthmix.generate` trains, keeps, samples and loads them alike."""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from synthmix.files import write_beside
from synthmix.settings import SettingsModel


class Generator(ABC):
    """A model that learns a set of images and makes new ones, one for each seed."""

    Settings: ClassVar[type[SettingsModel]]

    def __init__(
        self,
        settings: Any,
        image_shape: tuple[int, int, int],
        classes: int,
        device: torch.device,
    ) -> None:
        """Build an untrained generator of images (H, W, C) = `image_shape` on `device`.

        `classes` is the number of classes it learns: 1 unless its settings say that it is joint.
        Initial weights are drawn from torch's global random numbers, which the caller seeds.
        """
        self.settings = settings
        self.image_shape = image_shape
        self.classes = classes
        self.device = device
        # real images that training steps have taken; `train_epoch` counts
        self.images_seen = 0

    @abstractmethod
    def train_epoch(self, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
        """Train for one epoch on `images` (N, C, H, W), uint8; return the mean losses.

        `labels` (N,), int64, are 0 .. `classes` - 1. Names of losses end in _loss. All randomness
        comes from torch's global random numbers, seeded anew before each epoch: that makes a
        training that was broken off and resumed equal to one that was not. Adds to `images_seen`.
        `synthmix.generators.steps` has what most need: batches, their parts for accumulated
        gradients and several devices, and losses that report the step at which they broke.
        """

    def finish(self, images: torch.Tensor, labels: torch.Tensor) -> None:  # noqa: B027
        """Do what is left to do once the last epoch is over; arguments as of `train_epoch`.

        A model that samples near its training images keeps here what it needs of them.
        """

    def training_parts(self) -> dict[str, torch.nn.Module | torch.optim.Optimizer]:
        """Return the networks and optimizers that the next epoch depends on, by a name."""
        return {}

    def training_state(self) -> dict[str, Any]:
        """Return all that the next epoch depends on; of more than `training_parts`, add to it.

        Tensors, numbers, text, lists and dicts alone: nothing else is read back.
        """
        parts = {name: part.state_dict() for name, part in self.training_parts().items()}
        return parts | {"images_seen": self.images_seen}

    def load_training_state(self, state: dict[str, Any]) -> None:
        """Take up what `training_state` returned."""
        for name, part in self.training_parts().items():
            part.load_state_dict(state[name])
        self.images_seen = state["images_seen"]

    @abstractmethod
    def sampling_network(self) -> torch.nn.Module:
        """Return the network whose weights are all that `sample` needs."""

    @abstractmethod
    def sample(self, seeds: Sequence[int], label: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Return an image of the class `label` for each seed, (len(seeds), H, W, C) uint8.

        An image depends on its seed alone, not on the others or their order. `truncation` pulls
        the images towards the average one: 1 leaves them as they are, 0 makes all of them equal.
        """

    def save(self, path: str | Path) -> None:
        """Write the sampling network and what is needed to build it as safetensors."""
        tensors = {
            name: tensor.detach().cpu().contiguous()
            for name, tensor in self.sampling_network().state_dict().items()
        }
        metadata = {
            "settings": self.settings.model_dump_json(),
            "image_shape": json.dumps(self.image_shape),
            "classes": json.dumps(self.classes),
        }
        with write_beside(path) as temporary:
            save_file(tensors, temporary, metadata)

    @classmethod
    def load(cls, path: str | Path, device: torch.device) -> Self:
        """Read what `save` wrote, ready to sample on `device`."""
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        settings = cls.Settings.model_validate_json(metadata["settings"])
        shape, classes = json.loads(metadata["image_shape"]), json.loads(metadata["classes"])
        generator = cls(settings, tuple(shape), classes, device)
        generator.load_sampling_state(tensors)
        return generator

    def load_sampling_state(self, tensors: dict[str, torch.Tensor]) -> None:
        """Take up the tensors of the sampling network that `save` wrote."""
        self.sampling_network().load_state_dict(tensors)
