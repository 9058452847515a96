"""The file of a trained generator, and what it says of it."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from synthmix import weights_file
from synthmix.leakage import NONE, Leakage
from synthmix.settings import Name, PositiveInt, SettingsModel
from synthmix.weights_file import FORMAT_VERSION, Kind

HEADER_KEY = "synthmix_generator"
GENERATOR = Kind(
    noun="generator",
    header_key=HEADER_KEY,
    again="train the generator again",
    advice="name the weights.safetensors of a generator that was trained here",
)


class Header(SettingsModel):
    """What the file of a trained generator says of it."""

    format_version: Literal[1] = FORMAT_VERSION
    model: str = Field(min_length=1)
    settings: dict[str, Any]
    image_shape: tuple[PositiveInt, PositiveInt, PositiveInt]
    """Height, width and channels of its images."""
    class_names: Annotated[tuple[Name, ...], Field(min_length=1)]
    """The classes it has learned, in the order of their labels."""
    leakage: Leakage = NONE
    """Whether it has learned from test images of its study too."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.settings.get("model") != self.model:
            raise ValueError("settings: are of another model")
        if len(set(self.class_names)) < len(self.class_names):
            raise ValueError("class_names: name a class twice")
        return self

    def metadata(self) -> dict[str, str]:
        """Return it as the metadata of a safetensors file."""
        return {HEADER_KEY: self.model_dump_json()}


def read_header(path: str | Path) -> Header:
    """Return what the file `path` says of its generator; reads no weights and loads no torch.

    Raises UserError when it is not the whole file of a generator.
    """
    with open_weights(path, "numpy") as file:
        return header_of(path, file)


def header_of(path: str | Path, file: Any) -> Header:
    """Return the header of the open safetensors `file` at `path`; raises UserError."""
    return weights_file.header_of(path, file, Header, GENERATOR)


def open_weights(path: str | Path, framework: str) -> AbstractContextManager[Any]:
    """Open the file of a generator as `synthmix.weights_file.open_weights` does."""
    return weights_file.open_weights(path, framework, GENERATOR)
