"""Running out of memory, on a GPU or on the machine, told in words that help. No torch here."""

import errno
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from synthmix.errors import UserError

# what CUDA and its libraries say where torch has no class of its own for it
_OF_CUDA = re.compile(r"CUDA error: out of memory|CU(BLAS|DNN)_STATUS_ALLOC_FAILED")
# of torch's own message, which goes on with what its allocator holds
_OF_TORCH = re.compile(r"Tried to allocate .*? is free")
_OF_CPU = "DefaultCPUAllocator: "

_GPU_ADVICE = (
    "What other programs hold of it shows in nvidia-smi; with --resources gpu=1 jobs take turns on "
    "it. Otherwise lower image_size, or use a GPU with more memory or device: cpu."
)
_CPU_ADVICE = (
    "Run fewer jobs at a time (--cores), or on a machine with more memory. On a cluster a job that "
    "is started again (retries) asks for more; --set-resources <rule>:mem_mb=... does so at once."
)


@contextmanager
def shortage_explained() -> Iterator[None]:
    """Raise UserError in the place of what the block raises where memory runs out."""
    try:
        yield
    except Exception as error:
        if said := gpu_shortage(error):
            raise UserError(f"{said}. {_GPU_ADVICE}") from error
        if said := _cpu_shortage(error):
            raise UserError(f"{said}. {_CPU_ADVICE}") from error
        raise


def gpu_shortage(error: Exception) -> str | None:
    """Return what a GPU had too little of, by an error of torch; None by any other error."""
    torch = sys.modules.get("torch")  # which is long to import
    if torch is None or not isinstance(error, RuntimeError):
        return None
    text = " ".join(str(error).split())
    if not (isinstance(error, torch.OutOfMemoryError) or _OF_CUDA.search(text)):
        return None
    if told := _OF_TORCH.search(text):
        return f"the GPU is out of memory. {told[0]}"
    has = ""
    if torch.cuda.is_available():
        has = f"; it has {torch.cuda.get_device_properties().total_memory / 2**30:.1f} GiB"
    return f"the GPU is out of memory ({str(error).partition(chr(10))[0]}{has})"


def _cpu_shortage(error: Exception) -> str | None:
    """Return what this machine, or the job, had too little of; None by any other error."""
    refused = isinstance(error, OSError) and error.errno == errno.ENOMEM
    if not (refused or isinstance(error, MemoryError) or _OF_CPU in str(error)):
        return None
    text = str(error).rpartition(_OF_CPU)[2]
    return f"the job is out of memory ({text})" if text else "the job is out of memory"
