"""The file of a trained generator: a safetensors file that says what it holds.

What it says stands as JSON under one key of the file's metadata: of several keys the order, and
with it the bytes of the file, would differ from run to run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from safetensors import SafetensorError, safe_open

from synthmix.errors import UserError
from synthmix.settings import Name, PositiveInt, SettingsModel

HEADER_KEY = "synthmix_generator"
FORMAT_VERSION = 1
ADVICE = "name the weights.safetensors of a generator that was trained here"


class Header(SettingsModel):
    """What the file of a trained generator says of it."""

    format_version: Literal[1] = FORMAT_VERSION
    model: str = Field(min_length=1)
    settings: dict[str, Any]
    image_shape: tuple[PositiveInt, PositiveInt, PositiveInt]
    """Height, width and channels of its images."""
    class_names: Annotated[tuple[Name, ...], Field(min_length=1)]
    """The classes it has learned, in the order of their labels."""

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
    text = (file.metadata() or {}).get(HEADER_KEY)
    if text is None:
        raise UserError(
            f"{path} does not say which generator its weights are of (its metadata has no "
            f"{HEADER_KEY}); {ADVICE}"
        )
    try:
        return Header.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        if "format_version" in problem["loc"]:
            raise UserError(
                f"{path} has a format that this version of the project does not know; use the "
                "version that has written it, or train the generator again"
            ) from None
        where = ".".join(map(str, problem["loc"]))
        raise UserError(
            f"{path}: what it says of its generator is damaged ({where or 'as a whole'}: "
            f"{problem['msg']}); copy the file again, or train the generator again"
        ) from None


@contextmanager
def open_weights(path: str | Path, framework: str) -> Iterator[Any]:
    """Open the safetensors file `path` for the block; `framework` as of `safe_open`.

    Raises UserError when there is none or it is cut off or of another kind. Nothing but
    safetensors is ever read: other formats may hold code.
    """
    if not Path(path).is_file():
        raise UserError(f"there is no file {path}; {ADVICE}")
    try:
        with safe_open(path, framework=framework) as file:
            yield file
    except SafetensorError as error:
        raise UserError(f"{path} {_trouble(Path(path))} ({error})") from None
    except OSError as error:
        raise UserError(f"{path} can't be read: {error}") from error


def _trouble(path: Path) -> str:
    """Return what a file that is no whole safetensors file seems to be, and what to do."""
    with path.open("rb") as file:
        start = file.read(16)
    if start[8:9] == b"{":
        return "is cut off or damaged: copy it again, or train the generator again"
    if not start:
        return "is empty: copy it again, or train the generator again"
    if start.lstrip()[:1] == b"<":
        return f"is a web page, not weights: {ADVICE}"
    if start.startswith((b"PK", b"\x80")):
        return (
            "is a pickle of PyTorch or a zip, not safetensors; pickles can run code and are not "
            f"opened: {ADVICE}"
        )
    return f"is no safetensors file: {ADVICE}"
