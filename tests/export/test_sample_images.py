"""The command line that makes images from a generator's file."""

import errno
import hashlib
import io
import os
import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from synthmix.datasets.manifest import Manifest
from synthmix.export import images
from synthmix.export.sample_images import main
from synthmix.generate.models.base import Generator
from synthmix.generate.models.loading import load_any
from tiny_generators import CLASSES, CPU, train_tiny
from workflow_project import ROOT


def run(file, output, *arguments):
    return main([str(file), "--output", str(output), "--device", "cpu", *arguments])


def refused(capsys, *arguments, status=1):
    """Return the message that the command line ends with."""
    assert run(*arguments) == status
    return capsys.readouterr().err


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def test_a_folder_has_an_image_for_each_seed_and_class(weights, tmp_path, capsys):
    file = weights("bagan_gp")
    assert run(file, tmp_path / "out", "--seeds", "5-8", "--truncation", "0.5") == 0
    assert "8 images" in capsys.readouterr().out
    generator = load_any(file, CPU)
    for number, label in enumerate(CLASSES):
        made = generator.sample(range(5, 9), number, 0.5)
        found = sorted((tmp_path / "out" / label).iterdir())
        assert [path.name for path in found] == [f"seed00000{seed}.png" for seed in range(5, 9)]
        for path, image in zip(found, made, strict=True):
            with Image.open(path) as picture:
                assert picture.mode == "L"
            np.testing.assert_array_equal(pixels(path.read_bytes()), image[:, :, 0])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "README.md",
        "cancer",
        "manifest.csv",
        "normal",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_colours_stay_colours(weights, tmp_path):
    assert run(weights("dcgan", 3), tmp_path / "out", "--images", "1") == 0
    made = load_any(weights("dcgan", 3), CPU).sample([0])[0]
    found = pixels((tmp_path / "out" / "cancer" / "seed000000.png").read_bytes())
    np.testing.assert_array_equal(found, made)


def test_the_list_says_what_each_image_is(weights, tmp_path):
    file = weights("dcgan")
    asked = ("--seeds", "41", "--truncation", "0.25", "--name", "mine")
    assert run(file, tmp_path / "out", *asked) == 0
    table = pd.read_csv(tmp_path / "out" / "manifest.csv").to_dict("records")
    assert table == [
        {
            "path": "cancer/seed000041.png",
            "label": "cancer",
            "seed": 41,
            "truncation": 0.25,
            "generator": "mine",
            "checkpoint_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
    ]


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_what_comes_out_is_a_data_set_again(weights, tmp_path, name):
    assert run(weights("bagan_gp"), tmp_path / name, "--images", "3") == 0
    dataset = Manifest(
        source="manifest",
        path="manifest.csv",
        root=str(tmp_path / name),
        patients="image",
        classes={label: label for label in CLASSES},
    )
    root = dataset.fetch(dataset.raw_settings(), tmp_path / "raw")
    listed = dataset.index(root)
    assert listed["label"].tolist() == ["cancer"] * 3 + ["normal"] * 3
    assert listed["group"].is_unique
    first = load_any(weights("bagan_gp"), CPU).sample([0], 0)[0]
    read = np.asarray(dataset.read(root / listed["path"][0], ""))
    np.testing.assert_array_equal(read, first[:, :, 0])


def test_classes_are_chosen_by_name(weights, tmp_path):
    asked = ("--images", "2", "--class", "normal")
    assert run(weights("bagan_gp"), tmp_path / "out.zip", *asked) == 0
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        content = archive.read("normal/seed000001.png")
    assert names == ["normal/seed000000.png", "normal/seed000001.png", "manifest.csv", "README.md"]
    made = load_any(weights("bagan_gp"), CPU).sample([1], 1)[0]
    np.testing.assert_array_equal(pixels(content), made[:, :, 0])


def test_the_same_images_make_the_same_zip(weights, tmp_path):
    for name in ("one.zip", "two.zip"):
        assert run(weights("dcgan"), tmp_path / name, "--images", "4") == 0
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["--images", "0"], "--images 0: ask for one image at least"),
        (["--images", "-2"], "--images -2: ask for one image at least"),
        (["--seeds", "9-3"], "3 comes before 9"),
        (["--seeds=-3-5"], "two whole numbers, 0 or more"),
        (["--seeds", "a-b"], "two whole numbers, 0 or more"),
        (["--seeds", "1-99999999999"], "a seed is a whole number from 0 to"),
        (["--images", "1", "--truncation", "1.1"], "truncation 1.1 is not between 0 and 1"),
        (["--images", "1", "--truncation", "-0.1"], "truncation -0.1 is not between 0 and 1"),
        (["--images", "1", "--truncation", "nan"], "truncation nan is not between 0 and 1"),
        (["--images", "1", "--class", "cancr"], "did you mean cancer?"),
        (["--images", "1", "--threads", "0"], "--threads 0: give 1 at least"),
    ],
)
def test_what_cannot_be_made_is_said_and_nothing_is_written(
    arguments, match, weights, tmp_path, capsys
):
    assert match in refused(capsys, weights("dcgan"), tmp_path / "out.zip", *arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [[], ["--images", "1", "--seeds", "1-2"], ["--images", "x"]])
