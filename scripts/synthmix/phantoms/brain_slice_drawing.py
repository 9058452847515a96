"""Drawing of brain slices as T1-weighted images after contrast agent.

Bright scalp, dark bone, grey brain with dark fluid, and a tumour that takes up the agent. Lengths
and intensities are as in `brain_slice_patients`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.phantoms.brain_slice_patients import Patient, Tumour
from synthmix.phantoms.brain_slice_views import FLUID, VIEWS, Grid, cover, ramp_below
from synthmix.phantoms.textures import FloatImage

_BORDER_POINTS = 32


def draw(
    generator: np.random.Generator, patient: Patient, place: float, size: int
) -> tuple[NDArray[np.int16], NDArray[np.bool_], FloatImage]:
    """Return a slice, the mask of its tumour and the tumour's border as x1, y1, x2, y2, ...

    The slice at `place` 0 goes through the middle of the tumour, those at -1 and 1 touch it.
    """
    cosine, sine = math.cos(patient.turn) / patient.zoom, math.sin(patient.turn) / patient.zoom
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    right, down = axis[None, :] - patient.shift[0], axis[:, None] - patient.shift[1]
    grid = Grid(cosine * right + sine * down, cosine * down - sine * right)
    mix = 0.7 * place
    folds, mottle = (
        math.cos(mix) * patient.textures[one] + math.sin(mix) * patient.textures[one + 1]
        for one in (0, 2)
    )
    picture, brain = VIEWS[patient.view](grid, patient, place, folds, mottle)
    mask = _add_tumour(picture, brain, grid, patient, place, mottle)
    border = _border(patient, place) @ np.array([[cosine, sine], [-sine, cosine]])
    border = border * patient.zoom**2 + patient.shift
    return _received(generator, patient, picture, grid), mask, (border + 1) * (size - 1) / 2


def _border(patient: Patient, place: float) -> FloatImage:
    """Return points (right, down) on the margin of the tumour, in the head."""
    tumour = patient.tumour
    angle = np.linspace(-np.pi, np.pi, _BORDER_POINTS, endpoint=False)
    knots = np.linspace(-np.pi, np.pi, len(tumour.margin))
    radius = _radius(tumour, place) * np.interp(angle, knots, tumour.margin)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None] + tumour.centre


def _radius(tumour: Tumour, place: float) -> float:
    return tumour.radius * math.sqrt(1 - place**2)


def _add_tumour(
    picture: FloatImage,
    brain: FloatImage,
    grid: Grid,
    patient: Patient,
    place: float,
    mottle: FloatImage,
) -> NDArray[np.bool_]:
    """Paint the tumour on `picture`; return its mask."""
    tumour = patient.tumour
    right, down = grid.right - tumour.centre[0], grid.down - tumour.centre[1]
    knots = np.linspace(-np.pi, np.pi, len(tumour.margin))
    margin = np.interp(np.arctan2(down, right), knots, tumour.margin).astype(np.float32)
    distance = np.hypot(right, down) / (_radius(tumour, place) * margin)
    if tumour.label == "pituitary":
        brain = np.ones_like(brain)  # it grows outside the brain
    if tumour.oedema:
        halo = ramp_below(distance, 1 + tumour.oedema / 2, tumour.oedema) * brain
        cover(picture, 0.55 * halo, 0.6 * patient.tissue)
    bright = patient.tissue + tumour.contrast
    if tumour.label == "glioma":
        bright = bright * np.clip(1 + 0.25 * mottle, 0.5, 1.4)
        body = ramp_below(distance, 1, 0.3) * brain
    else:
        bright = bright * (1 + 0.03 * mottle)
        body = ramp_below(distance, 1, 0.15) * brain
    cover(picture, body, bright)
    if tumour.core:
        cover(
            picture,
            ramp_below(distance, tumour.core * (1 + 0.12 * mottle), 0.25) * brain,
            1.4 * FLUID,
        )
    return (distance < 1) & (brain > 0.5)


def _received(
    generator: np.random.Generator, patient: Patient, picture: FloatImage, grid: Grid
) -> NDArray[np.int16]:
    """Return the picture as a scanner gives it: uneven, noisy, in units of its own."""
    uneven = 1 + patient.slope[0] * grid.right + patient.slope[1] * grid.down
    uneven += patient.coil * (grid.right**2 + grid.down**2 - 0.5)
    noise = patient.noise * generator.standard_normal((2, *picture.shape), dtype=np.float32)
    magnitude = np.hypot(picture * uneven + noise[0], noise[1])
    return np.round(np.minimum(patient.scale * magnitude, np.iinfo(np.int16).max)).astype(np.int16)
