"""What rules ask about preparing and splitting the images of a data set."""

from dataclasses import asdict
from typing import Any

from synthmix.config.rehearsal import few_of
from synthmix.plan import acquire
from synthmix.plan.view import View
from synthmix.prepare.duplicates import OFF, NearDuplicates
from synthmix.prepare.settings import InputPipeline, OfficialSplit
from synthmix.readers.raw_image import MOST_PIXELS

_BYTES_A_PIXEL = 8  # of a colour picture while it is padded and resized


def modules(view: View) -> tuple[str, ...]:
    """Return the modules that read the raw files of the data set."""
    return acquire.modules(view.data)


def larger_image_bytes(view: View) -> int:
    """Return what an image takes that is only read because `max_pixels` was raised."""
    return _BYTES_A_PIXEL * max(0, view.prepare.max_pixels - MOST_PIXELS)


def subsample(view: View) -> dict[str, Any] | None:
    """Return which of the images are used, as plain values; None for all of them."""
    found = view.data.subsample
    return found and found.model_dump(mode="json")


def few(view: View) -> dict[str, int]:
    """Return how many images and patients of each class a rehearsal keeps, and what draws them."""
    return {**asdict(few_of(view.written, view.dataset)), "seed": view.seed}


def test_sample(view: View) -> dict[str, Any] | None:
    """Return which test images are used, as plain values; None for all of them."""
    found = view.settings.test_sample
    return found and found.model_dump(mode="json")


def near_duplicates(view: View) -> NearDuplicates:
    """Return what becomes of images that are nearly the same as one of another patient."""
    return view.data.treats_near_duplicates


def looks_for_near_duplicates(view: View) -> bool:
    """Return whether such images are looked for."""
    return near_duplicates(view) != OFF


def keeps_test(view: View, split: str) -> bool:
    """Return whether the test images of a split are those of the first: an official part."""
    return bool(split) and isinstance(view.split, OfficialSplit)


def input_pipeline(view: View) -> InputPipeline:
    """Return how it is measured how fast images are read: as is usual, where nothing is said."""
    return view.settings.input_pipeline or InputPipeline()


def is_stand_in(view: View) -> bool:
    """Return whether the images are drawn by the project in the place of real ones."""
    return getattr(view.data, "embedded", None) is not None
