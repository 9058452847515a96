"""A GPU with little memory, where there is none: torch's own error, from within a training step."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.nn.modules.module import register_module_forward_pre_hook

SAID = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.15 GiB of "
    "which 1.20 GiB is free. Including non-PyTorch memory, this process has 77.94 GiB memory in "
    "use. Of the allocated memory 70.10 GiB is allocated by PyTorch, and 7.00 GiB is reserved by "
    "PyTorch but unallocated. If reserved but unallocated memory is large try setting "
    "PYTORCH_ALLOC_CONF=expandable_segments:True to avoid fragmentation."
)


@contextmanager
def room_for(images: int) -> Iterator[None]:
    """Let layers learn from so many images at once, and run out of memory with more."""

    def check(_: torch.nn.Module, given: tuple) -> None:
        tensors = (value for value in given if isinstance(value, torch.Tensor) and value.dim() > 1)
        if torch.is_grad_enabled() and any(len(tensor) > images for tensor in tensors):
            raise torch.OutOfMemoryError(SAID)

    hook = register_module_forward_pre_hook(check)
    try:
        yield
    finally:
        hook.remove()
