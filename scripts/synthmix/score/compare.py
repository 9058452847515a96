"""Every score of one set of images against the real ones of a class."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synthmix.files import write_table
from synthmix.score.memorisation import memorisation
from synthmix.score.names import frechet_name, kernel_name
from synthmix.score.neighbours import overlap
from synthmix.score.reference import RealClass
from synthmix.score.settings import ScoreSettings
from synthmix.score.statistics import (
    Estimate,
    fit_gaussian,
    frechet_distance,
    kernel_distance,
    mean,
    share,
)
from synthmix.seeds import derive_seed

Row = dict[str, Any]
COLUMNS = (
    *("generator", "label", "scope", "score", "value", "low", "high"),
    *("features", "images_real", "images_synthetic", "caution"),
)
FEW = "fewer than two images: nothing to compare"


def compare(
    real: RealClass | None,
    real_features: np.ndarray,
    candidates: np.ndarray,
    settings: ScoreSettings,
    seed: int,
) -> list[Row]:
    """Return a row for each score of the features `candidates` (M, D) against a real class.

    Rows have score, value, low, high (95% interval, nan where there is none), the numbers of
    images compared and a caution, empty where there is nothing to say. The intervals of precision
    and density take the real images as given, those of recall and coverage the synthetic ones.
    `real` is None for a class of fewer than two training images.
    """
    name = frechet_name(settings.network)
    if real is None or len(candidates) < 2:
        count = 0 if real is None else len(real.rows)
        return [row(name, Estimate(np.nan), count, len(candidates), FEW)]
    distance = Estimate(frechet_distance(real.gaussian, fit_gaussian(candidates)))
    caution = _rank_caution(len(real.rows), *candidates.shape)
    sample = real_features[real.sample]
    return [
        row(name, distance, len(real.rows), len(candidates), caution),
        *_kernel_rows(sample, candidates, settings, seed),
        *_overlap_rows(sample, real.radii, candidates, settings.neighbours),
    ]


def compare_distances(
    real: RealClass | None, distances: np.ndarray, settings: ScoreSettings
) -> list[Row]:
    """Return a row for each score of memorisation.

    `distances` (M,) are those from synthetic images to their nearest training image; the real
    images of the row are the held-out ones.
    """
    held_out = np.empty(0) if real is None else real.held_out_distances
    caution = "" if len(held_out) else "no image that the generator has not seen to compare with"
    if len(held_out) and settings.near_percentile / 100 * (len(held_out) + 1) < 1:
        caution = (
            f"only {len(held_out)} held-out images: the limit is the nearest of them, "
            f"within which chance puts more than {settings.near_percentile:g}%"
        )
    return [
        row(name, estimate, len(held_out), len(distances), caution)
        for name, estimate in memorisation(distances, held_out, settings.near_percentile).items()
    ]


def row(score: str, estimate: Estimate, real: int, synthetic: int, caution: str = "") -> Row:
    """Return a row of the table of scores, less what it is about."""
    return {
        "score": score,
        **vars(estimate),
        "images_real": real,
        "images_synthetic": synthetic,
        "caution": caution,
    }


def write_scores(
    output: str | Path, generator: str, rows: list[Row], settings: ScoreSettings
) -> None:
    """Write the table of scores of `generator`."""
    table = pd.DataFrame(rows)
    table["generator"], table["features"] = generator, settings.network
    write_table(output, table[list(COLUMNS)])


def _kernel_rows(
    sample: np.ndarray, candidates: np.ndarray, settings: ScoreSettings, seed: int
) -> list[Row]:
    name, sizes = kernel_name(settings.network), (len(sample), len(candidates))
    if min(sizes) < 4:
        return [row(name, Estimate(np.nan), *sizes, "fewer than four images")]
    random = np.random.default_rng(derive_seed("kernel distance", seed))
    subsets = settings.kid_subsets, settings.kid_subset_size
    return [row(name, kernel_distance(sample, candidates, *subsets, random), *sizes)]


def _overlap_rows(
    sample: np.ndarray, real_radii: np.ndarray, candidates: np.ndarray, neighbours: int
) -> list[Row]:
    found = overlap(sample, real_radii, candidates, neighbours)
    sizes = len(sample), len(candidates)
    few = min(sizes) <= neighbours
    caution = f"fewer than {neighbours} neighbours: the farthest is taken" if few else ""
    estimates: Mapping[str, Estimate] = {
        "precision": share(found.precision),
        "recall": share(found.recall),
        "density": mean(found.density),
        "coverage": share(found.coverage),
    }
    return [row(name, estimate, *sizes, caution) for name, estimate in estimates.items()]


def _rank_caution(real: int, synthetic: int, dims: int) -> str:
    """Say where a covariance of so few images has not full rank."""
    if min(real, synthetic) > dims:
        return ""
    return (
        f"fewer images than the {dims} features: the distance is too large, "
        f"to be compared with equal numbers of images only"
    )
