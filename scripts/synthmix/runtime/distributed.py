"""One training on several devices: a process each, and what the processes tell each other.

Every process draws the same random numbers, works through its own parts of a batch, and adds its
gradients to those of the others before each step. So several devices do what one does with as many
parts of a batch, but for the order of additions and for what is drawn within a part, as by dropout.

Run as a program this module is one of the other processes: it reads what to do from its standard
input, and ends when that is closed, which happens when the first process ends, however it does.
"""

import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import torch
from torch import distributed, nn

from synthmix.errors import UserError
from synthmix.runtime.interruption import SIGNALS
from synthmix.runtime.memory import shortage_explained

LOGGER = logging.getLogger(__name__)
START_WAIT = timedelta(minutes=5)
# the others wait while the first process scores a snapshot; one that dies is noticed otherwise
LONGEST_WAIT = timedelta(days=7)
# seconds that the first process has to notice by itself that another died
GRACE = 20
# what a process ends with after a mistake of the user, whose message is its standard output
MISTAKE = 3
OTHERS_ENDED = (
    "another process of this training ended before its work was done; what it had to say stands "
    "on standard error"
)
# apart from the common random numbers, which several processes must not use up faster than one
_SEEDS = torch.Generator()


def world_size() -> int:
    """Return how many processes train together: 1 unless `run_together` started more."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Return the number of this process among them; 0 is the one that writes files."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def described(device: torch.device) -> str:
    """Return what a training runs on, as logs say it."""
    return str(device) if world_size() == 1 else f"{device.type}, {world_size()} processes"


def check_batch(images: int) -> None:
    """Raise UserError where a batch of `images` has fewer than two for each process."""
    if images < 2 * world_size() > 2:
        raise UserError(
            f"devices: {world_size()}, but a batch has {images} images: not two for each; "
            f"add images, raise batch_size or lower devices"
        )


def add_up(total: torch.Tensor, optimizer: torch.optim.Optimizer) -> torch.Tensor:
    """Add up the gradients of the optimizer's parameters over all processes.

    Returns the sum of `total`, a scalar, which goes along with them. A process without a part of
    the batch adds nothing.
    """
    if world_size() == 1:
        return total
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    shares = [parameter.grad.flatten() for parameter in parameters]
    flat = torch.cat([total.reshape(1).to(shares[0]), *shares])
    distributed.all_reduce(flat)
    total, *gradients = flat.split([1, *(p.numel() for p in parameters)])
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad.copy_(gradient.view_as(parameter))
    return total.reshape(())


def summed(value: torch.Tensor) -> torch.Tensor:
    """Return the sum of `value`, of any shape, over all processes."""
    if world_size() == 1:
        return value
    total = value.clone()
    distributed.all_reduce(total)
    return total


def share_averages(module: nn.Module) -> None:
    """Have the module's averages, those of batch norm, be the means of those of all processes."""
    if world_size() > 1:
        for buffer in module.buffers():
            if buffer.is_floating_point():
                buffer.copy_(summed(buffer) / world_size())


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


def begin_alike(device: torch.device, **numbers: int) -> None:
    """Return once every process has come here, all with the same `numbers`.

    Raises UserError in a process with others: what it has read must be what the first has read.
    """
    for name, number in numbers.items():
        if (first := told_by_first(number, device)) != number:
            raise UserError(
                f"another process of this training begins with {name} {number}, the first with "
                f"{first:.0f}: not all could read what was kept; run the same command again"
            )
    wait_for_all()


