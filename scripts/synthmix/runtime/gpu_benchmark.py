"""What a job took of a GPU, in a file beside its benchmark, which Snakemake writes itself."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def gpu_benchmark(log: Path) -> Iterator[None]:
    """Measure the block; where it ends without an error and has used a GPU, write what it took.

    The table lies beside the benchmark of the job whose log is at `log`, as `<name>.gpu.tsv`, with
    one row: gpu, its name; peak_memory_mb, the most MiB that PyTorch held on it at a time, without
    the few hundred of CUDA itself; seconds, of the block. Of a training on several GPUs they are
    those of the first process. A table of an earlier attempt is removed.
    """
    table = _beside_benchmark(log)
    table.unlink(missing_ok=True)
    start = time.monotonic()
    yield
    torch = sys.modules.get("torch")  # most jobs do without, and it takes seconds to import
    if torch is None or not torch.cuda.is_initialized():
        return
    from synthmix.files import write_text

    row = {
        "gpu": torch.cuda.get_device_name(),
        "peak_memory_mb": f"{torch.cuda.max_memory_reserved() / 2**20:.1f}",
        "seconds": f"{time.monotonic() - start:.1f}",
    }
    write_text(table, "\t".join(row) + "\n" + "\t".join(row.values()) + "\n")


def _beside_benchmark(log: Path) -> Path:
    """Return the path of the table: logs and benchmarks of jobs that use GPUs are named alike."""
    path = re.sub(r"(.*)/logs/", r"\1/benchmarks/", str(log), count=1)
    return Path(path).with_suffix(".gpu.tsv")
