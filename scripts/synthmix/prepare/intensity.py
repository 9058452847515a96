"""How values in the unit of a file become grey levels: one range of them, or each image's own.

It concerns what is deeper than 8 bits, pictures and volumes. What has 8 bits is taken as it is.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np

from synthmix.errors import UserError
from synthmix.files import write_text
from synthmix.prepare.settings import Intensity
from synthmix.readers.raw_image import DeepPicture, RawImage, Volume

Limits = tuple[float, float]
"""What becomes 0 and what 255, in the unit of the files."""

PERCENTILES = (0.5, 99.5)
# How far beyond the percentiles a range may reach, in parts of the distance between them: far
# enough for the tails of what is seen, too short for a pixel that is broken.
REACH = 0.5
QUANTILES = 257  # of each image, so that each weighs the same
_MOST_SAMPLED = 1 << 15
_BLOCK = 1 << 16
MUCH = 0.01  # of an image's pixels
LITTLE = 0.05  # of a range


@dataclass(frozen=True)
class Sample:
    """What an image tells of its values: `quantiles`, (QUANTILES,), and its own limits."""

    quantiles: np.ndarray
    limits: Limits


def limits_for(image: RawImage, intensity: Intensity, common: Limits | None) -> Limits | None:
    """Return the range of `image` under the setting `intensity`; None: its own.

    `common` is that of the data set; where there is none, the own takes its place.
    """
    if isinstance(intensity, tuple):
        low, high = intensity
        return low, high
    return common if takes_common(image, intensity) else None


def takes_common(image: RawImage, intensity: Intensity) -> bool:
    """Return whether the range of `image` is that of all images of its data set."""
    match image:
        case DeepPicture():
            return intensity in ("auto", "dataset")
        case Volume():
            return intensity == "dataset"
        case _:
            return False


def sample_of(image: DeepPicture | Volume) -> Sample | None:
    """Return a sample of the values of `image` that are no background; None where all are equal.

    Or where there are none.
    """
    values = image.values
    background = image.background if isinstance(image, DeepPicture) else None
    seen = values if background is None else values[~background]
    if seen.size == 0 or seen.min() == seen.max():
        return None
    thin = np.sort(_thinned(seen))
    quantiles = _at(thin, (np.arange(QUANTILES) + 0.5) / QUANTILES)
    return Sample(quantiles, _limits(_at(thin, np.array(PERCENTILES) / 100), [seen]))


def own_limits(image: DeepPicture) -> Limits:
    """Return the range of `image` itself: all of it, but for values far from nearly all others."""
    sample = sample_of(image)
    return (0.0, 0.0) if sample is None else sample.limits


def common_limits(samples: Iterable[Sample]) -> Limits | None:
    """Return one range for all the images that `samples` are of; None without any.

    From the lowest to the highest value of all images, but for those that are far from nearly all
    others: beyond the percentiles 0.5 and 99.5 of all images together, each of the same weight, by
    more than half of the distance between these two.
    """
    samples = list(samples)
    if not samples:
        return None
    pooled = np.concatenate([sample.quantiles for sample in samples])
    ends = np.array([sample.limits for sample in samples], np.float32).ravel()
    return _limits(_at(np.sort(pooled), np.array(PERCENTILES) / 100), [pooled, ends])


def beyond(samples: Iterable[Sample], limits: Limits) -> int:
    """Return of how many images more than a hundredth of the pixels lie beyond `limits`."""
    low, high = limits
    return sum(
        bool(((sample.quantiles < low) | (sample.quantiles > high)).mean() > MUCH)
        for sample in samples
    )


def showing_little(samples: Iterable[Sample], limits: Limits) -> int:
    """Return how many images have values in less than a twentieth of `limits`."""
    least = LITTLE * (limits[1] - limits[0])
    return sum(high - low < least for low, high in (sample.limits for sample in samples))


def as_grey_levels(picture: DeepPicture, limits: Limits | None) -> np.ndarray:
    """Return the values of `picture` from 0 to 255, uint8, in the same shape.

    `limits` (its own, if None) become 0 and 255, what is beyond is clipped to them. Background
    is 0.
    """
    low, high = own_limits(picture) if limits is None else limits
    scale = 255 / (high - low) if high > low else 0
    values = picture.values
    levels = np.empty(values.shape, np.uint8)
    rows = max(1, _BLOCK // max(1, values[0].size))
    for start in range(0, len(values), rows):  # what is between takes 8 bytes a value
        part = values[start : start + rows].astype(np.float64)
        part = (np.clip(part, low, high) - low) * scale
        levels[start : start + rows] = part.round()
    if picture.inverted:
        levels = 255 - levels
    if picture.background is not None:
        levels[picture.background] = 0
    return levels


def limits_path(images_path: str | Path) -> Path:
    """Return where the range of the data set of a store lies: beside its images."""
    path = Path(images_path)
    return path.with_name(f"{path.stem}_limits.json")


def write_limits(path: str | Path, intensity: Intensity, limits: Limits | None) -> None:
    """Write the range of a data set, for images that come later; null where there is none."""
    told = {"intensity": intensity, "range": limits}
    write_text(path, json.dumps(told) + "\n")


def read_limits(path: str | Path) -> Limits | None:
    """Return the range that `write_limits` has written.

    Raises UserError where `path` is no such file.
    """
    try:
        limits = json.loads(Path(path).read_text(encoding="utf-8"))["range"]
        return None if limits is None else (float(limits[0]), float(limits[1]))
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise UserError(
            f"{path}: can't be read as the range of a data set's values ({error}); remove it, and "
            f"it is made anew"
        ) from error


def _thinned(values: np.ndarray) -> np.ndarray:
    """Return at most so many of `values`, evenly over them, always the same ones."""
    step = -(-values.size // _MOST_SAMPLED)
    while gcd(step, values.shape[-1]) > 1:  # else all were of the same few columns
        step += 1
    return values.ravel()[::step]


def _at(ascending: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return which of the values `ascending` such shares of them lie below."""
    return ascending[(shares * len(ascending)).astype(int)]


def _limits(percentiles: np.ndarray, parts: list[np.ndarray]) -> Limits:
    """Return the lowest and the highest of the values in `parts` that are within reach."""
    low, high = (float(value) for value in percentiles)
    reach = REACH * (high - low) if high > low else np.inf  # nearly all the same: background
    return (
        min(_lowest(part, low - reach) for part in parts),
        max(_highest(part, high + reach) for part in parts),
    )


def _lowest(values: np.ndarray, bound: float) -> float:
    least = values.min()
    return float(least if least >= bound else values[values >= bound].min(initial=np.inf))


def _highest(values: np.ndarray, bound: float) -> float:
    most = values.max()
    return float(most if most <= bound else values[values <= bound].max(initial=-np.inf))