def run_together(
    work: Callable[..., None], arguments: Mapping[str, Any], devices: int, device: torch.device
) -> None:
    """Call `work(**arguments, device=...)` in `devices` processes at once, this one among them.

    On "cuda" each has a device of its own, on "cpu" they share it. `work`, a function of a module,
    must leave writing and reporting to the process of `rank` 0, which is this one. Raises UserError
    where there are fewer devices, and when another process ends before its work is done.
    """
    if devices == 1:
        work(**arguments, device=device)
        return
    if device.type == "cuda" and torch.cuda.device_count() < devices:
        raise UserError(
            f"devices: {devices}, but this job sees {torch.cuda.device_count()} CUDA device(s); "
            f"set devices to that or give the job more"
        )
    store = distributed.TCPStore(
        "127.0.0.1", 0, devices, is_master=True, timeout=START_WAIT, wait_for_workers=False
    )
    task = {
        "work": work,
        "arguments": dict(arguments),
        "devices": devices,
        "kind": device.type,
        "port": store.port,
        "threads": torch.get_num_threads(),
    }
    others = [_start(task | {"number": number}) for number in range(1, devices)]
    finished = threading.Event()
    threading.Thread(target=_watch, args=(others, finished), daemon=True).start()

    def noticing(**arguments: Any) -> None:
        try:
            with shortage_explained():
                work(**arguments)
        except RuntimeError as error:
            for _ in range(GRACE):  # what has died may not have ended yet
                if any(process.poll() for process in others):
                    raise UserError(_reason(others)) from error
                time.sleep(0.5)
            raise

    try:
        _take_part(noticing, arguments, 0, devices, device.type, store)
    except BaseException:
        for process in others:  # they may wait for this one
            process.kill()
        if device.type == "cpu" and distributed.is_initialized():
            distributed.destroy_process_group()  # NCCL's would wait for the others
        raise
    finally:
        finished.set()
        for process in others:
            with suppress(OSError):
                process.stdin.close()  # ends it if it has not ended itself
            process.wait()
            process.stdout.close()


def _start(task: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    """Start another process and hand it its task."""
    path = os.pathsep.join(filter(None, sys.path))
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": path},
    )
    payload = pickle.dumps(task)
    process.stdin.write(len(payload).to_bytes(8, "big") + payload)
    process.stdin.flush()
    return process


def _watch(others: Sequence[subprocess.Popen[bytes]], finished: threading.Event) -> None:
    """End this process when another has died and it has not noticed: it would wait forever."""
    while not finished.wait(0.5):
        if any(process.poll() for process in others):
            if finished.wait(GRACE):
                return
            reason = _reason(others)
            LOGGER.error(reason)
            print(f"\nsynthmix: {reason}\n", file=sys.stderr)
            os._exit(1)


def _reason(others: Sequence[subprocess.Popen[bytes]]) -> str:
    """Return why one of the others ended: what it left, where a user's mistake ended it."""
    for process in others:
        if process.poll() == MISTAKE and (told := process.stdout.read()):
            return told.decode()
    return OTHERS_ENDED


def _take_part(
    work: Callable[..., None],
    arguments: Mapping[str, Any],
    number: int,
    devices: int,
    kind: str,
    store: distributed.TCPStore,
) -> None:
    device = torch.device(kind, number) if kind == "cuda" else torch.device(kind)
    if kind == "cuda":
        torch.cuda.set_device(device)
    distributed.init_process_group(
        "nccl" if kind == "cuda" else "gloo",
        store=store,
        rank=number,
        world_size=devices,
        timeout=LONGEST_WAIT,
        device_id=device if kind == "cuda" else None,
    )
    work(**arguments, device=device)
    distributed.destroy_process_group()


def main() -> None:
    """Be one of the other processes."""
    for number in SIGNALS:  # the first process hears of them too, and ends this one when it ends
        signal.signal(number, signal.SIG_IGN)
    told = os.dup(1)
    os.dup2(2, 1)  # what else is printed is for the screen
    task = pickle.loads(_read(int.from_bytes(_read(8), "big")))
    threading.Thread(target=_end_with_the_first, daemon=True).start()
    logging.getLogger("synthmix").addHandler(logging.NullHandler())  # the first has the same to say
    torch.set_num_threads(task["threads"])
    torch.set_deterministic_debug_mode("error")  # as in devices.set_up_torch
    store = distributed.TCPStore(
        "127.0.0.1", task["port"], task["devices"], is_master=False, timeout=START_WAIT
    )
    how = (task["work"], task["arguments"], task["number"], task["devices"], task["kind"], store)
    try:
        with shortage_explained():
            _take_part(*how)
    except UserError as error:
        # most often the first process has the same mistake before it, and reports it
        os.write(told, str(error).encode())
        os._exit(MISTAKE)


def _read(count: int) -> bytes:
    """Return `count` bytes of standard input, past its buffer, whose lock no thread may hold."""
    content = b""
    while len(content) < count:
        piece = os.read(0, count - len(content))
        if not piece:
            os._exit(1)
        content += piece
    return content


def _end_with_the_first() -> None:
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    main()
