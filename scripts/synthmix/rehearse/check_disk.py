"""Whether the full run's files have room, asked by a rehearsal before there are any."""

import logging
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.errors import UserError
from synthmix.estimate.disk import disk
from synthmix.estimate.jobs import Graph
from synthmix.estimate.sizes import NotKnownError, Sizes
from synthmix.estimate.wording import size
from synthmix.files import write_table

LOGGER = logging.getLogger(__name__)
FETCHING = ("fetch_dataset", "fetch_weights", "fetch_score_weights")  # into the folder of data

Published = Mapping[str, Mapping[str, int]]
Plan = Callable[[Mapping[str, Any]], Graph]


def check_disk(
    plan: Plan,
    config: Mapping[str, Any],
    published: Published,
    results: str | Path,
    data: str | Path,
    output: str | Path,
) -> None:
    """Write what the run that `config` describes will keep on disk, of what is not there yet.

    All of its studies are taken together: what they share is kept once.
    `plan` and `published` are as of `write_estimate`; files come to lie in the folders `results`
    and `data`. `output` has for each of them the megabytes to come, of trainings what one keeps
    while it learns too, and those that are free. What is not known is left out, and logged.
    Raises UserError where a disk has less than it takes.
    """
    needed = _needed(Sizes(plan(config), published))
    folders = {"results": Path(results), "data": Path(data)}
    rows = [
        {"folder": str(folder), "needed_mb": needed[name] / 1e6, "free_mb": _free(folder) / 1e6}
        for name, folder in folders.items()
    ]
    write_table(output, pd.DataFrame(rows).round(1))
    studies = ", ".join(Path(file).stem for file in config["studies"])
    _require_room(studies, rows, {row["folder"]: _disk_of(Path(row["folder"])) for row in rows})


def _needed(sizes: Sizes) -> dict[str, float]:
    """Return the bytes that the jobs to do will keep, by folder; logs what is not known."""
    needed, passing, missing = {"results": 0.0, "data": 0.0}, 0.0, []
    for job in sizes.graph.jobs:
        if not job.to_do:
            continue
        try:
            found = disk(job, sizes)
        except NotKnownError as reason:
            missing.append(str(reason))
            continue
        needed["data" if job.rule in FETCHING else "results"] += found.kept
        passing = max(passing, found.passing)
    needed["results"] += passing
    if missing:
        LOGGER.warning("disk: not known, and left out: %s", "; ".join(dict.fromkeys(missing)))
    return needed


def _require_room(
    studies: str, rows: Iterable[Mapping[str, Any]], disk_of: Mapping[str, int]
) -> None:
    """Raise UserError where the folders on one disk take more than it has."""
    for number in sorted(set(disk_of.values())):
        own = [row for row in rows if disk_of[row["folder"]] == number]
        needed, free = sum(row["needed_mb"] for row in own), own[0]["free_mb"]
        where = " and ".join(row["folder"] for row in own)
        if needed > free:
            raise UserError(
                f"the full run of {studies} will keep about {size(needed)} in {where}, and that "
                f"disk has {size(free)} free: free some, set data_dir to a folder of another disk, "
                f"or lower pools.images or mixes.train_images"
            )
        LOGGER.info("about %s in %s, of %s that are free", size(needed), where, size(free))


def _there(folder: Path) -> Path:
    """Return the folder, or the first above it that there is."""
    folder = folder.resolve()
    return next(path for path in (folder, *folder.parents) if path.exists())


def _free(folder: Path) -> int:
    return shutil.disk_usage(_there(folder)).free


def _disk_of(folder: Path) -> int:
    return _there(folder).stat().st_dev
