"""Which device torch runs on, and how to make it repeat itself."""

import os
from collections.abc import Mapping
from typing import Any

import torch

from synthmix.errors import UserError


def set_up_torch(config: Mapping[str, Any]) -> torch.device:
    """Return the device that the workflow's `config` asks for and make torch deterministic.

    `config["device"]` is auto, cpu or cuda; `config["training_threads"]` the number of CPU
    threads: results on a CPU are equal bit for bit only for the same number. Raises UserError
    when a GPU is asked for and there is none.
    """
    has_gpu = torch.cuda.is_available()
    if config["device"] == "cuda" and not has_gpu:
        raise UserError("device: cuda, but this machine shows no CUDA device; set device: auto")
    # cuBLAS repeats itself only with a workspace of fixed size
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(config["training_threads"])
    # As use_deterministic_algorithms(True), which also loads the compiler: a second in every job
    torch.set_deterministic_debug_mode("error")
    torch.backends.cudnn.benchmark = False
    return torch.device("cuda" if has_gpu and config["device"] != "cpu" else "cpu")
