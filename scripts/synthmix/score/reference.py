"""What the scores need to know of the real images, computed once a data set and kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from safetensors.numpy import load_file, save_file

from synthmix.files import write_beside
from synthmix.scopes import ALL_CLASSES
from synthmix.score.neighbours import nearest, radii
from synthmix.score.statistics import Gaussian, fit_gaussian

# what a generator learned from, where no generator of the study learns from more; and what of the
# rest is compared with
SEEN, HELD_OUT = ("train",), ("validation", "test")


@dataclass(frozen=True)
class RealClass:
    """The real images of one class, or of all of them together."""

    rows: np.ndarray  # (N,), int64: the training images, rows of the real store
    sample: np.ndarray  # (n,), int64: those of them that neighbours are looked for among
    radii: np.ndarray  # (n,): the distance of each of the sample to its k-th nearest
    gaussian: Gaussian  # of all N
    held_out: np.ndarray  # (H,), int64: those of no generator's training, rows of the real store
    held_out_distances: np.ndarray  # (H,): from each of them to its nearest training image

    def tensors(self) -> dict[str, np.ndarray]:
        """Return all of it as arrays by name."""
        values = {name: value for name, value in vars(self).items() if name != "gaussian"}
        return values | {"mean": self.gaussian.mean, "factor": self.gaussian.factor}

    @classmethod
    def of_tensors(cls, tensors: Mapping[str, np.ndarray]) -> Self:
        """Return what `tensors` gave as arrays."""
        values = dict(tensors)
        return cls(gaussian=Gaussian(values.pop("mean"), values.pop("factor")), **values)


def describe_real(
    features: np.ndarray,
    samples: pd.DataFrame,
    classes: Sequence[str],
    neighbours: int,
    most: int,
    seen: Sequence[str] = SEEN,
) -> dict[str, RealClass]:
    """Return what is to be known of each class, and of all, by name; none with under two images.

    Row i of `features` (N, D), which may be memory-mapped, is of row i of `samples` (columns label,
    split). At most `most` training images are in the sample of each: those of the splits `seen`,
    which generators have learned from.
    """
    groups = {label: samples["label"] == label for label in classes}
    groups[ALL_CLASSES] = samples["label"].isin(classes)
    known = groups[ALL_CLASSES]
    trained = np.flatnonzero(known & samples["split"].isin(seen))
    unseen = [split for split in HELD_OUT if split not in seen]
    held_out = np.flatnonzero(known & samples["split"].isin(unseen))
    distances, _ = nearest(features[held_out], features, trained)
    described = {}
    for label, members in groups.items():
        inside = members.to_numpy()
        rows = trained[inside[trained]]
        if len(rows) < 2:
            continue
        sample = spaced(rows, most)
        described[label] = RealClass(
            rows=rows,
            sample=sample,
            radii=radii(features[sample], neighbours),
            gaussian=fit_gaussian(features, rows),
            held_out=held_out[inside[held_out]],
            held_out_distances=distances[inside[held_out]],
        )
    return described


def save_reference(path: str | Path, reference: Mapping[str, RealClass]) -> None:
    """Write what `describe_real` returned as safetensors."""
    tensors = {
        f"{label}/{name}": np.ascontiguousarray(value)
        for label, real in reference.items()
        for name, value in real.tensors().items()
    }
    with write_beside(path) as temporary:
        save_file(tensors, temporary)


def load_reference(path: str | Path) -> dict[str, RealClass]:
    """Read what `save_reference` wrote."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for key, value in load_file(path).items():
        label, _, name = key.rpartition("/")
        found.setdefault(label, {})[name] = value
    return {label: RealClass.of_tensors(tensors) for label, tensors in found.items()}


def spaced(rows: np.ndarray, most: int) -> np.ndarray:
    """Return at most `most` of `rows`, evenly spaced."""
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(int)]
