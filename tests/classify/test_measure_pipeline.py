"""Two ways of reading the same images, and what is written about them."""

import json
from itertools import pairwise

import nibabel
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from synthmix.classify import measure_pipeline as module
from synthmix.classify.measure_pipeline import (
    COLUMNS,
    FOLDER,
    STORE,
    StoredBatches,
    best_seconds,
    folder_batches,
    measure_pipeline,
    tabulate,
)
from synthmix.files import write_table
from synthmix.prepare.prepare_images import prepare_file
from synthmix.prepare.settings import InputPipeline, Prepare
from synthmix.readers import read_image
from synthmix.readers.raw_image import AS_USUAL, Reading
from synthmix.store import read_table, save_array

CLASSES = ("a", "b")


def write_store(folder, channels=1, count=9, name="{}.png", size=(40, 30)):
    """Write raw images, each of two grey levels, and their store; return the store's files."""
    rows, prepared = [], []
    settings = Prepare(image_size=16, channels=channels, pad_to_square=False)
    for number in range(count):
        path = folder / "raw" / name.format(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.name.endswith(".nii"):
            values = np.random.default_rng(number).normal(size=(9, 8, 7)).astype(np.float32)
            nibabel.Nifti1Image(values, np.eye(4)).to_filename(path)
        else:
            image = Image.new("L", size, 20 * number)
            image.paste(250, (0, size[1] // 2, *size))
            image.save(path)
        prepared.append(prepare_file(path, read_image, settings).array)
        rows.append((f"s{number}", path.name, "", CLASSES[number % 2]))
    write_table(
        folder / "split.csv", pd.DataFrame(rows, columns=["sample_id", "path", "frame", "label"])
    )
    save_array(folder / "real.npy", (16, 16, channels), "uint8", [np.stack(prepared)])
    (folder / "fetched.json").write_text(json.dumps({"root": str(folder / "raw")}))
    (folder / "tables").mkdir()


def measure(folder, reading=AS_USUAL, **settings):
    measure_pipeline(
        images=folder / "real.npy",
        split=folder / "split.csv",
        fetched=folder / "fetched.json",
        source="image_folder",
        table=folder / "tables" / "pipeline.csv",
        markdown=folder / "tables" / "pipeline.md",
        settings=InputPipeline(**settings),
        seed=1,
        reading=reading,
    )
    return read_table(folder / "tables" / "pipeline.csv")


@pytest.mark.parametrize("channels", [1, 3])
def test_both_ways_read_the_same_images(channels, tmp_path, monkeypatch):
    read = {}

    def noted(loaders, images, turns):
        for name, batches in loaders.items():
            turns = [[batch.numpy() for batch in batches] for _ in range(3)]
            assert [len(batch) for batch in turns[0]] == [4, 3]
            assert all(batch.shape[1:] == (channels, 16, 16) for batch in turns[0])
            orders = [np.concatenate(turn)[:, 0, 0, 0].tolist() for turn in turns]
            assert any(first != second for first, second in pairwise(orders)), name
            assert len({tuple(sorted(order)) for order in orders}) == 1
            read[name] = sorted(np.concatenate(turns[0]).tolist())
        return dict.fromkeys(loaders, 1.0)

    write_store(tmp_path, channels, count=20)
    monkeypatch.setattr(module, "best_seconds", noted)
    measure(tmp_path, images=7, batch_size=4)
    assert read[STORE] == read[FOLDER]
    assert len(read[STORE]) == 7


def test_the_table_and_its_markdown(tmp_path):
    write_store(tmp_path)
    table = measure(tmp_path, turns=2)
    assert list(table.columns) == COLUMNS
    assert list(table["loader"]) == [STORE, FOLDER]
    assert (table["images"] == 9).all()
    np.testing.assert_allclose(table["images_per_second"], 9 / table["seconds"])
    assert table["ratio"][1] == 1
    markdown = (tmp_path / "tables" / "pipeline.md").read_text()
    assert "Images of 16 x 16 x 1 in shuffled batches of 32" in markdown
    assert "the best of 2 turns" in markdown
    assert markdown.count("\n| ") == 4
    assert sorted(path.name for path in (tmp_path / "tables").iterdir()) == [
        "pipeline.csv",
        "pipeline.md",
    ]


def test_slices_of_volumes_are_pictures(tmp_path):
    write_store(tmp_path, channels=3, count=4, name="{}.nii")
    assert len(measure(tmp_path, turns=1)) == 2


def test_very_large_pictures_are_shrunk(tmp_path, monkeypatch):
    sizes = []
    write_store(tmp_path, count=2, size=(2100, 1050))

    def noted(folder, *arguments):
        sizes.extend(Image.open(path).size for path in folder.rglob("*.png"))
        return folder_batches(folder, *arguments)

    monkeypatch.setattr(module, "folder_batches", noted)
    measure(tmp_path, turns=1)
    assert sizes == [(1024, 512)] * 2


def test_pictures_are_read_as_they_were_prepared(tmp_path):
    write_store(tmp_path, count=2)
    with pytest.raises(ValueError, match=r"40 x 30 .*prepare\.max_pixels"):
        measure(tmp_path, Reading(max_pixels=1000), turns=1)


def test_the_best_of_alternating_turns_counts(monkeypatch):
    ticks = iter([0, 5, 10, 11, 20, 22, 30, 37])
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(ticks))
    seen = []

    class Loader:
        def __init__(self, name):
            self.name = name

        def __iter__(self):
            seen.append(self.name)
            yield [0, 0]

    best = best_seconds({STORE: Loader("store"), FOLDER: Loader("folder")}, 2, turns=2)
    assert seen == ["store", "folder"] * 2
    assert best == {STORE: 2, FOLDER: 1}
    assert list(tabulate(best, 2)["ratio"]) == [0.5, 1]


def test_a_loader_that_leaves_images_out_is_no_measure():
    with pytest.raises(RuntimeError, match="store has read 3 of 4 images"):
        best_seconds({STORE: [[0, 0, 0]]}, 4, turns=1)


def test_the_same_seed_gives_the_same_orders():
    store = np.arange(50, dtype=np.uint8).reshape(50, 1, 1, 1)
    first, again, other = (
        [batch.flatten().tolist() for batch in StoredBatches(store, np.arange(50), 8, seed)]
        for seed in (1, 1, 2)
    )
    assert first == again != other
