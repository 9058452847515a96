"""A job on a real GPU."""

import pandas as pd
import pytest
import torch

from workflow_project import Project


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_training_leases_a_gpu_and_says_what_it_took_of_it(tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    weights = project.results() / "generators" / "dcgan" / "cancer" / "weights.safetensors"
    result = project.run(str(weights.relative_to(project.folder)), device="cuda")
    assert result.returncode == 0, result.stdout[-3000:]
    assert f'Resource("gpu", {torch.cuda.device_count()})' in result.stdout
    log = (project.results() / "logs" / "train_generator" / "dcgan-cancer.log").read_text()
    assert "taken while this job runs: CUDA_VISIBLE_DEVICES=" in log
    assert "of cancer, on cuda" in log
    benchmarks = project.results() / "benchmarks" / "train_generator"
    took = pd.read_csv(benchmarks / "dcgan-cancer.gpu.tsv", sep="\t")
    assert took["gpu"].tolist() == [torch.cuda.get_device_name()]
    assert took["peak_memory_mb"].item() > 1
    assert (
        took["seconds"].item() < pd.read_csv(benchmarks / "dcgan-cancer.tsv", sep="\t")["s"].item()
    )
