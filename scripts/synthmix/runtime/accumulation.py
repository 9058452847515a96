"""Trainings that run out of memory: the next attempt takes its batches in more parts."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from synthmix.errors import UserError
from synthmix.runtime import memory_bound, pace
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.runtime.memory import gpu_shortage

LOGGER = logging.getLogger(__name__)
# what torch says of a batch of one image, where layers before have left it one pixel
_ONE_VALUE = "Expected more than 1 value per channel"


def parts_to_take(checkpoint: Checkpoint, accumulation_steps: int) -> int:
    """Return in how many parts a training takes its batches: `accumulation_steps`, or more.

    More where an attempt before, at the training of this `checkpoint`, ran out of GPU memory or,
    on a CPU, went beyond its bound.
    """
    noted = checkpoint.noted_parts() or 0
    parts = max(noted, accumulation_steps)
    if noted > accumulation_steps:
        LOGGER.warning("batches in %d parts: an attempt before ran out of %s", parts, _what())
    pace.taken_in(parts)
    return parts


@contextmanager
def smaller_parts_next(
    checkpoint: Checkpoint, parts: int, images: int, whole: str | None = None
) -> Iterator[None]:
    """Learn within the block; where memory runs out have the next attempt take smaller parts.

    `images` is how many a batch has, on each of several devices; `parts` is in how many it is
    taken; none has fewer than two images. `whole` says why it can't be parted, where that is so.
    Raises UserError with what ran out and what comes next.
    """
    more = parts if whole else min(2 * parts, images // 2)
    why = whole or memory_bound.FEWEST
    memory_bound.take_parts(parts, more if more > parts else None, why)
    try:
        yield
    except ValueError as error:
        if _ONE_VALUE not in str(error):
            raise
        raise UserError(
            f"a batch, or a part of one, has one value of a channel in front of batch norm, which "
            f"can't learn of that: raise batch_size to two or more, or image_size ({error})"
        ) from error
    except RuntimeError as error:
        said = gpu_shortage(error)
        if said is None:
            raise
        if more <= parts:
            raise UserError(
                f"{said}. It took {memory_bound.as_taken(parts, why)}: lower batch_size or "
                f"image_size, or use a GPU with more memory or device: cpu"
            ) from error
        checkpoint.note_parts(more)
        raise UserError(
            f"{said}. The next attempt takes batches in {more} parts, as with accumulation_steps: "
            f"{more}, and goes on from the state that is kept: run the same command again, where "
            f"no retry does"
        ) from error


def _what() -> str:
    return "its share of memory" if memory_bound.is_set() else "GPU memory"
