"""Reading pickled networks of stylegan2-ada-pytorch without running anything that is in them.

Such a file is a dict with "G", "D" and "G_ema". Each is a module pickled along with its source
code, which the original runs when it reads the file. Here every name that the pickle refers to is
either in a short list and stands for a harmless function of ours, or the file is refused.
"""

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from synthmix.errors import UserError


def read_networks(path: str | Path) -> dict[str, dict[str, torch.Tensor]]:
    """Return the tensors of each network in the pickle `path` by their names there.

    The keys are those of the file, of which "G_ema" is a must. Raises UserError when the file is
    not such a pickle, is cut off, or refers to anything but networks and tensors.
    """
    try:
        with Path(path).open("rb") as file:
            content = _Unpickler(file).load()
        return {
            name: dict(_tensors(content[name])) for name in ("G", "D", "G_ema") if name in content
        }
    except UserError as error:
        raise UserError(f"{path} was not read: {error}") from None
    except OSError as error:
        raise UserError(f"{path} can't be read: {error}") from error
    except Exception as error:  # a broken pickle fails in any way
        raise UserError(
            f"{path} is no whole pickle of stylegan2-ada-pytorch ({type(error).__name__}: {error})"
        ) from error


class _Unpickler(pickle.Unpickler):
    """An unpickler that knows the names in `_known_names` and no others."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        super().__init__(file)
        self.known = _known_names()

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        """Return what stands for `module.name`; this imports nothing."""
        try:
            return self.known[module, name]
        except KeyError:
            raise UserError(
                f"it refers to {module}.{name}, which networks of stylegan2-ada-pytorch do not "
                "need; nothing of it was run"
            ) from None


def _known_names() -> dict[tuple[str, str], Callable[..., Any]]:
    """Return stand-ins by module and name.

    They are built-in types, which can't be changed, or made anew for each file: a pickle can set
    attributes of what it refers to.
    """

    def module(meta: dict[str, Any]) -> dict[str, Any]:
        return meta["state"]

    def storage(data: bytes) -> Any:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)

    def tensor(storage: Any, offset: int, size: tuple, stride: tuple, *_: Any) -> torch.Tensor:
        # as_strided checks that the storage is large enough
        whole = torch.empty(0, dtype=storage.dtype).set_(storage)
        return whole.as_strided(size, stride, offset)

    def parameter(data: torch.Tensor, *_: Any) -> torch.Tensor:
        return data

    def number(*_: Any) -> "_Ignored":
        return _Ignored()

    names = {
        ("torch_utils.persistence", "_reconstruct_persistent_obj"): module,
        ("dnnlib.util", "EasyDict"): dict,
        ("dnnlib", "EasyDict"): dict,
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): tensor,
        ("torch._utils", "_rebuild_parameter"): parameter,
        ("torch.storage", "_load_from_bytes"): storage,
        # constants of layers, such as 1 / np.sqrt(inputs), which we compute ourselves
        ("numpy.core.multiarray", "scalar"): number,
        ("numpy._core.multiarray", "scalar"): number,
        ("numpy", "dtype"): number,
    }
    return names | {("builtins", kind.__name__): kind for kind in (dict, list, set, tuple)}


class _Ignored:
    """What stands for a NumPy number or its type; no value is kept."""

    def __setstate__(self, state: Any) -> None:
        """Keep nothing."""


def _tensors(module: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    """Yield the parameters and buffers in the state of a pickled module, with dotted names."""
    for kind in ("_parameters", "_buffers"):
        for name, value in module[kind].items():
            if isinstance(value, torch.Tensor):
                yield prefix + name, value.detach()
    for name, child in module["_modules"].items():
        if child is not None:
            yield from _tensors(child, f"{prefix}{name}.")
