import errno
import re

import numpy as np
import pytest
import torch

from little_memory import SAID
from synthmix.errors import UserError
from synthmix.runtime.memory import gpu_shortage, shortage_explained

ASKED = "Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.15 GiB of which 1.20 GiB is"


def test_a_gpu_without_memory_is_told_with_what_it_has():
    with pytest.raises(UserError) as caught, shortage_explained():
        raise torch.OutOfMemoryError(SAID)
    said = str(caught.value)
    assert said.startswith(f"the GPU is out of memory. {ASKED} free. What other programs hold")
    assert "device: cpu" in said
    assert "PyTorch" not in said


@pytest.mark.parametrize(
    "text",
    [
        "CUDA error: out of memory\nCUDA kernel errors might be reported later",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    ],
)
def test_the_libraries_of_cuda_say_it_in_other_words(text):
    first = text.partition("\n")[0]
    assert gpu_shortage(RuntimeError(text)).startswith(f"the GPU is out of memory ({first}")
    assert "reported later" not in gpu_shortage(RuntimeError(text))


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: torch.empty(10**15), "can't allocate memory: you tried to allocate"),
        (lambda: np.empty(10**15), "Unable to allocate 7.11 PiB"),
    ],
)
def test_a_machine_without_memory_is_told(ask, said):
    with pytest.raises(UserError) as caught, shortage_explained():
        ask()
    assert re.match(rf"the job is out of memory \(.*{said}", str(caught.value))
    assert "enforce fail" not in str(caught.value)
    assert "mem_mb" in str(caught.value)


def test_an_error_of_the_system_counts_where_it_is_about_memory():
    for error in (OSError(errno.ENOMEM, "Cannot allocate memory"), MemoryError()):
        with pytest.raises(UserError, match="the job is out of memory"), shortage_explained():
            raise error
    with pytest.raises(OSError, match="No space left"), shortage_explained():
        raise OSError(errno.ENOSPC, "No space left on device")


def test_any_other_error_is_left_as_it_is():
    error = RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    assert gpu_shortage(error) is None
    with pytest.raises(RuntimeError) as caught, shortage_explained():
        raise error
    assert caught.value is error
