"""Copies are found whatever was done to them, and pictures that are only alike are not."""

import hashlib
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageOps
from scipy import ndimage

from synthmix.files import write_table
from synthmix.prepare import likeness
from synthmix.prepare.find_duplicates import find_duplicates
from synthmix.prepare.prepare_images import prepare_image
from synthmix.prepare.settings import Prepare
from synthmix.store import read_table, save_array, table_path


def scene(seed, side=160):
    """Return a picture with details of all sizes, unlike that of another seed."""
    random = np.random.default_rng(seed)
    layers = (ndimage.gaussian_filter(random.normal(size=(side, side)), w) * w for w in (12, 5, 2))
    values = sum(layers)
    return Image.fromarray((255 * (values - values.min()) / np.ptp(values)).astype(np.uint8))


def compressed(image, quality):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)


def resized(image, factor):
    return image.resize([round(length * factor) for length in image.size], Image.Resampling.BICUBIC)


def moved(image, right, down):
    return Image.fromarray(np.roll(np.asarray(image), (down, right), (0, 1)))


COPIES = {
    "quality 95": ("near", lambda image: compressed(image, 95)),
    "quality 60": ("near", lambda image: compressed(image, 60)),
    "half as large": ("near", lambda image: resized(image, 0.5)),
    "twice as large": ("near", lambda image: resized(image, 2)),
    "half as large, quality 75": ("near", lambda image: compressed(resized(image, 0.5), 75)),
    "moved to the right": ("near", lambda image: moved(image, 1, 0)),
    "moved up and to the left": ("near", lambda image: moved(image, -1, -1)),
    "brighter": ("near", lambda image: image.point(lambda value: 20 + value * 0.8)),
    "mirrored": ("mirrored", ImageOps.mirror),
    "mirrored, quality 80": ("mirrored", lambda image: compressed(ImageOps.mirror(image), 80)),
    "upside down": ("mirrored", ImageOps.flip),
    "turned": ("turned", lambda image: image.transpose(Image.Transpose.ROTATE_90)),
}


def pairs_of(folder, images, size=64, **columns):
    """Return what is found among pictures, each prepared as `size` says."""
    settings = Prepare(image_size=size)
    arrays = np.stack([prepare_image(image.copy(), settings) for image in images])
    return pairs_of_store(folder, arrays, [image.size for image in images], **columns)


def pairs_of_store(folder, arrays, sizes, **columns):
    save_array(folder / "real.npy", arrays.shape[1:], str(arrays.dtype), [arrays])
    names = [f"{number:03d}" for number in range(len(arrays))]
    table = pd.DataFrame(sizes, columns=["width", "height"]).assign(
        sample_id=names,
        path=[f"{name}.png" for name in names],
        label="a",
        group=names,
        depth=1,
        content=[hashlib.sha256(array.tobytes()).hexdigest() for array in arrays],
    )
    write_table(table_path(folder / "real.npy"), table.assign(**columns))
    find_duplicates(folder / "real.npy", folder / "pairs.csv")
    return read_table(folder / "pairs.csv")


@pytest.mark.parametrize(
    ("copy", "size"), [*((copy, 64) for copy in COPIES), ("quality 60", 128), ("mirrored", 200)]
)
def test_a_copy_is_found_and_nothing_else(tmp_path, copy, size):
    kind, make = COPIES[copy]
    originals = [scene(seed) for seed in range(8)]
    pairs = pairs_of(tmp_path, [*originals, *map(make, originals)], size)
    found = sorted(zip(pairs["first"], pairs["second"], strict=True))
    assert found == [(f"{number:03d}", f"{number + 8:03d}") for number in range(8)]
    assert set(pairs["kind"]) == {kind}
    assert pairs["correlation"].min() > 0.98
    assert np.allclose(pairs["distance"], 1 - pairs["correlation"])


def test_neighbouring_slices_are_none(tmp_path):
    """The same shapes, each a little larger or smaller, in a common outline."""
    random = np.random.default_rng(5)
    volume = ndimage.gaussian_filter(random.normal(size=(30, 160, 160)), (3, 5, 5))
    y, x = np.mgrid[-1:1:160j, -1:1:160j]
    head = np.clip(4 * (0.8 - np.hypot(y, x)), 0, 1)
    slices = [
        Image.fromarray((head * (120 + 40 * plane / volume.std()).clip(0, 255)).astype(np.uint8))
        for plane in volume[::3]
    ]
    for size in (64, 128):
        assert pairs_of(tmp_path, slices, size).empty


def test_what_is_nearly_flat_is_compared_with_nothing(tmp_path):
    random = np.random.default_rng(1)
    levels = [0, 90, 254, *[9] * 10]
    flat = [
        Image.fromarray(random.integers(level, level + 2, (64, 64), np.uint8)) for level in levels
    ]
    pairs = pairs_of(tmp_path, [*flat, scene(1), compressed(scene(1), 80)])
    assert list(zip(pairs["first"], pairs["second"], strict=True)) == [("013", "014")]


def test_of_equal_images_the_first_stands_for_all(tmp_path):
    one = scene(3)
    labels = ["a", "b", "a", "b"]
    images = [one, one, one, compressed(one, 80)]
    pairs = pairs_of(tmp_path, images, label=labels, group=["007", "7", "8", "9"])
    assert pairs[["first", "second", "kind"]].values.tolist() == [
        ["000", "001", "equal"],
        ["000", "002", "equal"],
        ["000", "003", "near"],
    ]
    assert pairs["second_label"].tolist() == ["b", "a", "b"]
    assert "007" in (tmp_path / "pairs.csv").read_text()
    assert pairs.loc[0, ["correlation", "distance"]].tolist() == [1, 0]


