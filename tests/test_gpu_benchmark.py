"""`benchmarks/gpu.py`, where there is no GPU: that its parts do what they say."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from synthmix.registry import CLASSIFIERS, GENERATORS, load_generator_settings
from workflow_project import ROOT

COMMAND = ROOT / "benchmarks" / "gpu.py"
TRAINED = [name for name in GENERATORS if not load_generator_settings(name).is_ready]
ALL = [f"generator:{name}" for name in TRAINED] + [f"classifier:{name}" for name in CLASSIFIERS]
# that no study has yet
IN_NO_STUDY = {"classifier:efficientnet_lite0"}


@pytest.fixture(scope="module")
def gpu():
    spec = importlib.util.spec_from_file_location("gpu", COMMAND)
    module = importlib.util.module_from_spec(spec)
    sys.modules["gpu"] = module
    spec.loader.exec_module(module)
    return module


def run(folder, *options):
    asked = [sys.executable, str(COMMAND), "--device", "cpu", "--tiny", "--output", str(folder)]
    result = subprocess.run(
        [*asked, *options],
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
    )
    return result, json.loads((folder / "gpu.json").read_text())


def test_a_part_that_fails_does_not_keep_the_others_from_being_tried(tmp_path):
    result, known = run(tmp_path, "--parts", "generator:none", "generator:dcgan")
    assert result.returncode == 1
    assert "1 part(s) failed: generator:none" in result.stderr
    assert list(known["failed"]) == ["generator:none"]
    found = known["found"]["generator:dcgan"]
    assert found["images_per_second"] > 0
    assert found["sampled_per_second"] > 0
    assert 0 < found["loading_share"] < 1
    assert found["peak_ram_mb"] > 100
    row = next(line for line in result.stdout.splitlines() if line.startswith("| dcgan"))
    assert "32 x 32 x 1" in row


def test_a_process_that_ends_costs_its_part_alone(tmp_path, gpu, monkeypatch):
    script = tmp_path / "parts.py"
    script.write_text(
        "import json, os, sys, time\n"
        "print(json.dumps({'part': 'ready'}), flush=True)\n"
        "for part in sys.argv[2:]:\n"
        "    if part == 'dies:1': os._exit(9)\n"
        "    if part == 'sleeps:1': time.sleep(60)\n"
        "    told = {'part': part, 'seconds': 0.1, 'found': {}}\n"
        "    print(json.dumps(told), flush=True)\n"
    )
    monkeypatch.setattr(gpu, "PARTS", script)
    monkeypatch.setattr(gpu, "TRAINING", 3)
    monkeypatch.setattr(gpu.Run, "write", lambda run: None)
    run = gpu.Run(None, tmp_path, gpu.time.monotonic() + 60)
    gpu.work_through(run, ["one:1", "dies:1", "two:1", "sleeps:1", "three:1"])
    assert list(run.found) == ["one:1", "two:1", "three:1"]
    assert run.failed == {"dies:1": "it ended with 9", "sleeps:1": "it took too long"}


def test_stylegan2_ada_stands_beside_nvidias_figures(gpu):
    found = {"shape": [512, 512, 1], "images_per_second": 50.0, "peak_gpu_mb": 8192.0}
    found |= {"study": "s", "settings": {"batch_size": 8}, "loading_share": 0.01}
    found |= {"sampled_per_second": 90.0, "peak_ram_mb": 1.0}
    on = {"gpu": "NVIDIA H200", "torch": "2.11", "python": "3.12", "date": "2026-12-01"}
    known = {"machine": on, "tiny": False, "found": {"generator:stylegan2_ada": found}}
    text = gpu.markdown(known | {"failed": {"resume": "it took too long"}})
    assert "| stylegan2_ada | s | 512 x 512 x 1 | 8 | 50 | 1.0% | 8.0 GB | 90 |" in text
    assert "here 20.0 without scores and 8.0 GB; NVIDIA's program on one Tesla V100 72.5-74" in text
    assert "**resume FAILED**: it took too long" in text


@pytest.mark.full
def test_every_part_passes_without_a_gpu(tmp_path):
    result, known = run(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert sorted(known["found"]) == sorted([*ALL, "resume", "memory", "lease", "tests"])


@pytest.mark.full
def test_studies_have_every_generator_and_network_at_their_true_settings(gpu):
    cases = {f"{case['kind']}:{case['name']}": case for case in gpu.study_cases()}
    assert cases.keys() == set(ALL) - IN_NO_STUDY
    assert cases["generator:stylegan2_ada"]["shape"] == [512, 512, 1]
    assert cases["generator:stylegan2_ada"]["settings"]["mixed_precision"]
    sizes = {"vgg16": 224, "resnet50": 224, "inception_v3": 299}
    for name, size in sizes.items():
        settings = cases[f"classifier:{name}"]["settings"]
        assert (settings["input_size"] or size) == size
    assert cases["classifier:cnn_3d"]["shape"] == [91, 109, 91]
