"""The raw images at the end of a chain."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from synthmix.trace.chain import Chain
from synthmix.trace.raw_images import LEARNED, LISTED, SHOWN, TESTED, raw_images
from synthmix.trace.records import Records
from traced_project import DATASET, FETCHED, METRICS, RAW


def traced(path=METRICS, all_files=False):
    chain = Chain(Records.read(Path()), path)
    (images,) = raw_images(chain, all_files)
    return images, chain.step_of(FETCHED).problems


def test_what_was_learned_from_and_tested_on(untouched):
    images, problems = traced()
    assert images.roles == {LEARNED: (12, 6), TESTED: (8, 4)}
    assert images.shared_patients == []
    assert problems == []
    assert len(images.files) == SHOWN
    assert images.more == 7


def test_all_files_with_the_checksums_that_were_recorded(untouched):
    images, _ = traced(all_files=True)
    assert [file.path for file in images.files] == sorted(
        f"{RAW}/{number}.png" for number in range(12)
    )
    assert images.files[0].checksum == hashlib.sha256(b"picture 0.png").hexdigest()
    assert all(file.recorded for file in images.files)
    assert images.more == 0


def test_a_file_that_is_not_what_was_downloaded(project):
    Path(f"{RAW}/2.png").write_text("other")
    os.utime(f"{RAW}/2.png", (0, 0))
    _, (problem,) = traced()
    assert problem.startswith(f"{RAW}/2.png is not what was downloaded, whose checksum was")


@pytest.mark.parametrize("number", [0, 23])
def test_a_newer_file_among_those_used(number, project):
    os.utime(f"{RAW}/{number}.png")
    _, (problem,) = traced()
    assert problem.startswith(
        f"raw files are newer than {DATASET}/stores/real.npy: 1, such as {RAW}"
    )
    os.utime(f"{RAW}/{number}.png", (0, 0))
    assert traced()[1] == []


def test_a_file_that_is_gone(project):
    Path(f"{RAW}/0.png").unlink()
    images, (problem,) = traced()
    assert problem.startswith(f"raw files are missing: 1, such as {RAW}/0.png")
    assert len(images.files) == SHOWN - 1


def test_all_files_are_gone(project):
    shutil.rmtree(RAW)
    chain = Chain(Records.read(Path()), METRICS)
    assert raw_images(chain, False) == []
    assert (
        "the raw files of the data set were there and are gone"
        in chain.step_of(FETCHED).problems[0]
    )


def test_a_folder_of_the_user_has_computed_checksums(project):
    shutil.move(RAW, "mine")
    Path("data/mine/SHA256SUMS").unlink()
    Path(FETCHED).write_text(json.dumps({"source": "image_folder", "root": "mine"}))
    images, _ = traced()
    assert [(file.path, file.recorded) for file in images.files[:1]] == [("mine/0.png", False)]
    assert images.files[0].checksum == hashlib.sha256(b"picture 0.png").hexdigest()


def test_an_archive_has_a_checksum(project):
    Path("mine.zip").write_bytes(b"zip")
    project.note("fetch_dataset", [FETCHED], params=[{"path": "mine.zip"}])
    images, _ = traced()
    assert images.archive.checksum == hashlib.sha256(b"zip").hexdigest()


def test_the_archive_that_was_downloaded_keeps_its_recorded_checksum(project):
    Path("data/mine/SHA256SUMS").write_text("abc  pictures.zip\n")
    images, problems = traced()
    assert images.downloads == {"pictures.zip": "abc"}
    assert problems == []


def test_patients_on_both_sides_are_told(project):
    index = f"{DATASET}/index.csv"
    table = pd.read_csv(index, dtype=str)
    table.loc[table["sample_id"] == "s23", "group"] = "p0"
    table.to_csv(index, index=False)
    assert traced()[0].shared_patients == ["p0"]


def test_before_anything_is_learned_all_images_count(untouched):
    images, problems = traced(f"{DATASET}/split.csv")
    assert images.roles == {LISTED: (24, 12)}
    assert problems == []
