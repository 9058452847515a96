"""A trained generator from its file alone, whatever its kind."""

from pathlib import Path

import torch

from synthmix.errors import UserError, one_of
from synthmix.generate.models.base import Generator
from synthmix.generate.models.weights_file import read_header
from synthmix.registry import GENERATORS, load_generator


def load_any(path: str | Path, device: torch.device) -> Generator:
    """Return the generator that `Generator.save` wrote to `path`, ready to sample on `device`.

    Raises UserError when the file is not whole, of no generator that is known here, or does not
    fit what it says of itself.
    """
    return generator_class(path).load(path, device)


def generator_class(path: str | Path) -> type[Generator]:
    """Return the class of the generator in the file `path`; raises UserError for an unknown one."""
    model = read_header(path).model
    if model not in GENERATORS:
        raise UserError(f"{path}: its generator {one_of(model, GENERATORS, 'generators here')}")
    return load_generator(model)
