"""Images a second of preparing beside a plain Pillow loop, on the same files in one run.

    PYTHONPATH=scripts .venv/bin/python benchmarks/prepare_images.py ../shared/data/chest_xray.zip

Both decode every picture, pad it to a square, resize it and keep it in one array, with as many
workers: the plain loop in processes that share nothing, `prepare_images` as the workflow runs it,
which also writes the store and its table; then near-duplicates are looked for in that. They take
turns, and each one's best turn counts.

The same pictures as PNG of 16 bits follow: of these `prepare_images` finds the range of values
that all have in common first, and so reads them twice; the plain loop scales each by itself.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from synthmix.acquire.archives import extract_archive
from synthmix.files import write_table
from synthmix.prepare.find_duplicates import find_duplicates
from synthmix.prepare.prepare_images import prepare_images
from synthmix.prepare.settings import Prepare
from synthmix.readers import PICTURE_SUFFIXES


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("archive", type=Path, help="a ZIP file of pictures")
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--deep", type=int, default=200, help="pictures of 16 bits")
    parser.add_argument("--turns", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        extract_archive(arguments.archive, folder / "raw")
        paths = sorted(
            path for path in (folder / "raw").rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES
        )
        settings = Prepare(image_size=arguments.image_size)
        with get_context("spawn").Pool(arguments.workers) as pool:
            pool.map(_nothing, range(arguments.workers))  # started before the clock is
            _compare("8 bits", folder / "raw", paths, pool, settings, arguments)
            deep = [_deepened(path, folder / "deep") for path in paths[: arguments.deep]]
            _compare("16 bits", folder / "deep", deep, pool, settings, arguments)


def _compare(
    depth: str,
    root: Path,
    paths: list[Path],
    pool: object,
    settings: Prepare,
    arguments: argparse.Namespace,
) -> None:
    """Measure both on the pictures `paths` below `root`, and print."""
    _write_index(root, paths)
    runs = {
        "plain Pillow loop": lambda: _plain(pool, paths, arguments.image_size),
        "prepare_images": lambda: _prepare(root.parent, settings, arguments.workers),
        "find_duplicates": lambda: _find_duplicates(root.parent, arguments.workers),
    }
    best = _best(runs, arguments.turns)
    for what, seconds in best.items():
        print(f"{depth:7} {what:18} {len(paths) / seconds:7.1f} images/s")
    plain = best["plain Pillow loop"]
    both = best["prepare_images"] + best["find_duplicates"]
    ratios = f"ratio {plain / best['prepare_images']:.2f}, {plain / both:.2f} with find_duplicates"
    print(f"{depth:7} {ratios} ({len(paths)} pictures, {arguments.workers} workers)")


def _deepened(path: Path, folder: Path) -> Path:
    """Write a picture to `folder` as grey PNG of 16 bits: noise is below its 8 bits."""
    with Image.open(path) as opened:
        values = np.asarray(opened.convert("L")).astype(np.uint16) * 200
    values += np.random.default_rng(len(path.name)).integers(0, 200, values.shape, np.uint16)
    folder.mkdir(exist_ok=True)
    target = folder / f"{len(list(folder.iterdir())):05}.png"
    Image.fromarray(values).save(target, compress_level=1)
    return target


def _best(runs: dict[str, Callable[[], None]], turns: int) -> dict[str, float]:
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(turns):
        for what, run in runs.items():
            begin = time.perf_counter()
            run()
            best[what] = min(best[what], time.perf_counter() - begin)
    return best


def _write_index(root: Path, paths: list[Path]) -> None:
    folder = root.parent
    (folder / "fetched.json").write_text(json.dumps({"root": str(root)}))
    table = pd.DataFrame({"path": [path.relative_to(root).as_posix() for path in paths]})
    table["sample_id"] = [f"s{i}" for i in range(len(paths))]
    write_table(folder / "index.csv", table.assign(frame="", label="a", group="g", part=""))


def _prepare(folder: Path, settings: Prepare, workers: int) -> None:
    prepare_images(
        folder / "index.csv",
        folder / "fetched.json",
        "image_folder",
        folder / "real.npy",
        folder / "rejected.csv",
        settings,
        workers,
    )


def _find_duplicates(folder: Path, workers: int) -> None:
    find_duplicates(folder / "real.npy", folder / "near_duplicates.csv", workers)


def _plain(pool: object, paths: list[Path], image_size: int) -> None:
    work = [(path, image_size) for path in paths]
    images = np.empty((len(paths), image_size, image_size), np.uint8)
    for position, pixels in enumerate(pool.imap(_decode, work, chunksize=16)):
        images[position] = pixels


def _decode(work: tuple[Path, int]) -> np.ndarray:
    path, image_size = work
    with Image.open(path) as opened:
        deep = opened.mode.startswith("I")
        image = _scaled(np.asarray(opened)) if deep else opened.convert("L")
    side = max(image.size)
    square = Image.new("L", (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return np.asarray(square.resize((image_size, image_size), Image.Resampling.BICUBIC))


def _scaled(values: np.ndarray) -> Image.Image:
    low, high = int(values.min()), int(values.max())
    return Image.fromarray(((values - low) * (255 / (high - low))).round().astype(np.uint8))


def _nothing(_: int) -> None:
    """Do nothing: whoever runs this has started."""


if __name__ == "__main__":
    main()
