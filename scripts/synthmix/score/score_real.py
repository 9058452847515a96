"""The real images by which generators are scored, and what real images nobody saw would score."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from synthmix.prepare.parts import as_learned
from synthmix.scopes import ALL_CLASSES, UNLABELLED
from synthmix.score.compare import Row, compare, write_scores
from synthmix.score.reference import SEEN, describe_real, save_reference, spaced
from synthmix.score.settings import HELD_OUT_REAL, ScoreSettings
from synthmix.store import load_array, read_table


def score_real(
    features: str | Path,
    split: str | Path,
    classes: Sequence[str],
    settings: ScoreSettings,
    seed: int,
    reference: str | Path,
    output: str | Path,
    seen: Sequence[str] = SEEN,
    everything: bool = False,
) -> None:
    """Describe the real training images of each class, and score the held-out ones against them.

    Row i of `features` is of row i of `split`. Writes the `reference` (safetensors) that every
    `score_generator` reads and the scores of validation and test images, the best that a
    generator can hope for, as the table `output`. Training images are those of the splits `seen`,
    of which none is held out. With `everything` all images together are described too, for
    generators that learn from all of them.
    """
    real, samples = load_array(features), read_table(split)
    how = settings.neighbours, settings.images
    described = describe_real(real, samples, classes, *how, seen)
    if everything:
        whole = describe_real(real, as_learned(samples, [UNLABELLED]), [UNLABELLED], *how)
        described[UNLABELLED] = whole[UNLABELLED]
    save_reference(reference, described)
    rows: list[Row] = []
    for label in (*classes, ALL_CLASSES):
        found = described.get(label)
        unseen = found.held_out if found else np.empty(0, np.int64)
        scope = ALL_CLASSES if label == ALL_CLASSES else "class"
        held_out = real[spaced(unseen, settings.images)]
        compared = compare(found, real, held_out, settings, seed)
        rows += [{"label": label, "scope": scope, **row} for row in compared]
    write_scores(output, HELD_OUT_REAL, rows, settings)
