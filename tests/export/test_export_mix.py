import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from synthmix.errors import UserError
from synthmix.export.export_mix import export_mix
from synthmix.files import write_table
from synthmix.mix.plan import plan_additions
from synthmix.store import read_table, save_array

(MIX,) = plan_additions(["g"], [1], [], adds_to_validation=True)


@pytest.fixture
def mix(tmp_path):
    """Return a mix of two stores: its table and the arrays."""
    random = np.random.default_rng(0)
    images = {"real": tmp_path / "real.npy", "g/all_classes": tmp_path / "g.npy"}
    for path in images.values():
        save_array(path, (4, 6, 1), "uint8", [random.integers(0, 256, (5, 4, 6, 1), np.uint8)])
    columns = ["split", "store", "row", "sample_id", "label", "group", "origin"]
    rows = [
        ("train", "real", 3, "r/3 \u00e9.png", "7", "p1", "real"),
        ("train", "real", 0, "r0", "7", "p1", "real"),
        ("train", "real", 0, "r0", "7", "p1", "real"),
        ("train", "g/all_classes", 4, "g-8-4", "8", "", "synthetic"),
        ("validation", "real", 1, "r1", "8", "p2", "real"),
    ]
    table = tmp_path / "mix.csv"
    write_table(table, pd.DataFrame(rows, columns=columns))
    return table, images


def export(mix, folder, **changes):
    table, images = mix
    about = {"title": "Digits", "homepage": "https://d", "licence": "CC0", "citation": "A 1999"}
    (folder / "fetched.json").write_text(json.dumps({"about": about}))
    told = {"title": "Study", "stand_in": False, "scale": "paper"} | changes
    output = folder / "mix.zip"
    export_mix(MIX, table, images, folder / "fetched.json", output=output, **told)
    with zipfile.ZipFile(output) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_images_lie_in_folders_of_their_part_and_class_pixel_by_pixel(mix, tmp_path):
    files = export(mix, tmp_path)
    expected = {
        "train/7/real-000000.png": ("real", 3),
        "train/7/real-000001.png": ("real", 0),
        "train/7/real-000002.png": ("real", 0),
        "train/8/synthetic-000000.png": ("g/all_classes", 4),
        "validation/8/real-000000.png": ("real", 1),
    }
    assert set(files) == {*expected, "manifest.csv", "README.md"}
    for name, (store, row) in expected.items():
        pixels = np.asarray(Image.open(io.BytesIO(files[name])))
        np.testing.assert_array_equal(pixels, np.load(mix[1][store])[row, :, :, 0])


def test_the_list_says_where_each_image_is_from(mix, tmp_path):
    listed = tmp_path / "manifest.csv"
    listed.write_bytes(export(mix, tmp_path)["manifest.csv"])
    table, rows = read_table(listed), read_table(mix[0])
    columns = ["label", "split", "origin", "sample_id", "group"]
    pd.testing.assert_frame_equal(table[columns], rows[columns])


def test_the_card_counts_images_and_tells_that_real_ones_are_among_them(mix, tmp_path):
    card = export(mix, tmp_path)["README.md"].decode()
    assert card.startswith("# Training images: Study, g-filled\n")
    assert "| train | 7 | 3 | 0 |" in card
    assert "| train | 8 | 0 | 1 |" in card
    assert "**Real images are among these.**" in card
    assert "**Licence of the source images:** CC0" in card
    assert "| generator | `g` |" in card
    assert "Demo" not in card
    assert "leakage" not in card
    card = export(mix, tmp_path, scale="demo", leakage="as_published", stand_in=True)
    assert "**Demo.**" in card["README.md"].decode()
    assert "judges classifiers on some of the real images" in card["README.md"].decode()
    card = export(mix, tmp_path, leakage="by_image")["README.md"].decode()
    assert "on other images of some of the patients whose images are here" in card


def test_the_same_mix_makes_the_same_zip(mix, tmp_path):
    export(mix, tmp_path)
    first = (tmp_path / "mix.zip").read_bytes()
    export(mix, tmp_path)
    assert (tmp_path / "mix.zip").read_bytes() == first


def test_volumes_are_no_pictures(mix, tmp_path):
    save_array(mix[1]["real"], (4, 6, 5), "float16", [np.zeros((5, 4, 6, 5))])
    with pytest.raises(UserError, match="the images of real are no pictures"):
        export(mix, tmp_path)
    assert not (tmp_path / "mix.zip").exists()
