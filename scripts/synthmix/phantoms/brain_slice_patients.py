"""What the heads and tumours of drawn brain slices are like.

Lengths are in half-widths of the image, `right` and `down` from its centre; intensities are about
0 (air) to 1 (fat). All ranges are chosen by eye.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np

from synthmix.phantoms.textures import FloatImage

View = Literal["axial", "coronal", "sagittal"]
Point = tuple[float, float]

VIEWS: tuple[View, ...] = ("axial", "coronal", "sagittal")
_VIEW_SHARES = {
    "meningioma": (0.4, 0.3, 0.3),
    "glioma": (0.4, 0.3, 0.3),
    "pituitary": (0.2, 0.4, 0.4),
}
_SELLA: dict[View, Point] = {"axial": (0, -0.08), "coronal": (0, 0.17), "sagittal": (-0.12, 0.2)}


@dataclass(frozen=True)
class Tumour:
    """A tumour that takes up the contrast agent."""

    label: str
    centre: Point
    radius: float
    contrast: float
    """Intensity that the agent adds."""
    margin: FloatImage
    """Distance of the margin from the centre at angles from -pi to pi, in radii."""
    core: float
    """Radius of the dead core, in radii; 0 where the tumour is solid."""
    oedema: float
    """Width of the swollen rim around it, in radii."""


@dataclass(frozen=True)
class Patient:
    """A patient's head, its tumour, and how both are scanned: what the slices share."""

    view: View
    level: float
    """Of axial slices: from 0 at the eyes to 1 at the crown."""
    width: float
    """Half the width of the head; in a sagittal view half its length."""
    height: float
    """Half the height of the braincase; in an axial view half the head's length."""
    scalp: float
    """Thickness of the scalp."""
    fat: float
    """Intensity of the scalp."""
    tissue: float
    """Intensity of the brain."""
    ventricles: float
    """Width of the ventricles, 1 being usual."""
    zoom: float
    turn: float
    """Angle in radians."""
    shift: Point
    slope: Point
    """How much brighter the image gets to the right and down."""
    coil: float
    """How much brighter it is far from its centre, near the coils."""
    noise: float
    scale: float
    """What fat measures in the units of the scanner."""
    textures: FloatImage
    """Folds, then mottle, two of each: slices mix the two."""
    tumour: Tumour


def random_patient(
    generator: np.random.Generator,
    label: str,
    size: int,
    views: Collection[View] = VIEWS,
    tumour_size: float = 1.0,
) -> Patient:
    """Return a new patient with a tumour `label`, for slices of `size` pixels a side.

    They are seen in one of `views`, which are as frequent among each other as they usually are; the
    tumour has `tumour_size` times the usual radius.
    """
    shares = np.array(_VIEW_SHARES[label]) * [view in views for view in VIEWS]
    view = VIEWS[generator.choice(len(VIEWS), p=shares / shares.sum())]
    low, high = (0.0, 0.12) if label == "pituitary" else (0.0, 0.95)
    level = generator.uniform(low, high)
    width, height = {
        "axial": (generator.uniform(0.58, 0.68), generator.uniform(0.74, 0.84)),
        "coronal": (generator.uniform(0.58, 0.68), generator.uniform(0.56, 0.66)),
        "sagittal": (generator.uniform(0.72, 0.82), generator.uniform(0.62, 0.70)),
    }[view]
    fold = generator.uniform(10, 13)
    return Patient(
        view=view,
        level=level,
        width=width,
        height=height,
        scalp=generator.uniform(0.035, 0.07),
        fat=generator.uniform(0.55, 0.9),
        tissue=generator.uniform(0.27, 0.36),
        ventricles=generator.uniform(0.6, 1.5),
        zoom=generator.uniform(0.92, 1.18),
        turn=generator.normal(0, 0.07),
        shift=(generator.normal(0, 0.04), generator.normal(0, 0.04)),
        slope=(generator.normal(0, 0.1), generator.normal(0, 0.1)),
        coil=generator.uniform(0, 0.35),
        noise=generator.uniform(0.008, 0.025),
        scale=generator.uniform(600, 3000),
        textures=np.stack(
            [_texture(generator, size, waves) for waves in (fold, fold, 0.6 * fold, 0.6 * fold)]
        ),
        tumour=_random_tumour(generator, label, view, level, (width, height), tumour_size),
    )


def _random_tumour(
    generator: np.random.Generator,
    label: str,
    view: View,
    level: float,
    head: Point,
    size: float,
) -> Tumour:
    shrink = axial_shrink(level) if view == "axial" else 1.0
    # below the braincase lie the face and the neck
    angle = generator.uniform(-np.pi, np.pi) if view == "axial" else generator.uniform(-3.2, 0.06)
    direction = np.array([math.cos(angle), math.sin(angle)]) * head * shrink
    above = np.array([0, 0 if view == "axial" else -0.25])
    if label == "meningioma":
        radius = size * generator.uniform(0.10, 0.22)
        edge = 0.86 - 0.7 * radius / np.hypot(*direction)
        if generator.random() < 0.2:  # along the midline or at the base
            edge *= generator.uniform(0.2, 0.9)
        centre, lobes, core, oedema = above + edge * direction, 0.06, 0.0, 0.0
        contrast = generator.uniform(0.20, 0.42)
    elif label == "glioma":
        radius = size * generator.uniform(0.10, 0.25)
        centre = above + generator.uniform(0.15, 0.62) * direction
        lobes, core = 0.2, generator.choice((0.0, 0.5, 0.7), p=(0.15, 0.35, 0.5))
        oedema = generator.uniform(0.2, 0.8)
        contrast = generator.uniform(0.08, 0.34)
    else:
        radius = size * generator.uniform(0.06, 0.14)
        centre = np.array(_SELLA[view]) + generator.normal(0, 0.02, 2) - [0, 0.4 * radius]
        lobes, core = 0.12, generator.choice((0.0, 0.4), p=(0.85, 0.15))
        oedema, contrast = 0.0, generator.uniform(0.16, 0.38)
    margin = _margin(generator, lobes)
    centre = (float(centre[0]), float(centre[1]))
    return Tumour(label, centre, radius, contrast, margin, core, oedema)


def _margin(generator: np.random.Generator, lobes: float) -> FloatImage:
    angle = np.linspace(-np.pi, np.pi, 181)
    waves = (
        generator.uniform(0, 2 * lobes / count)
        * np.cos(count * angle + generator.uniform(0, 2 * np.pi))
        for count in (1, 2, 3, 4, 5, 7)
    )
    return (1 + sum(waves)).astype(np.float32)


def _texture(generator: np.random.Generator, size: int, waves: float) -> FloatImage:
    """Return noise of mean 0, deviation 1 and about `waves` waves across the image."""
    spectrum = np.fft.rfft2(generator.standard_normal((size, size)))
    across = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]) * size
    spectrum *= np.exp(-(((across - waves) / (0.45 * waves)) ** 2))
    texture = np.fft.irfft2(spectrum, s=(size, size)).astype(np.float32)
    return (texture - texture.mean()) / texture.std()


def axial_shrink(level: float) -> float:
    """Return the size of an axial slice at `level`: towards the crown the head narrows."""
    return math.sqrt(1 - (max(level - 0.4, 0) / 0.72) ** 2)
