"""Which device torch runs on, and how to make it repeat itself."""

import os
from collections.abc import Mapping
from typing import Any

import torch

from synthmix.errors import UserError
from synthmix.runtime.leases import lease


def set_up_torch(config: Mapping[str, Any], devices: int = 1) -> torch.device:
    """Return the device that the workflow's `config` asks for and make torch deterministic.

    `config["device"]` is auto, cpu or cuda; `config["training_threads"]` the number of CPU
    threads: results on a CPU are equal bit for bit only for the same number. Unless that is cpu
    as many GPUs as `devices` are leased until the process ends. Raises UserError when a GPU is
    asked for and there is none.
    """
    may_use_gpu = config["device"] != "cpu" and torch.backends.cuda.is_built()
    if may_use_gpu:
        lease(devices)  # first: CUDA keeps to the GPUs that it sees when it is asked anything
    has_gpu = may_use_gpu and torch.cuda.is_available()
    if config["device"] == "cuda" and not has_gpu:
        raise UserError("device: cuda, but this machine shows no CUDA device; set device: auto")
    # cuBLAS repeats itself only with a workspace of fixed size
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(config["training_threads"])
    # As use_deterministic_algorithms(True), which also loads the compiler: a second in every job
    torch.set_deterministic_debug_mode("error")
    torch.backends.cudnn.benchmark = False
    return torch.device("cuda" if has_gpu else "cpu")
