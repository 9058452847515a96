"""Pools that people send, whole ones and such that lie."""

import logging
import tarfile

import numpy as np
import pytest
from PIL import Image

from ready_pools import CLASSES, files, folder_of, picture, png, zip_of
from synthmix.errors import UserError
from synthmix.generate.read_ready_images import read_ready_images
from synthmix.generate.ready_files import state_of
from synthmix.prepare.intensity import write_limits
from synthmix.prepare.prepare_images import prepare_image
from synthmix.prepare.settings import Prepare
from synthmix.store import load_store, read_table

PREPARE = Prepare(image_size=8)


def read(tmp_path, place, classes=None, prepare=PREPARE, limits=None, most_gb=1):
    """Return the images and the table of what was read, and the table of what was not."""
    written = tmp_path / "results"
    write_limits(written / "limits.json", "auto", limits)
    settings = {"images": str(place), "classes": classes or {}, "max_unpacked_gb": most_gb}
    outputs = written / "theirs.npy", written / "theirs_rejected.csv"
    read_ready_images(
        "theirs", settings, CLASSES, prepare, written / "limits.json", *outputs, threads=2
    )
    assert not list(written.glob(".ready-*"))  # what was unpacked is gone
    return *load_store(outputs[0]), read_table(outputs[1])


def refused(tmp_path, place, **more):
    """Return what is said of a pool that can't be used."""
    with pytest.raises(UserError) as error:
        read(tmp_path, place, **more)
    assert not list((tmp_path / "results").glob(".ready-*"))
    said = str(error.value)
    assert said.startswith("generators.theirs.images: ")
    return said


def as_folder(tmp_path, contents):
    return folder_of(tmp_path / "pool", contents)


def as_zip(tmp_path, contents):
    return zip_of(tmp_path / "pool.zip", contents)


