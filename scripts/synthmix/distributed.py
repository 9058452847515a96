"""One training on several devices: a process each, and what the processes tell each other.

Every process draws the same random numbers, works through its own parts of a batch, and adds its
gradients to those of the others before each step. So several devices do what one does with as many
parts of a batch, but for the order of additions and for what is drawn within a part, as by dropout.
"""

import logging
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
from torch import distributed, multiprocessing
from torch.distributed import DistBackendError

from synthmix.errors import UserError

LOGGER = logging.getLogger(__name__)
# the others wait while the first process scores a snapshot
LONGEST_WAIT = timedelta(hours=12)
CONNECTION_LOST = "Connection closed by peer"  # as gloo says it
# apart from the common random numbers, which several processes must not use up faster than one
_SEEDS = torch.Generator()


def world_size() -> int:
    """Return how many processes train together: 1 unless `run_together` started more."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Return the number of this process among them; 0 is the one that writes files."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def add_up(total: torch.Tensor, optimizer: torch.optim.Optimizer) -> torch.Tensor:
    """Add up the gradients of the optimizer's parameters over all processes.

    Returns the sum of `total`, a scalar, which goes along with them.
    """
    if world_size() == 1:
        return total
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    touched = [p for p in parameters if p.grad is not None]
    flat = torch.cat([total.reshape(1), *(p.grad.flatten() for p in touched)])
    distributed.all_reduce(flat)
    sizes = [1, *(p.numel() for p in touched)]
    total, *gradients = flat.split(sizes)
    for parameter, gradient in zip(touched, gradients, strict=True):
        parameter.grad.copy_(gradient.view_as(parameter))
    return total.reshape(())


def summed(value: torch.Tensor) -> torch.Tensor:
    """Return the sum of `value`, of any shape, over all processes."""
    if world_size() == 1:
        return value
    total = value.clone()
    distributed.all_reduce(total)
    return total


def averaged(value: torch.Tensor) -> torch.Tensor:
    """Return the mean of `value`, of any shape, over all processes."""
    return summed(value) / world_size()


def seed_own(seed: int) -> None:
    """Start what `own_random_numbers` gives anew, from the same `seed` in all processes."""
    _SEEDS.manual_seed(seed)


@contextmanager
def own_random_numbers() -> Iterator[None]:
    """Give each process random numbers of its own for a while; afterwards all draw alike again.

    With one process they are the common ones. `seed_own` says from where they start.
    """
    if world_size() == 1:
        yield
        return
    seed = int(torch.randint(2**62, (), generator=_SEEDS))
    devices = [torch.cuda.current_device()] if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed + rank())
        yield


def told_by_first(value: float, device: torch.device) -> float:
    """Return the number that the first process passes; those of the others are ignored."""
    if world_size() == 1:
        return value
    told = torch.tensor(float(value), dtype=torch.float64, device=device)
    distributed.broadcast(told, 0)
    return told.item()


def wait_for_all() -> None:
    """Return once every process has come here."""
    if world_size() > 1:
        distributed.barrier()


def run_together(
    work: Callable[..., None], arguments: Mapping[str, Any], devices: int, device: torch.device
) -> None:
    """Call `work(**arguments, device=...)` in `devices` processes at once, this one among them.

    On "cuda" each has a device of its own, on "cpu" they share it. `work` must leave writing to
    the process of `rank` 0, which is this one. Raises UserError where there are fewer devices.
    """
    if devices == 1:
        work(**arguments, device=device)
        return
    if device.type == "cuda" and torch.cuda.device_count() < devices:
        raise UserError(
            f"devices: {devices}, but this job sees {torch.cuda.device_count()} CUDA device(s); "
            f"set devices to that or give the job more"
        )
    port = _free_port()
    context = multiprocessing.get_context("spawn")
    threads = torch.get_num_threads()
    others = [
        context.Process(
            target=_follow,
            args=(work, dict(arguments), number, devices, device.type, port, threads),
            daemon=True,
        )
        for number in range(1, devices)
    ]
    for process in others:
        process.start()
    try:
        _take_part(work, arguments, 0, devices, device.type, port)
    except RuntimeError as error:
        if CONNECTION_LOST not in str(error) and not isinstance(error, DistBackendError):
            raise
        raise UserError(f"another process of this training ended early: {error}") from error
    finally:
        for process in others:
            process.join(10)
            process.kill()


def _follow(
    work: Callable[..., None],
    arguments: dict[str, Any],
    number: int,
    devices: int,
    kind: str,
    port: int,
    threads: int,
) -> None:
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    _take_part(work, arguments, number, devices, kind, port)


def _take_part(
    work: Callable[..., None],
    arguments: Mapping[str, Any],
    number: int,
    devices: int,
    kind: str,
    port: int,
) -> None:
    device = torch.device(kind, number) if kind == "cuda" else torch.device(kind)
    if kind == "cuda":
        torch.cuda.set_device(device)
    distributed.init_process_group(
        "nccl" if kind == "cuda" else "gloo",
        init_method=f"tcp://127.0.0.1:{port}",
        rank=number,
        world_size=devices,
        timeout=LONGEST_WAIT,
        device_id=device if kind == "cuda" else None,
    )
    try:
        work(**arguments, device=device)
    finally:
        distributed.destroy_process_group()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]
