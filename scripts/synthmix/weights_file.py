"""Files of trained models: safetensors files that say what they hold.

What one says stands as JSON under one key of the file's metadata: of several keys the order, and
with it the bytes of the file, would differ from run to run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from safetensors import SafetensorError, safe_open

from synthmix.errors import UserError
from synthmix.settings import SettingsModel

FORMAT_VERSION = 1
Header = TypeVar("Header", bound=SettingsModel)


@dataclass(frozen=True)
class Kind:
    """A kind of model file, and what messages about one say.

    `again` is how a new one is had, `advice` which file is to be named in its place.
    """

    noun: str
    header_key: str
    again: str
    advice: str


@contextmanager
def open_weights(path: str | Path, framework: str, kind: Kind) -> Iterator[Any]:
    """Open the safetensors file `path` for the block; `framework` as of `safe_open`.

    Raises UserError when there is none or it is cut off or of another kind. Nothing but
    safetensors is ever read: other formats may hold code.
    """
    if not Path(path).is_file():
        raise UserError(f"there is no file {path}; {kind.advice}")
    try:
        with safe_open(path, framework=framework) as file:
            yield file
    except SafetensorError as error:
        raise UserError(f"{path} {_trouble(Path(path), kind)} ({error})") from None
    except OSError as error:
        raise UserError(f"{path} can't be read: {error}") from error


def header_of(path: str | Path, file: Any, model: type[Header], kind: Kind) -> Header:
    """Return the header of the open safetensors `file` at `path`, as `model` describes it.

    Raises UserError when it has none or a damaged one.
    """
    text = (file.metadata() or {}).get(kind.header_key)
    if text is None:
        raise UserError(
            f"{path} does not say which {kind.noun} its weights are of (its metadata has no "
            f"{kind.header_key}); {kind.advice}"
        )
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        if "format_version" in problem["loc"]:
            raise UserError(
                f"{path} has a format that this version of the project does not know; use the "
                f"version that has written it, or {kind.again}"
            ) from None
        where = ".".join(map(str, problem["loc"]))
        raise UserError(
            f"{path}: what it says of its {kind.noun} is damaged ({where or 'as a whole'}: "
            f"{problem['msg']}); copy the file again, or {kind.again}"
        ) from None


def _trouble(path: Path, kind: Kind) -> str:
    """Return what a file that is no whole safetensors file seems to be, and what to do."""
    with path.open("rb") as file:
        start = file.read(16)
    if start[8:9] == b"{":
        return f"is cut off or damaged: copy it again, or {kind.again}"
    if not start:
        return f"is empty: copy it again, or {kind.again}"
    if start.lstrip()[:1] == b"<":
        return f"is a web page, not weights: {kind.advice}"
    if start.startswith((b"PK", b"\x80")):
        return (
            "is a pickle of PyTorch or a zip, not safetensors; pickles can run code and are not "
            f"opened: {kind.advice}"
        )
    return f"is no safetensors file: {kind.advice}"
