import sys
from types import SimpleNamespace

import pandas as pd
import pytest
import torch

from synthmix.runtime.gpu_benchmark import gpu_benchmark

MIB = 2**20


@pytest.fixture
def job(tmp_path):
    """The log of a job and the table that belongs to it, of an earlier attempt."""
    table = tmp_path / "results" / "benchmarks" / "train" / "vgg16-real0.5.gpu.tsv"
    table.parent.mkdir(parents=True)
    table.write_text("of an earlier attempt")
    return tmp_path / "results" / "logs" / "train" / "vgg16-real0.5.log", table


@pytest.fixture
def gpu(monkeypatch):
    """A torch that has used a GPU, on machines without one."""
    cuda = SimpleNamespace(
        is_initialized=lambda: True,
        get_device_name=lambda: "NVIDIA A100-SXM4-40GB",
        max_memory_reserved=lambda: 1536 * MIB,
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))


def test_what_a_job_took_of_a_gpu_stands_beside_its_benchmark(job, gpu):
    log, table = job
    with gpu_benchmark(log):
        assert not table.exists()
    row = pd.read_csv(table, sep="\t").to_dict("records")[0]
    assert row.pop("seconds") >= 0
    assert row == {"gpu": "NVIDIA A100-SXM4-40GB", "peak_memory_mb": 1536.0}


def test_a_job_that_fails_leaves_no_figures(job, gpu):
    log, table = job
    with pytest.raises(ZeroDivisionError), gpu_benchmark(log):
        1 / 0  # noqa: B018
    assert not list(table.parent.iterdir())


@pytest.mark.skipif(torch.cuda.is_initialized(), reason="a GPU was used before")
def test_a_job_on_a_cpu_leaves_none(job):
    log, table = job
    with gpu_benchmark(log):
        torch.zeros(3)
    assert not list(table.parent.iterdir())


def test_a_job_without_torch_leaves_none(job, monkeypatch):
    log, table = job
    monkeypatch.delitem(sys.modules, "torch")
    with gpu_benchmark(log):
        pass
    assert "torch" not in sys.modules
    assert not list(table.parent.iterdir())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_memory_is_that_of_the_largest_tensors(job):
    log, table = job
    with gpu_benchmark(log):
        torch.zeros(64 * MIB, dtype=torch.uint8, device="cuda")
    row = pd.read_csv(table, sep="\t").to_dict("records")[0]
    assert row["gpu"] == torch.cuda.get_device_name()
    assert row["peak_memory_mb"] >= 64
