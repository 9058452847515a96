"""What selections leave of each class, as far as counts alone can tell.

Random under-sampling looks at no pixels, and is done as in the run. The other methods go by pixels,
but a class with fewer images than would have to speak for one of them is lost wherever they lie.
"""

from collections.abc import Iterator, Mapping
from typing import get_args

import pandas as pd

from synthmix.errors import UserError
from synthmix.mix.edited import Edited, must_empty
from synthmix.mix.removal import RandomUnderSampling, Removal
from synthmix.mix.select_samples import fate_of
from synthmix.mix.selection import mortal_classes, require_usable


def troubles_of_selection(train: pd.DataFrame, name: str, settings: Removal) -> Iterator[str]:
    """Yield what the selection `name` does amiss to the training samples `train`."""
    labels = train["label"].to_numpy(str)
    try:
        require_usable(labels, settings)
    except UserError as error:
        yield f"selections.{name}: {error}"
        return
    if not isinstance(settings, get_args(Edited)):
        return
    counts = train["label"].value_counts()
    for label in mortal_classes(labels, settings.removes_from):
        if must_empty(counts[label], len(counts), settings):
            yield (
                f"selections.{name} takes all {counts[label]} training images of class {label} "
                f"but one, which stays so that there is any: each has {settings.neighbours} "
                f"neighbours that vote on it, and too few others of its class to outvote the "
                f"rest. {_advice(name, counts, label, settings)}"
            )


def _advice(name: str, counts: pd.Series, label: str, settings: Edited) -> str:
    """Return what to change, so that a class need not lose all of its images."""
    fewer = (
        n
        for n in range(settings.neighbours - 1, 0, -1)
        if not must_empty(counts[label], len(counts), settings.model_copy(update={"neighbours": n}))
    )
    most = next(fewer, None)
    if most is None:
        return "Add images of it, or remove the selection"
    return f"Lower selections.{name}.neighbours to {most} or less, or add images of it"


def left_by(
    train: pd.DataFrame, selections: Mapping[str, Removal], seed: int
) -> dict[str, pd.DataFrame]:
    """Return what `select_samples` will write for those of the selections that need no pixels."""
    if train["label"].nunique() < 2:
        return {}
    return {
        name: fate_of(train, name, settings, None, seed)
        for name, settings in selections.items()
        if isinstance(settings, RandomUnderSampling)
    }
