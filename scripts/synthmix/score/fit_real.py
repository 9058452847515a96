"""The real training images by which a generator is scored while it learns.

Less than `score_real` writes, and apart from it: no held-out image and no setting of the scores
has a part in it, so that neither makes a generator be trained anew.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from synthmix.files import write_beside
from synthmix.prepare.parts import as_learned
from synthmix.scopes import ALL_CLASSES, UNLABELLED
from synthmix.score.statistics import Gaussian, fit_gaussian
from synthmix.store import load_array, read_table


def fit_real(
    features: str | Path,
    split: str | Path,
    classes: Sequence[str],
    output: str | Path,
    seen: Sequence[str] = ("train",),
    everything: bool = False,
) -> None:
    """Write mean and covariance of the training images of each class, and of all, to `output`.

    Row i of `features` is of row i of `split`. Training images are those of the splits `seen`. A
    class of fewer than two is left out. With `everything` they are written of all images too, as
    UNLABELLED.
    """
    samples = read_table(split)
    found = load_array(features)
    groups = {label: [label] for label in classes} | {ALL_CLASSES: list(classes)}
    groups |= {UNLABELLED: [UNLABELLED]} if everything else {}
    tensors = {}
    for name, labels in groups.items():
        learned = as_learned(samples, labels)
        rows = np.flatnonzero(learned["split"].isin(seen) & learned["label"].isin(labels))
        if len(rows) >= 2:
            gaussian = fit_gaussian(found, rows)
            tensors[f"{name}/mean"] = np.ascontiguousarray(gaussian.mean)
            tensors[f"{name}/factor"] = np.ascontiguousarray(gaussian.factor)
    with write_beside(output) as temporary:
        save_file(tensors, temporary)


def load_gaussians(path: str | Path) -> dict[str, Gaussian]:
    """Return what `fit_real` wrote, by the name of the class."""
    tensors = load_file(path)
    names = {key.rpartition("/")[0] for key in tensors}
    return {name: Gaussian(tensors[f"{name}/mean"], tensors[f"{name}/factor"]) for name in names}
