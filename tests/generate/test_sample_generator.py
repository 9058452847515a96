"""Drawing a pool: memory stays flat however many images it has."""

import subprocess
import sys

import numpy as np
import torch

from synthmix.generate.sample_generator import SEEDS_OF_A_TRAINING, sample_generator
from synthmix.store import load_store
from tiny_generators import names_of, train_tiny
from workflow_project import ROOT

# Peaks of the whole process, so that torch's memory counts too, which tracemalloc does not see.
# Not getrusage: what it gives begins with the peak of the process that started this one.
MEMORY = """
import sys
from pathlib import Path
import torch
from synthmix.generate.sample_generator import sample_generator
torch.set_num_threads(1)
weights, folder = sys.argv[1], Path(sys.argv[2])
for images in (1000, 10_000):
    output = folder / f"{images}.npy"
    made = {"a": images}
    sample_generator("dcgan", "g", {"a": 0}, weights, output, made, 1.0, torch.device("cpu"))
    status = Path("/proc/self/status").read_text()
    print(int(status.split("VmHWM:")[1].split()[0]) / 1024)
"""


def test_ten_thousand_images_take_no_more_memory_than_a_thousand(tmp_path):
    generator = train_tiny("dcgan", channels=3)
    generator.save(tmp_path / "weights.safetensors", names_of(generator))
    command = [sys.executable, "-c", MEMORY, str(tmp_path / "weights.safetensors"), str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT / "scripts", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    few, many = map(float, done.stdout.split())
    # MiB; the images alone are 29
    assert many - few < 8
    images, table = load_store(tmp_path / "10000.npy")
    assert len(table) == len(images) == 10_000
    np.testing.assert_array_equal(images[:1000], np.load(tmp_path / "1000.npy"))
    np.testing.assert_array_equal(images[[9_999]], generator.sample([9_999]))


def test_a_second_training_makes_other_images_though_its_weights_are_the_same(tmp_path):
    generator = train_tiny("resampling")
    weights, label = tmp_path / "weights.safetensors", names_of(generator)[0]
    generator.save(weights, names_of(generator))
    pools = []
    for training in (1, 2):
        output = tmp_path / f"{training}.npy"
        given = ({label: 0}, weights, output, {label: 20}, 1.0, torch.device("cpu"))
        sample_generator("resampling", "g", *given, training=training)
        pools.append(load_store(output))
    (first, table), (second, others) = pools
    assert table["seed"].tolist() == list(range(20))
    assert others["seed"].tolist() == [SEEDS_OF_A_TRAINING + seed for seed in range(20)]
    assert not set(table["sample_id"]) & set(others["sample_id"])
    assert (first != second).any()
