"""Images a second of preparing beside a plain Pillow loop, on the same files in one run.

    PYTHONPATH=scripts .venv/bin/python benchmarks/prepare_images.py ../shared/data/chest_xray.zip

Both decode every picture, pad it to a square, resize it and keep it in one array, with as many
workers: the plain loop in processes that share nothing, `prepare_images` as the workflow runs it,
which also writes the store and its table; then near-duplicates are looked for in that. They take
turns, and each one's best turn counts.
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
    parser.add_argument("--turns", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        extract_archive(arguments.archive, folder / "raw")
        paths = sorted(
            path for path in (folder / "raw").rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES
        )
        _write_index(folder, paths)
        settings = Prepare(image_size=arguments.image_size)
        with get_context("spawn").Pool(arguments.workers) as pool:
            pool.map(_nothing, range(arguments.workers))  # started before the clock is
            runs = {
                "plain Pillow loop": lambda: _plain(pool, paths, arguments.image_size),
                "prepare_images": lambda: _prepare(folder, settings, arguments.workers),
                "find_duplicates": lambda: _find_duplicates(folder),
            }
            best = _best(runs, arguments.turns)
    for what, seconds in best.items():
        print(f"{what:18} {len(paths) / seconds:7.1f} images/s")
    plain = best["plain Pillow loop"]
    both = best["prepare_images"] + best["find_duplicates"]
    ratios = f"ratio {plain / best['prepare_images']:.2f}, {plain / both:.2f} with find_duplicates"
    print(f"{ratios} ({len(paths)} pictures, {arguments.workers} workers)")


def _best(runs: dict[str, Callable[[], None]], turns: int) -> dict[str, float]:
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(turns):
        for what, run in runs.items():
            begin = time.perf_counter()
            run()
            best[what] = min(best[what], time.perf_counter() - begin)
    return best


def _write_index(folder: Path, paths: list[Path]) -> None:
    root = folder / "raw"
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


def _find_duplicates(folder: Path) -> None:
    find_duplicates(folder / "real.npy", folder / "near_duplicates.csv")


def _plain(pool: object, paths: list[Path], image_size: int) -> None:
    work = [(path, image_size) for path in paths]
    images = np.empty((len(paths), image_size, image_size), np.uint8)
    for position, pixels in enumerate(pool.imap(_decode, work, chunksize=16)):
        images[position] = pixels


def _decode(work: tuple[Path, int]) -> np.ndarray:
    path, image_size = work
    with Image.open(path) as opened:
        image = opened.convert("L")
    side = max(image.size)
    square = Image.new("L", (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return np.asarray(square.resize((image_size, image_size), Image.Resampling.BICUBIC))


def _nothing(_: int) -> None:
    """Do nothing: whoever runs this has started."""


if __name__ == "__main__":
    main()
