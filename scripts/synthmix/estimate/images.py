"""How many images a data set has: counted where it is prepared, else by what is known of it."""

import fnmatch
import os
import zipfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path, PurePosixPath
from typing import Any

from synthmix.datasets.folder_names import same_form
from synthmix.estimate.public_data import PUBLIC_DATA
from synthmix.files import expanded
from synthmix.registry import load_dataset
from synthmix.scopes import UNLABELLED
from synthmix.store import read_table

SPLITS = ("train", "validation", "test")
COUNTED = "counted"
# the three official parts of a data set, where nothing more is known of them
OFFICIAL = {"train": 0.6, "validation": 0.2, "test": 0.2}
# images for each unit that the settings of an embedded data set count: about
DRAWN = {"mini_ddsm": 2.7, "mr_art": 3}
# what those settings say besides how much is drawn
_NO_COUNTS = {"height", "size", "seed", "slices_per_patient"}


@dataclass(frozen=True)
class Images:
    """Images of a data set by class and split; `basis` says how that is known.

    `total` counts those of no split too.
    """

    counts: Mapping[str, Mapping[str, float]]
    total: float
    basis: str

    def of(self, split: str, labels: Collection[str] | None = None) -> float:
        """Return the images of a split, of the classes `labels` or of all.

        Where these are UNLABELLED, whoever learns from them learns from all images there are.
        """
        if labels is not None and UNLABELLED in labels:
            return self.total
        wanted = self.counts if labels is None else labels
        return sum(self.counts.get(label, {}).get(split, 0) for label in wanted)

    def with_share(self, share: float) -> "Images":
        """Return the same with a share of the training images."""
        if share == 1:
            return self
        counts = {
            label: {part: share * n if part == "train" else n for part, n in parts.items()}
            for label, parts in self.counts.items()
        }
        return replace(self, counts=counts)

    def by_class(self, split: str) -> dict[str, int]:
        """Return the images of a split by class."""
        return {label: int(parts.get(split, 0)) for label, parts in self.counts.items()}


def counted(split: str | Path) -> Images:
    """Return the images of a table of splits."""
    table = read_table(split)
    counts: dict[str, dict[str, float]] = {}
    for (label, part), number in table.groupby(["label", "split"]).size().items():
        counts.setdefault(label, {})[part] = int(number)
    return Images(counts, len(table), COUNTED)


def rehearsed(counts: str | Path) -> Images:
    """Return the images of the full run as `check_counts` of a rehearsal has counted them."""
    table = read_table(counts)
    by_class = {
        label: dict(zip(rows["split"], rows["images"].astype(float), strict=True))
        for label, rows in table.groupby("label")
    }
    return Images(by_class, float(table["images"].sum()), "counted in the rehearsal")


def expected(
    index: Mapping[str, Any], split: Mapping[str, Any], classes: Iterable[str], published: Mapping
) -> Images | None:
    """Return about how many images a data set will have, None where nothing is known of it.

    `index` are the settings that its list of images depends on, `split` the parameters of the rule
    that splits it, `published` the images of each class that its source counts.
    """
    by_class, basis = _by_class(index, list(classes), published)
    subsample = split.get("subsample") or {}
    if subsample.get("method") == "balanced" and by_class:
        by_class = dict.fromkeys(classes, min(by_class.values()))
    counts = _dealt_out(by_class, split["split"], subsample)
    if counts is None or not set(classes) <= set(counts):
        return None
    if sample := split.get("test_sample"):
        _cap(counts, sample["images"])
    total = sum(by_class.values()) or sum(sum(parts.values()) for parts in counts.values())
    return Images(counts, total, basis)


def _by_class(
    index: Mapping[str, Any], classes: list[str], published: Mapping[str, int]
) -> tuple[dict[str, float], str]:
    """Return the images of each class, none where they are not known, and how they are."""
    if drawn := index.get("embedded"):
        return dict.fromkeys(classes, _drawn(index["source"], drawn) / len(classes)), "drawn"
    if published:
        return dict(published), "as published"
    if index["source"] in PUBLIC_DATA:
        images = PUBLIC_DATA[index["source"]].images
        return dict.fromkeys(classes, images / len(classes)) if images else {}, "as published"
    if index["source"] in ("image_folder", "nifti_folder"):
        return _in_folders(index), "files found"
    return {}, "not known"


def _drawn(source: str, embedded: Mapping[str, Any]) -> float:
    units = sum(
        value
        for name, value in embedded.items()
        if name not in _NO_COUNTS and isinstance(value, int)
    )
    return units * embedded.get("slices_per_patient", DRAWN.get(source, 1))


def _in_folders(index: Mapping[str, Any]) -> dict[str, float]:
    """Return the files of each class of a folder, or a zip, of class folders."""
    suffixes = tuple(load_dataset(index["source"]).suffixes)
    found = dict.fromkeys(index["classes"], 0.0)
    for name in _names(expanded(index["path"])):
        path = same_form(f"/{name}")
        if not name.lower().endswith(suffixes) or _is_excluded(name, index.get("exclude", ())):
            continue
        for label, folders in index["classes"].items():
            found[label] += any(f"/{same_form(folder).strip('/')}/" in path for folder in folders)
    return found if all(found.values()) else {}


def _is_excluded(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatch(PurePosixPath(name).name, pattern) for pattern in patterns)


def _names(path: Path) -> list[str]:
    if path.is_dir():
        return [
            Path(folder, file).relative_to(path).as_posix()
            for folder, _, files in os.walk(path, followlinks=True)
            for file in files
        ]
    if path.is_file() and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    return []


def _dealt_out(
    by_class: Mapping[str, float], split: Mapping[str, Any], subsample: Mapping[str, Any]
) -> dict[str, dict[str, float]] | None:
    """Return the images of each class by split, None where they are not known."""
    if subsample.get("method") == "long_tail":
        held_out = split.get("validation", 0.2)
        total = sum(subsample["train"].values())
        share = (subsample.get("test_images") or total / 4) / total
        return {
            label: {
                "train": images * (1 - held_out),
                "validation": images * held_out,
                "test": images * share,
            }
            for label, images in subsample["train"].items()
        }
    if split["method"] == "counts":
        labels = split["train"]
        return {label: {part: split[part].get(label, 0) for part in SPLITS} for label in labels}
    if not by_class:
        return None
    shares = {part: split.get(part, 0) for part in SPLITS}
    if split["method"] == "folds":
        fold = 1 / split["folds"]
        shares = {"train": 1 - 2 * fold, "validation": fold, "test": fold}
    elif split["method"] == "official":
        shares = OFFICIAL
    return {
        label: {part: images * share for part, share in shares.items()}
        for label, images in by_class.items()
    }


def _cap(counts: dict[str, dict[str, float]], most: float) -> None:
    there = sum(parts["test"] for parts in counts.values())
    factor = min(1.0, most / there if there else inf)
    for parts in counts.values():
        parts["test"] *= factor
