"""Drawing a pool: memory stays flat however many images it has."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.generate.sample_generator import SEEDS_OF_A_TRAINING, sample_generator
from synthmix.mix.plan import plan_additions
from synthmix.registry import load_generator
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


def ready_pool(folder, images=(5, 8)):
    """Return the file of ready images of two classes, each of one value."""
    kind = load_generator("ready_images")
    settings = kind.Settings(model="ready_images", images="pool", learned_from="unknown")
    generator = kind(settings, (4, 4, 1), 2, torch.device("cpu"))
    values = torch.arange(sum(images), dtype=torch.uint8)
    labels = torch.repeat_interleave(torch.arange(2), torch.tensor(images))
    generator.finish(values[:, None, None, None].expand(-1, 1, 4, 4).contiguous(), labels)
    generator.save(folder / "weights.safetensors", ["a", "b"])
    return folder / "weights.safetensors"


def draw_ready(folder, asked, **more):
    labels, device = {"a": 0, "b": 1}, torch.device("cpu")
    given = (labels, ready_pool(folder), folder / "pool.npy", asked, 1.0, device)
    sample_generator("ready_images", "theirs", *given, **more)
    images, table = load_store(folder / "pool.npy")
    return {c: list(images[table["label"] == c][:, 0, 0, 0]) for c in labels}


def test_ready_images_are_taken_in_their_order_and_more_to_score_as_far_as_there_are(tmp_path):
    assert draw_ready(tmp_path, {"a": 2, "b": 3}) == {"a": [0, 1], "b": [5, 6, 7]}
    drawn = draw_ready(tmp_path, {"a": 2, "b": 0}, at_least=7)
    assert drawn == {"a": [*range(5)], "b": [*range(5, 12)]}


def test_each_training_of_ready_images_takes_its_own(tmp_path):
    drawn = draw_ready(tmp_path, {"a": 2, "b": 4}, training=2)
    assert drawn == {"a": [2, 3], "b": [9, 10, 11, 12]}


@pytest.mark.parametrize(
    ("asked", "more", "said"),
    [
        ({"a": 6, "b": 0}, {}, "class a: 6 images are asked for, and there are 5: lower mixes.tr"),
        ({"a": 0, "b": 0}, {"fill_to": 30}, "class a: 10 images .* there are 5: lower pools.fill"),
        (
            {"a": 3, "b": 0},
            {"training": 2},
            "class a: 3 images .* by each of 2 trainings, .* or rep",
        ),
        (
            {"a": 0, "b": 0},
            {"additions": plan_additions(["theirs"], [], [0.5], adds_to_validation=False)},
            "class a: 10 images are asked for, and there are 5: lower additions, or bring more",
        ),
    ],
)
def test_more_ready_images_than_there_are_is_an_error_that_says_what_to_lower(
    tmp_path, asked, more, said
):
    rows = [("train", label) for label in "ab" for _ in range(20)]
    write_table(tmp_path / "split.csv", pd.DataFrame(rows, columns=["split", "label"]))
    with pytest.raises(UserError, match=f"theirs, {said}"):
        draw_ready(tmp_path, asked, split=tmp_path / "split.csv", **more)