def test_the_number_is_given_in_one_way(arguments, weights, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        run(weights("dcgan"), tmp_path / "out", *arguments)
    assert stop.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_what_is_there_is_never_overwritten(weights, tmp_path, capsys):
    asked = weights("dcgan"), tmp_path / "out", "--images", "1"
    (tmp_path / "out").mkdir()
    assert run(*asked) == 0  # an empty folder may be there
    before = (tmp_path / "out" / "manifest.csv").read_bytes()
    assert "is not empty" in refused(capsys, *asked, "--truncation", "0.5")
    assert (tmp_path / "out" / "manifest.csv").read_bytes() == before
    for name, match in (("a.zip", "is there already"), ("a.txt", "is a file")):
        (tmp_path / name).write_text("mine")
        assert match in refused(capsys, asked[0], tmp_path / name, "--images", "1")
        assert (tmp_path / name).read_text() == "mine"


def test_a_broken_file_of_weights_is_named(weights, tmp_path, capsys):
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(weights("dcgan").read_bytes()[:-20])
    assert "cut off or damaged" in refused(capsys, cut, tmp_path / "out", "--images", "1")
    gone = tmp_path / "gone.safetensors"
    assert "there is no file" in refused(capsys, gone, tmp_path / "out", "--images", "1")
    assert sorted(tmp_path.iterdir()) == [cut]


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_a_full_disk_leaves_nothing(name, weights, tmp_path, monkeypatch, capsys):
    written = []

    def full(image):
        written.append(image)
        if len(written) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return b"png"

    monkeypatch.setattr(images, "png", full)
    message = refused(capsys, weights("dcgan"), tmp_path / name, "--images", "9")
    assert "No space left" in message
    assert "make room" in message
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_stopping_it_leaves_nothing(name, weights, tmp_path, monkeypatch, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(images, "_manifest", stop)
    message = refused(capsys, weights("dcgan"), tmp_path / name, "--images", "3", status=130)
    assert "nothing is left" in message
    assert not list(tmp_path.iterdir())


def test_images_are_made_a_few_at_a_time(weights, tmp_path, monkeypatch):
    sample, asked = type(load_any(weights("dcgan"), CPU)).sample, []

    def noted(self: Generator, seeds, *arguments):
        asked.append(len(seeds))
        return sample(self, seeds, *arguments)

    monkeypatch.setattr(type(load_any(weights("dcgan"), CPU)), "sample", noted)
    assert run(weights("dcgan"), tmp_path / "out.zip", "--images", "300") == 0
    assert sum(asked) == 300
    assert max(asked) <= 128


def test_the_script_works_where_the_project_is_not(weights, tmp_path):
    command = [sys.executable, str(ROOT / "scripts" / "sample_images.py"), str(weights("dcgan"))]
    asked = ["--images", "2", "--output", "out", "--device", "cpu"]
    done = subprocess.run(
        [*command, *asked], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out" / "cancer").iterdir())) == 2
    again = subprocess.run(
        [*command, *asked], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert again.returncode == 1
    assert "synthmix: out is not empty" in again.stderr
    assert "Traceback" not in again.stderr


@pytest.mark.parametrize(
    ("leakage", "warning"),
    [
        ("none", None),
        ("by_image", "Other images of test patients were seen in training"),
        ("as_published", "Test images were seen in training"),
    ],
)
def test_the_card_warns_of_a_generator_that_saw_test_images(tmp_path, leakage, warning):
    file = tmp_path / "g.safetensors"
    train_tiny("dcgan").save(file, CLASSES[:1], leakage)
    assert run(file, tmp_path / "out", "--images", "1") == 0
    text = (tmp_path / "out" / "README.md").read_text()
    assert warning in text if warning else "seen in training" not in text
