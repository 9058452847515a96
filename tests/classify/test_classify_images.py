"""The command line that classifies new images and sorts them."""

import errno
import os
import shutil
import subprocess
import sys
import zipfile

import pandas as pd
import pytest
import torch

from raw_files import files_below
from synthmix.classify import classify_images, sorting
from synthmix.classify.classify_images import main
from tiny_classifiers import ABOUT, CLASSES, export, picture
from workflow_project import ROOT

NAMES = ["0.png", "1.png", "a/0.png", "a/b [c]/0.png", "größe.png"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return export(tmp_path_factory.mktemp("model") / "model.safetensors")


@pytest.fixture
def place(tmp_path):
    """A folder for the results beside one of images, of which some have the same name."""
    for number, name in enumerate([*NAMES, "bad.png"]):
        file = tmp_path / "new" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        picture(2 * number).save(file)
    (tmp_path / "new" / "bad.png").write_text("no picture")
    return tmp_path


@pytest.fixture
def run(model, place):
    def run(*arguments, images="new", output="out.csv"):
        given = [str(model), str(place / images), "--output", str(place / output)]
        return main([*given, "--device", "cpu", *map(str, arguments)])

    return run


def by_class(place):
    """Return the names of the images of each class, as the table has them."""
    table = pd.read_csv(place / "out.csv", keep_default_na=False)
    found = {label: set(table.loc[table["predicted"] == label, "file"]) for label in CLASSES}
    assert set.union(*found.values()) == set(NAMES)
    assert all(found.values()), "both classes are to be there"
    return found


def test_a_table_and_a_summary(run, place, capsys):
    before = files_below(place / "new")
    assert run() == 0
    seen = capsys.readouterr()
    assert ABOUT in seen.err
    assert "5 of 6 images classified; 1 can't be read, such as 'bad.png'" in seen.out
    by_class(place)
    assert sorted(path.name for path in place.iterdir()) == ["new", "out.csv"]
    assert files_below(place / "new") == before


def test_sorted_by_list(run, place):
    assert run("--sort-into", place / "sorted") == 0
    for label, names in by_class(place).items():
        lines = (place / "sorted" / f"{label}.txt").read_text(encoding="utf-8").splitlines()
        assert set(lines) == {str(place / "new" / name) for name in names}
    assert len(list((place / "sorted").iterdir())) == len(CLASSES)


def test_sorted_by_link(run, place):
    assert run("--sort-into", place / "sorted", "--by", "link") == 0
    place = place.rename(place.with_name("moved"))  # with what they lead to
    for label, names in by_class(place).items():
        for name in names:
            link = place / "sorted" / label / name
            assert link.is_symlink()
            assert not link.readlink().is_absolute()
            assert link.samefile(place / "new" / name)
    links = [path for path in (place / "sorted").rglob("*") if path.is_symlink()]
    assert len(links) == len(NAMES)


def test_links_where_the_folders_are_links_themselves(run, place):
    (place / "elsewhere" / "deep").mkdir(parents=True)
    (place / "short").symlink_to(place / "elsewhere" / "deep")
    (place / "new" / "linked.png").symlink_to(place / "new" / "0.png")
    assert run("--sort-into", place / "short" / "sorted", "--by", "link") == 0
    links = [path for path in (place / "short" / "sorted").rglob("*") if path.is_symlink()]
    assert len(links) == len(NAMES) + 1
    assert all(link.is_file() for link in links)


def test_sorted_by_copy(run, place):
    (place / "sorted").mkdir()  # an empty folder may be there
    assert run("--sort-into", place / "sorted", "--by", "copy") == 0
    shutil.move(place / "new", place / "gone")
    expected = {
        f"{label}/{name}": (place / "gone" / name).read_bytes()
        for label, names in by_class(place).items()
        for name in names
    }
    assert files_below(place / "sorted") == expected


def test_archives(run, place, capsys):
    with zipfile.ZipFile(place / "new.zip", "w") as archive:
        for name in NAMES:
            archive.write(place / "new" / name, f"top/{name}")
    assert run("--sort-into", place / "a", "--by", "copy", images="new.zip", output="1.csv") == 0
    assert len(files_below(place / "a")) == len(NAMES)
    assert run("--sort-into", place / "b", images="new.zip", output="2.csv") == 0
    lines = [line for path in (place / "b").iterdir() for line in path.read_text().splitlines()]
    assert sorted(lines) == sorted(f"top/{name}" for name in NAMES)
    asked = ("--sort-into", place / "c", "--by", "link")
    assert run(*asked, images="new.zip", output="3.csv") == 1
    assert "not there to link to" in capsys.readouterr().err
    assert not (place / "c").exists()
    assert sorted(path.name for path in place.iterdir()) == [
        *("1.csv", "2.csv", "a", "b", "new", "new.zip")
    ]


def test_what_is_there_is_never_overwritten(run, place, capsys):
    (place / "out.csv").write_text("mine")
    assert run() == 1
    assert "is there already" in capsys.readouterr().err
    assert (place / "out.csv").read_text() == "mine"
    (place / "out.csv").unlink()
    (place / "full").mkdir()
    (place / "full" / "mine").write_text("mine")
    for way in sorting.WAYS:
        assert run("--sort-into", place / "full", "--by", way) == 1
        assert "is not empty" in capsys.readouterr().err
    assert run("--sort-into", place / "full" / "mine") == 1
    assert "is a file" in capsys.readouterr().err
    assert files_below(place / "full") == {"mine": b"mine"}
    assert not (place / "out.csv").exists()


def test_what_can_be_mended_is_said_before_anything_is_classified(run, place, capsys):
    (place / "empty").mkdir()
    (place / "new" / "a\nb.png").write_bytes((place / "new" / "0.png").read_bytes())
    for arguments, options, match in (
        (["--by", "copy"], {}, "name the folder with --sort-into"),
        (["--threads", "0"], {}, "--threads 0: give 1 at least"),
        (["--sort-into", place / "new" / "sorted"], {}, "lies in"),
        (["--sort-into", place / "s"], {"output": "s/out.csv"}, "lies in --sort-into"),
        (["--sort-into", place / "out.csv" / "s"], {}, "lies below --output"),
        (["--sort-into", ""], {}, "--sort-into is empty"),
        ([], {"images": "gone", "output": "new_folder/out.csv"}, "gone is not there"),
        (["--sort-into", place / "s", "--by", "list"], {}, "has a line break in its name"),
        ([], {"images": "gone"}, "gone is not there"),
        ([], {"images": "empty"}, "holds no images"),
    ):
        assert run(*arguments, **options) == 1
        message = capsys.readouterr().err
        assert match in message
        assert "Traceback" not in message
    assert sorted(path.name for path in place.iterdir()) == ["empty", "new"]
    assert run("--sort-into", place / "s", "--by", "link") == 0
    assert len([path for path in (place / "s").rglob("*") if path.is_symlink()]) == 6


def test_a_full_disk_leaves_no_half_sorted_folder(run, place, monkeypatch, capsys):
    copied = []

    def full(source, target):
        copied.append(source)
        if len(copied) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return shutil.copyfile(source, target)

    monkeypatch.setattr(sorting.shutil, "copy2", full)
    assert run("--sort-into", place / "sorted", "--by", "copy") == 1
    message = capsys.readouterr().err
    assert "No space left" in message
    assert "out.csv is whole: move or remove it" in message
    assert sorted(path.name for path in place.iterdir()) == ["new", "out.csv"]


def test_a_stop_while_sorting_says_that_the_table_is_there(run, place, monkeypatch, capsys):
    def stop(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(sorting.shutil, "copy2", stop)
    assert run("--sort-into", place / "sorted", "--by", "copy") == 130
    assert "out.csv is whole: move or remove it" in capsys.readouterr().err
    assert sorted(path.name for path in place.iterdir()) == ["new", "out.csv"]


def test_a_place_that_nothing_can_be_sorted_into_is_told_first(run, place, monkeypatch, capsys):
    (place / "file").write_text("mine")
    assert run("--sort-into", place / "file" / "sorted") == 1
    assert "can't be read or written" in capsys.readouterr().err

    def refuse(*arguments):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(sorting.Path, "symlink_to", refuse)
    assert run("--sort-into", place / "deep" / "sorted", "--by", "link") == 1
    assert "not permitted" in capsys.readouterr().err
    assert not (place / "out.csv").exists()
    assert list((place / "deep").iterdir()) == []


def test_images_of_which_none_can_be_read_are_a_failure(run, place, capsys):
    (place / "worse").mkdir()
    shutil.copy(place / "new" / "bad.png", place / "worse")
    assert run("--sort-into", place / "sorted", images="worse") == 1
    message = capsys.readouterr().err
    assert "0 of 1 images classified; 1 can't be read" in message
    assert "out.csv is whole" in message
    assert not (place / "sorted").exists()
    assert pd.read_csv(place / "out.csv")["problem"].notna().all()


def test_no_more_threads_than_cores(run, monkeypatch):
    asked = []
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    monkeypatch.setattr(
        classify_images,
        "set_up_torch",
        lambda config: asked.append(config["training_threads"]) or torch.device("cpu"),
    )
    assert run("--threads", 10**9) == 0
    assert asked == [1]


def test_the_script_works_where_the_project_is_not(model, place):
    script = ROOT / "scripts" / "classify_images.py"
    command = [sys.executable, str(script), str(model), "new", "--output", "out.csv"]
    done = subprocess.run(
        [*command, "--device", "cpu"], cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    by_class(place)


def test_a_broken_model_is_told(model, place, capsys):
    broken = place / "model.safetensors"
    broken.write_bytes(model.read_bytes()[:-20])
    assert main([str(broken), str(place / "new"), "--output", str(place / "b.csv")]) == 1
    assert "cut off or damaged" in capsys.readouterr().err
    assert not (place / "b.csv").exists()
