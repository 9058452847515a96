"""What `docs/extending.md` promises: a package and a line, and no other job reruns."""

import re

import numpy as np

from synthmix.store import load_store, read_table
from workflow_project import Project

SETTINGS = '''
"""Settings of the mean image."""

from typing import Literal

from synthmix.generate.models.settings import GeneratorSettings


class Settings(GeneratorSettings):
    """The mean of the training images, with noise."""

    model: Literal["mean_image"]
'''
MODEL = '''
"""The mean of the training images, with noise."""

import torch

from synthmix.generate.models.base import Generator
from synthmix.generate.models.mean_image.settings import Settings
from synthmix.generate.models.sampling import make_images, noise_of


class MeanImage(Generator):
    """A network of one tensor."""

    Settings = Settings

    def __init__(self, settings, image_shape, classes, device):
        super().__init__(settings, image_shape, classes, device)
        height, width, channels = image_shape
        self.network = torch.nn.Module()
        self.network.register_buffer("mean", torch.zeros(channels, height, width))

    def train_epoch(self, images, labels):
        mean = images.float().mean(0) / 127.5 - 1
        loss = (mean - self.network.mean).square().mean().item()
        self.network.mean.copy_(mean)
        self.images_seen += len(images)
        return {"mean_loss": loss}

    def training_parts(self):
        return {"network": self.network}

    def sampling_network(self):
        return self.network

    def sample(self, seeds, label=0, truncation=1.0):
        noise = noise_of(seeds, self.network.mean.shape) * truncation * 0.1
        return make_images(noise, lambda batch: self.network.mean + batch, self.device)
'''


NAMES = ("dcgan", "mine")


def test_a_generator_is_a_package_and_a_line(tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    folder = project.folder / "results" / "paper" / "tiny" / "phantoms"
    pools = [f"{folder.relative_to(project.folder)}/stores/{name}/cancer.npy" for name in NAMES]
    with project.edit("studies/tiny.yaml", "epochs: 40", "epochs: 1"):
        assert project.run(pools[0]).returncode == 0

    package = project.folder / "scripts" / "synthmix" / "generators" / "mean_image"
    package.mkdir()
    for name, text in (
        ("__init__", '"""The mean image."""'),
        ("settings", SETTINGS),
        ("model", MODEL),
    ):
        (package / f"{name}.py").write_text(text)
    line = 'GENERATORS = {\n    "mean_image": "synthmix.generate.models.mean_image:MeanImage",'
    entry = "generators:\n  mine: { model: mean_image, epochs: 2 }"
    with (
        project.edit("scripts/synthmix/registry.py", "GENERATORS = {", line),
        project.edit("studies/tiny.yaml", "generators:", entry),
        project.edit("studies/tiny.yaml", "epochs: 40", "epochs: 1"),
    ):
        result = project.run(*pools)
    assert result.returncode == 0, result.stdout[-3000:]
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", result.stdout, re.MULTILINE))
    assert jobs == {"train_generator": "1", "sample_generator": "1", "total": "2"}

    pool, table = load_store(folder / "stores" / "mine" / "cancer.npy")
    assert pool.shape == (100, 32, 32, 1)
    real, _ = load_store(folder / "stores" / "real.npy")
    split = read_table(folder / "split.csv")
    seen = (split["split"] == "train") & (split["label"] == "cancer")
    mean = real[seen.to_numpy()].mean(0)
    assert np.abs(pool.mean(0) - mean).mean() < 5
    assert set(table["generator"]) == {"mine"}
