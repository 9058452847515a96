"""What every generator offers; `synthmix.generate` trains, keeps, samples and loads them alike."""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self, get_args

import numpy as np
import torch
from safetensors.torch import save_file

from synthmix.errors import UserError
from synthmix.files import write_beside
from synthmix.generate.models.weights_file import Header, header_of, open_weights
from synthmix.leakage import NONE, Leakage
from synthmix.settings import SettingsModel

MOST_TEXT = 300


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
        Models add to this in `build`.
        """
        self.settings = settings
        self.image_shape = image_shape
        self.classes = classes
        self.device = device
        # real images that training steps have taken; `train_epoch` counts
        self.images_seen = 0
        self.build()

    @abstractmethod
    def build(self) -> None:
        """Make the networks and optimizers, untrained, by what `__init__` was given.

        Initial weights are drawn from torch's global random numbers, which the caller seeds.
        """

    @abstractmethod
    def train_epoch(self, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
        """Train for one epoch on `images` (N, C, H, W), uint8; return the mean losses.

        `labels` (N,), int64, are 0 .. `classes` - 1. Names of losses end in _loss. All randomness
        comes from torch's global random numbers, seeded anew before each epoch: that makes a
        training that was broken off and resumed equal to one that was not. Adds to `images_seen`.
        `synthmix.generate.models.steps` has what most need: batches, their parts for accumulated
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

    def images_there(self, label: int = 0) -> int | None:
        """Return how many different images of the class `label` it has; None: any number.

        One that has so many makes those of the seeds below that number, and no others.
        """
        return None

    def save(self, path: str | Path, class_names: Sequence[str], leakage: Leakage = NONE) -> None:
        """Write the sampling network and what is needed to build it as safetensors.

        `class_names` are the classes that it has learned, in the order of their labels; `leakage`
        says how its images were split. The same generator makes the same file, byte for byte.
        """
        if len(class_names) != self.classes:
            raise ValueError(f"{len(class_names)} names for {self.classes} classes")
        tensors = {
            name: tensor.detach().cpu().contiguous()
            for name, tensor in self.sampling_network().state_dict().items()
        }
        header = Header(
            model=self.settings.model,
            settings=self.settings.model_dump(mode="json"),
            image_shape=tuple(self.image_shape),
            class_names=tuple(class_names),
            leakage=leakage,
        )
        with write_beside(path) as temporary:
            save_file(tensors, temporary, header.metadata())

    @classmethod
    def load(cls, path: str | Path, device: torch.device) -> Self:
        """Read what `save` wrote, ready to sample on `device`.

        Raises UserError when `path` is not the whole file of a generator of this kind, when its
        tensors are not those of the generator that it describes, or not finite.
        """
        with open_weights(path, "pt") as file:
            header = header_of(path, file)
            generator = cls._described(path, header, device)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        for name, tensor in tensors.items():
            if not tensor.isfinite().all():
                raise UserError(
                    f"{path}: {name} has values that are not finite: the training has gone "
                    f"astray; train the generator again with a lower learning_rate"
                )
        try:
            generator.load_sampling_state(tensors)
        except (RuntimeError, ValueError, TypeError, KeyError) as error:
            raise UserError(
                f"{path}: its tensors are not those of the {header.model} that it describes: of "
                f"another architecture or resolution ({_shortened(error)}); train the generator "
                f"again"
            ) from error
        return generator

    @classmethod
    def _described(cls, path: str | Path, header: Header, device: torch.device) -> Self:
        """Build the generator that `header` describes, untrained."""
        (own,) = get_args(cls.Settings.model_fields["model"].annotation)
        if header.model != own:
            raise UserError(f"{path} holds a generator of the kind {header.model}, not {own}")
        height, width, channels = header.image_shape
        try:
            settings = cls.Settings.model_validate_json(json.dumps(header.settings))
            problem = settings.check_image(height, channels)
            if problem or height != width:
                raise ValueError(problem or f"images of {height} x {width} are not square")
            return cls(settings, header.image_shape, len(header.class_names), device)
        except torch.OutOfMemoryError:  # of a GPU: no fault of the file
            raise
        except (ValueError, RuntimeError, MemoryError) as error:
            raise UserError(
                f"{path} describes a {own} that can't be built ({_shortened(error)}); use the "
                f"version of the project that has written it, or train the generator again"
            ) from error

    def load_sampling_state(self, tensors: dict[str, torch.Tensor]) -> None:
        """Take up the tensors of the sampling network that `save` wrote.

        Raises one of torch's errors or ValueError where they don't fit.
        """
        self.sampling_network().load_state_dict(tensors)


def _shortened(error: Exception) -> str:
    """Return the message of `error` on one line, without the rest of a long list."""
    text = " ".join(str(error).split())
    return text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 3]}..."