def test_colours_and_tiny_images(tmp_path):
    random = np.random.default_rng(2)
    photos = ndimage.gaussian_filter(random.normal(size=(20, 32, 32, 3)), (0, 1.5, 1.5, 0.5))
    photos = (128 + 50 * photos / photos.std()).clip(0, 255).astype(np.uint8)
    copies = [np.asarray(compressed(Image.fromarray(photo), 90)) for photo in photos]
    mirrored = photos[:, :, ::-1]
    pairs = pairs_of_store(tmp_path, np.concatenate([photos, copies, mirrored]), [(32, 32)] * 60)
    of_one = pairs["first"].astype(int) % 20 == pairs["second"].astype(int) % 20
    assert of_one.all()
    # each with each of the three; copies of copies too
    assert pairs["kind"].value_counts().to_dict() == {"mirrored": 40, "near": 20}


def test_volumes_are_compared_by_their_middle_slices(tmp_path):
    random = np.random.default_rng(4)
    volumes = ndimage.gaussian_filter(random.normal(size=(6, 40, 48, 44)), (0, 3, 3, 3))
    volumes /= volumes.std()
    # the middle slice of an even number of voxels is not its own mirror image
    noisy = volumes[:2] + random.normal(0, 0.02, volumes[:2].shape)
    arrays = np.concatenate([volumes, noisy]).astype(np.float16)
    pairs = pairs_of_store(tmp_path, arrays, [(40, 48)] * 8, depth=44)
    assert list(zip(pairs["first"], pairs["second"], strict=True)) == [
        ("000", "006"),
        ("001", "007"),
    ]
    assert set(pairs["kind"]) == {"near"}


def test_volumes_with_one_outline_and_other_insides_are_none(tmp_path):
    """Segmented brains on one template: the edge of the mask outweighs what is in it."""
    random = np.random.default_rng(1)
    x, y, z = np.mgrid[-1:1:64j, -1:1:64j, -1:1:64j]
    mask = np.hypot(np.hypot(x / 0.8, y / 0.9), z / 0.7) < 1
    insides = ndimage.gaussian_filter(random.normal(size=(6, 64, 64, 64)), (0, 4, 4, 4))
    volumes = mask * (0.7 + 0.05 * insides / insides.std())
    noisy = volumes[:3] + random.normal(0, 0.01, volumes[:3].shape)
    arrays = np.concatenate([volumes, noisy, noisy[:1, ::-1]]).astype(np.float16)
    pairs = pairs_of_store(tmp_path, arrays, [(64, 64)] * len(arrays), depth=64)
    found = sorted(zip(pairs["first"], pairs["second"], pairs["kind"], strict=True))
    mirrored = [("000", "009", "mirrored"), ("006", "009", "mirrored")]
    assert found == sorted([(f"00{n}", f"00{n + 6}", "near") for n in range(3)] + mirrored)


def test_pictures_in_one_sharp_frame_are_none(tmp_path):
    """Photographs through one round opening, dim inside."""
    y, x = np.mgrid[-1:1:200j, -1:1:200j]
    opening = np.clip((0.85 - np.hypot(y, x)) * 60, 0, 1)
    random = np.random.default_rng(4)
    insides = ndimage.gaussian_filter(random.normal(size=(8, 200, 200)), (0, 9, 9))
    levels = opening * (170 + 8 * insides / insides.std())
    eyes = [Image.fromarray(each.astype(np.uint8)) for each in levels]
    for size in (64, 128):
        pairs = pairs_of(tmp_path, [*eyes, *(compressed(eye, 60) for eye in eyes)], size)
        found = sorted(zip(pairs["first"], pairs["second"], strict=True))
        assert found == [(f"{number:03d}", f"{number + 8:03d}") for number in range(8)]


@pytest.mark.parametrize("of_volumes", [False, True])
def test_turned_pictures_are_embedded_without_being_turned(of_volumes):
    random = np.random.default_rng(3)
    planes = random.integers(0, 255, (4, 3 if of_volumes else 1, 32, 32), np.uint8)
    embeddings = likeness.embed(planes, 12)
    for turn in likeness.turns(of_volumes):
        turned = likeness.embed(turn(planes), 12)
        assert np.abs(turn.of_embeddings(embeddings) - turned).max() <= 1  # both are rounded


def test_a_store_of_one_or_no_pair(tmp_path):
    assert pairs_of(tmp_path, [scene(1)]).empty
    assert pairs_of(tmp_path, [Image.linear_gradient("L")] * 2)["kind"].tolist() == ["equal"]


def test_the_result_is_the_same_each_time_and_with_any_number_of_threads(tmp_path):
    from threadpoolctl import threadpool_limits

    images = [scene(seed) for seed in range(30)]
    images += [compressed(image, 70) for image in images]
    tables = []
    for threads in (1, 2, 2):
        with threadpool_limits(threads):
            pairs_of(tmp_path, images)
        tables.append((tmp_path / "pairs.csv").read_bytes())
    assert len(set(tables)) == 1
    assert tables[0].count(b"\n") == 31