def as_tar(tmp_path, contents):
    folder_of(tmp_path / "unpacked", contents)
    with tarfile.open(tmp_path / "pool.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "unpacked", "pool")
    return tmp_path / "pool.tar.gz"


def as_table(tmp_path, contents):
    folder_of(tmp_path / "pool", contents)
    lines = [f"{name},{name.split('/')[0]}" for name in reversed(contents)]
    table = tmp_path / "pool" / "list.csv"
    table.write_text("\n".join(["path,label", *lines]) + "\n")
    return table


@pytest.mark.parametrize("write", [as_folder, as_zip, as_tar, as_table])
def test_images_are_those_of_the_pool_by_class_and_path_prepared_as_real_ones(tmp_path, write):
    images, table, rejected = read(tmp_path, write(tmp_path, files()))
    assert list(table["label"]) == ["cancer"] * 4 + ["normal"] * 4
    assert [path[-7:] for path in table["path"]] == [f"{n:03d}.png" for n in range(4)] * 2
    expected = [prepare_image(picture(n), PREPARE) for n in (0, 1, 2, 3, 100, 101, 102, 103)]
    np.testing.assert_array_equal(images, expected)
    assert table["sample_id"].is_unique
    assert rejected.empty


def test_a_zip_of_another_program_is_read_as_it_is(tmp_path, caplog):
    contents = files(("Cancer", "NORMAL"), top="Export 2024/")
    contents |= {f"__MACOSX/{name}": b"fork" for name in contents}
    contents |= {"Export 2024/.hidden": b"", "Export 2024/README.txt": b"see the paper"}
    contents["Export 2024/Cancer/Thumbs.db"] = b"thumbs"
    contents["Export 2024/Cancer/notes.txt"] = b"text"
    contents["Export 2024/other/a.png"] = png(picture(900))
    # of other sizes, in colour, of 16 bits
    contents["Export 2024/Cancer/004.png"] = png(picture(4, (60, 9), "RGB"))
    deep = Image.fromarray(np.arange(0, 64000, 1000, dtype=np.uint16).reshape(8, 8))
    contents["Export 2024/NORMAL/004.png"] = png(deep)
    with caplog.at_level(logging.WARNING):
        images, table, rejected = read(tmp_path, as_zip(tmp_path, contents))
    assert table["label"].value_counts().to_dict() == {"cancer": 5, "normal": 5}
    assert images.shape == (10, 8, 8, 1)
    np.testing.assert_array_equal(images[9].ravel(), np.rint(np.linspace(0, 255, 64)))
    assert "folders of no class of the study are left out: other" in caplog.text
    assert "notes.txt" in "".join(rejected["path"])
    assert "mapped by its own range" in caplog.text


def test_deep_images_have_the_range_of_the_real_ones(tmp_path, caplog):
    contents = files()
    deep = np.full((8, 8), 1000, np.uint16)
    deep[0, 0] = 2000
    contents["cancer/000.png"] = png(Image.fromarray(deep))
    with caplog.at_level(logging.WARNING):
        images, _, _ = read(tmp_path, as_folder(tmp_path, contents), limits=(0.0, 4000.0))
    assert set(images[0].ravel()) == {64, 128}
    assert "7 of 8 images have 8 bits" in caplog.text


def test_colour_and_aspect_are_those_that_the_study_asks_for(tmp_path):
    prepare = Prepare(image_size=8, channels=3, pad_to_square=False)
    images, _, _ = read(tmp_path, as_folder(tmp_path, files()), prepare=prepare)
    np.testing.assert_array_equal(images[0], prepare_image(picture(0), prepare))


def test_classes_may_be_called_otherwise(tmp_path):
    place = as_zip(tmp_path, files(("malignant", "benign", "ok"), each=3))
    named = {"malignant": "cancer", "benign": "cancer", "ok": "normal"}
    _, table, _ = read(tmp_path, place, classes=named)
    assert table["label"].value_counts().to_dict() == {"cancer": 6, "normal": 3}


@pytest.mark.parametrize("write", [as_zip, as_table])
def test_classes_of_other_names_are_listed_beside_ours(tmp_path, write):
    said = refused(tmp_path, write(tmp_path, files(("malignant", "ok"), top="")))
    assert "has no images of cancer and normal: its classes are malignant, ok" in said
    assert "those of the study cancer, normal" in said
    assert "classes: { <their name>: cancer, <their name>: normal }" in said


def test_a_missing_class_is_told_with_the_line_to_write(tmp_path):
    said = refused(tmp_path, as_zip(tmp_path, files(("cancer", "healthy"))))
    assert "has no images of normal" in said
    assert "classes: { healthy: normal }" in said
    wrong = {"helthy": "normal"}
    said = refused(tmp_path, tmp_path / "pool.zip", classes=wrong)
    assert "has no class 'helthy'; its classes are cancer, healthy; did you mean healthy?" in said


def test_an_empty_class_folder_is_told(tmp_path):
    place = as_folder(tmp_path, files(("cancer",)))
    (place / "normal").mkdir()
    assert "normal has no images in normal" in refused(tmp_path, place)


def test_a_broken_image_is_counted_told_and_left_out(tmp_path, caplog):
    contents = files(each=30)
    contents["cancer/007.png"] = b"this is no image"
    with caplog.at_level(logging.WARNING):
        _, table, rejected = read(tmp_path, as_zip(tmp_path, contents))
    assert len(table) == 59
    assert list(rejected["path"]) == ["cancer/007.png"]
    assert "theirs: 1 of 60 images can't be read and are left out" in caplog.text


def test_too_many_broken_images_stop_it(tmp_path):
    contents = files()
    contents["cancer/000.png"] = contents["cancer/000.png"][:50]
    said = refused(tmp_path, as_zip(tmp_path, contents))
    assert "1 of 8 images can't be read, a larger share than prepare.max_rejected_share" in said


def test_files_that_a_table_names_and_are_not_there_count_as_broken(tmp_path, caplog):
    table = as_table(tmp_path, files(each=30))
    (tmp_path / "pool" / "cancer" / "003.png").unlink()
    with caplog.at_level(logging.WARNING):
        images, _, rejected = read(tmp_path, table)
    assert len(images) == 59
    assert list(rejected["reason"]) == ["is not there, though the table names it"]
    for file in (tmp_path / "pool" / "normal").iterdir():
        file.unlink()
    assert "31 of 60 images can't be read" in refused(tmp_path, table)


def test_a_table_without_the_columns_is_told(tmp_path):
    table = as_table(tmp_path, files())
    table.write_text(table.read_text().replace("path,label", "file,label"))
    assert "has no column path, but file, label" in refused(tmp_path, table)


def test_a_truncated_zip_is_refused(tmp_path):
    place = as_zip(tmp_path, files())
    place.write_bytes(place.read_bytes()[:-200])
    said = refused(tmp_path, place)
    assert "not a ZIP file, or damaged" in said
    content = as_zip(tmp_path, files()).read_bytes()
    middle = content.index(b"IDAT") + 8
    place.write_bytes(content[:middle] + b"\0\0\0\0" + content[middle + 4 :])
    assert "damaged" in refused(tmp_path, place)


def test_a_zip_that_would_write_elsewhere_is_refused(tmp_path):
    place = as_zip(tmp_path, files() | {"../../escaped.png": png(picture(1))})
    assert "has '..' in its path, so nothing was extracted" in refused(tmp_path, place)
    assert not list(tmp_path.rglob("escaped.png"))


def test_a_zip_that_would_fill_the_disk_is_refused(tmp_path):
    place = as_zip(tmp_path, files())
    assert "would unpack to" in refused(tmp_path, place, most_gb=1e-6)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gone", "does not exist: name a folder, an archive or a table"),
        ("gone.csv", "does not exist: name a folder, an archive or a table"),
        ("pool.rar", "is neither a folder, an archive (.zip, .tar.gz) nor a table"),
    ],
)
def test_what_is_no_pool_is_told(tmp_path, name, said):
    if name == "pool.rar":
        (tmp_path / name).write_bytes(b"Rar!")
    assert said in refused(tmp_path, tmp_path / name)


def test_images_that_are_there_twice_are_counted(tmp_path, caplog):
    contents = files()
    contents["cancer/copy.png"] = contents["cancer/001.png"]
    contents["normal/copy.png"] = contents["cancer/001.png"]
    with caplog.at_level(logging.WARNING):
        read(tmp_path, as_zip(tmp_path, contents))
    assert "theirs: 2 of 10 images are the same as an earlier one" in caplog.text


@pytest.mark.parametrize("write", [as_folder, as_zip, as_table])
def test_a_changed_pool_has_another_state(tmp_path, write):
    place = write(tmp_path, files())
    before = state_of(place, 1e9)
    assert before == state_of(place, 1e9)
    if write is as_zip:
        as_zip(tmp_path, files(each=5))
    else:
        (tmp_path / "pool" / "cancer" / "000.png").write_bytes(png(picture(55, (30, 30))))
    assert state_of(place, 1e9) != before
