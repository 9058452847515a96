"""A trained classifier in one file: all weights, and how images are made ready for it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from math import isfinite, prod
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import torch
from pydantic import Field, model_validator
from safetensors.torch import save_file

from synthmix import weights_file
from synthmix.classify.network import new_network
from synthmix.classify.settings import Classifier
from synthmix.errors import UserError
from synthmix.evaluate.settings import Evaluation, check_threshold
from synthmix.files import write_beside
from synthmix.networks.base import Network
from synthmix.networks.heads import room_of
from synthmix.networks.plan import ORIGINAL, facts_of
from synthmix.prepare.settings import Prepare
from synthmix.readers.raw_image import MOST_PIXELS
from synthmix.settings import Distinct, Name, SettingsModel, Share
from synthmix.weights_file import FORMAT_VERSION, Kind

MOST_TEXT = 300
HEADER_KEY = "synthmix_exported_classifier"
CLASSIFIER = Kind(
    noun="classifier",
    header_key=HEADER_KEY,
    again="export the classifier again (snakemake export_classifiers)",
    advice="name the model.safetensors that `snakemake export_classifiers` writes",
)
# what a network is and how it answers, without how it was trained
NETWORK = (
    "network",
    "input_size",
    "input_scaling",
    "unfrozen_layers",
    "unfrozen_share",
    "pooling",
    "cnn",
)
NETWORK += ("head", "neighbours", "dense_layers", "dropout", "monte_carlo_passes")


def network_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a classifier's settings a file keeps.

    What it started from is among them only where images are prepared otherwise for it.
    """
    names = (*NETWORK, "weights") if settings["weights"] == ORIGINAL else NETWORK
    return {name: settings[name] for name in names}


class ModelHeader(SettingsModel):
    """What the file of an exported classifier says of it."""

    format_version: Literal[1] = FORMAT_VERSION
    settings: Classifier
    """Those that `network_settings` names; the others are not kept."""
    classes: Annotated[tuple[Name, ...], Field(min_length=2), Distinct]
    """In the order of its outputs."""
    positive_class: Name | None
    threshold: Share
    """The probability from which an image is said to be of the positive class."""
    prepare: Prepare
    """How images are read from their files and made equal."""
    value_range: tuple[float, float] | None = None
    """What values of deep images were mapped to black and white; None: none had a common range."""
    about: str = Field(max_length=2000, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")
    """For people: what it was trained on."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.positive_class is not None and self.positive_class not in self.classes:
            raise ValueError("positive_class: is none of the classes")
        given = Evaluation.model_construct(threshold=self.threshold)
        if problem := check_threshold(given, self.classes, self.positive_class):
            raise ValueError(f"threshold: {problem}")
        low, high = self.value_range or (0, 1)
        if not (isfinite(low) and isfinite(high) and low < high):
            raise ValueError("value_range: is no range")
        if prod(self.prepare.volume_shape or ()) > MOST_PIXELS:
            raise ValueError(f"prepare: volumes of more than {MOST_PIXELS} voxels")
        return self

    @property
    def image_shape(self) -> tuple[int, ...]:
        """The shape of a prepared image: (C, H, W), of volumes (1, X, Y, Z)."""
        size, volume = self.prepare.image_size, self.prepare.volume_shape
        return (1, *volume) if volume else (self.prepare.channels, size, size)

    def metadata(self) -> dict[str, str]:
        """Return it as the metadata of a safetensors file."""
        of_network = set(network_settings(self.settings.model_dump()))
        kept = {"settings": of_network, "prepare": set(Prepare.model_fields)}
        kept["prepare"].remove("max_rejected_share")
        others = dict.fromkeys(set(type(self).model_fields) - set(kept), True)
        return {HEADER_KEY: self.model_dump_json(include=kept | others)}


def save_model(path: str | Path, network: Network, header: ModelHeader) -> None:
    """Write all weights of `network` and the `header`; the same make the same file."""
    tensors = {
        name: tensor.detach().cpu().contiguous() for name, tensor in _answering(network).items()
    }
    with write_beside(path) as temporary:
        save_file(tensors, temporary, header.metadata())


def load_model(path: str | Path, device: torch.device) -> tuple[Network, ModelHeader]:
    """Return the network in the file `path`, in evaluation mode on `device`, and its header.

    Raises UserError when `path` is not the whole file of a classifier, or its tensors are not
    those of the network that it describes, or not finite.
    """
    with _open(path) as file:
        header = weights_file.header_of(path, file, ModelHeader, CLASSIFIER)
        # copies: the last digits of sums depend on how values are aligned in memory
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    network = _described(path, header, tensors)
    # their own tensors in place of those without memory
    network.load_state_dict(tensors, strict=False, assign=True)
    network.auxiliary = None
    return network.requires_grad_(False).eval().to(device), header


def _open(path: str | Path) -> AbstractContextManager[Any]:
    return weights_file.open_weights(path, "pt", CLASSIFIER)


def _described(path: str | Path, header: ModelHeader, tensors: Mapping[str, Any]) -> Network:
    """Return the network that `header` describes, without memory, once `tensors` are its own."""
    settings = header.settings.model_dump(mode="json")
    # before a description of more layers than there are tensors is followed
    if facts_of(settings).least_tensors(settings) + len(settings["dense_layers"]) > len(tensors):
        raise _other_tensors(path, header, "fewer tensors than layers")
    try:
        with torch.device("meta"):
            network = new_network(settings, header.image_shape, len(header.classes))
            room_of(network, tensors)
        problem = _difference(_answering(network), tensors)
    except (UserError, RuntimeError, TypeError, OverflowError) as error:
        # of numbers too large for torch it tells at length
        problem = " ".join(str(error).split())[:MOST_TEXT]
    if problem:
        raise _other_tensors(path, header, problem)
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise UserError(
                f"{path}: {name} has values that are not finite: the training has gone astray; "
                f"train the classifier again with a lower learning_rate"
            )
    return network


def _difference(
    wanted: Mapping[str, torch.Tensor], tensors: Mapping[str, torch.Tensor]
) -> str | None:
    """Return in what `tensors` are not those `wanted`, None if they are."""
    if odd := sorted(wanted.keys() ^ tensors.keys()):
        return f"{odd[0]} is {'missing' if odd[0] in wanted else 'unknown'}"
    for name, tensor in wanted.items():
        given = tensors[name]
        if given.shape != tensor.shape or given.dtype != tensor.dtype:
            return f"{name} is {given.dtype} {tuple(given.shape)}, not {tuple(tensor.shape)}"
    return None


def _other_tensors(path: str | Path, header: ModelHeader, problem: str) -> UserError:
    return UserError(
        f"{path}: its tensors are not those of the {header.settings.network} that it describes "
        f"({problem}); copy the file again, or {CLASSIFIER.again}"
    )


def _answering(network: Network) -> dict[str, torch.Tensor]:
    """Return the weights that an answer needs: an auxiliary output is for training alone."""
    return {
        name: tensor
        for name, tensor in network.state_dict().items()
        if not name.startswith("auxiliary.")
    }
