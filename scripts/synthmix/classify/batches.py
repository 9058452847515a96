"""How images go in batches where a classifier learns. No torch here."""

import numpy as np


def batches_of(order: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Return `order` in batches; a last batch of one image joins the one before it.

    Batch norm can't learn of one image, and dropping it would leave an image out.
    """
    starts = list(range(0, len(order), batch_size))
    if len(starts) > 1 and len(order) - starts[-1] == 1 < batch_size:
        starts.pop()
    return np.split(order, starts[1:])
