"""Drawing of mammogram phantoms: a breast's outline, its parenchyma, lesions and the film.

Lengths are in image heights and intensities in [0, 1] (0: black film) unless a docstring says
otherwise. Coordinates are `depth`, the distance from the chest wall, and `level`, the distance
from the upper edge.

The ranges are chosen by eye, for phantoms that look like film mammograms, and for lesions that
can still be found, though not always, in an image of 64 x 64 pixels.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import fft, ndimage, special

from synthmix.phantoms.textures import FloatImage, eight_bit

Side = Literal["LEFT", "RIGHT"]
View = Literal["CC", "MLO"]
Finding = Literal["benign", "malignant"]

SIDES: tuple[Side, ...] = ("LEFT", "RIGHT")
VIEWS: tuple[View, ...] = ("CC", "MLO")

_FAT = 0.25  # intensity of fatty tissue at full thickness
_GLAND = 0.30  # what dense parenchyma adds to it
_MUSCLE = 0.34  # what the pectoral muscle adds
_SKIN_FALL = 0.10  # depth below the skin at which the compressed breast has its full thickness


@dataclass(frozen=True)
class Anatomy:
    """What the views of one patient share."""

    aspect: float
    """Width of the image."""
    depth: float
    """Distance of the nipple from the chest wall."""
    half_height: float
    """Half the height of the breast at the chest wall, in a CC view."""
    roundness: float
    """Exponent of the outline's superellipse."""
    density: float
    """From 0, almost entirely fatty, to 1, extremely dense."""
    texture_exponent: float
    """Beta of the parenchyma's power spectrum 1/f^beta."""
    stretch: float
    """How many times longer texture is towards the nipple than across; 1 is isotropic."""
    muscle: float
    """Width of the pectoral muscle at the upper edge of an MLO view."""


@dataclass(frozen=True)
class Lesion:
    """A finding, seen in both views of one side at the same depth."""

    kind: Literal["mass", "calcifications"]
    radius: float
    contrast: float
    """Intensity that its centre adds."""
    blur: float
    """Width of a mass's margin, in radii."""
    spicules: int
    """Number of spicules of a mass; 0 leaves its margin smooth."""
    depth: float
    """In depths of the nipple."""
    levels: dict[View, float]
    """Level above (negative) or below the nipple in each view, in half-heights."""


def random_anatomy(generator: np.random.Generator, has_lesion: bool) -> Anatomy:
    """Return the anatomy of a new patient; density, a risk factor, is higher with a lesion."""
    density = 0.15 + 0.6 * generator.beta(2, 2) + (0.06 if has_lesion else 0.0)
    return Anatomy(
        aspect=generator.uniform(0.54, 0.66),
        depth=generator.uniform(0.35, 0.45),
        half_height=generator.uniform(0.37, 0.44),
        roundness=generator.uniform(1.9, 2.3),
        density=density,
        texture_exponent=generator.uniform(2.8, 3.2),
        stretch=generator.uniform(1.2, 1.8),
        muscle=generator.uniform(0.16, 0.28),
    )


def random_lesion(generator: np.random.Generator, finding: Finding) -> Lesion:
    """Return a new lesion: calcifications, or a mass, mostly spiculated where malignant."""
    spiculated = generator.random() < (0.75 if finding == "malignant" else 0.15)
    calcified = generator.random() < 0.15
    return Lesion(
        kind="calcifications" if calcified else "mass",
        radius=generator.uniform(0.085, 0.135),
        contrast=generator.uniform(0.18, 0.38),
        blur=generator.uniform(0.12, 0.35),
        spicules=int(generator.integers(8, 20)) if spiculated else 0,
        depth=generator.uniform(0.30, 0.72),
        levels={view: generator.uniform(-0.45, 0.45) for view in VIEWS},
    )


def draw(
    generator: np.random.Generator,
    anatomy: Anatomy,
    side: Side,
    view: View,
    lesion: Lesion | None,
    height: int,
) -> NDArray[np.uint8]:
    """Return one film of a patient as grey levels, `height` x about 0.6 `height` pixels.

    The chest wall is at the left edge in films of the left breast, and at the right edge in
    films of the right. Beyond the breast the film is black but for its marker.
    """
    width = round(anatomy.aspect * height)
    level, depth = np.mgrid[0:height, 0:width].astype(np.float32) / height
    nipple_level = _nipple_level(generator, view)
    outline = _outline(anatomy, view, nipple_level, level[:, 0])
    below_nipple = level - nipple_level
    inside = depth < outline[:, None]
    below_skin = ndimage.distance_transform_edt(inside).astype(np.float32) / height
    tissue = _FAT + _GLAND * _parenchyma(generator, anatomy, depth, below_nipple)
    if lesion is not None:
        tissue += _lesion(generator, anatomy, lesion, view, depth, below_nipple)
    if view == "MLO":
        tissue += _MUSCLE * _muscle(generator, anatomy, depth, level) * (0.7 - tissue)
    film = _exposed(generator, tissue * _thickness(below_skin), inside)
    if side == "RIGHT":
        film = film[:, ::-1]
    return _marked(generator, film, f"{side[0]} {view}", at_right=side == "LEFT")


def _nipple_level(generator: np.random.Generator, view: View) -> float:
    """Return the nipple's level; in an MLO view the breast hangs lower."""
    return generator.uniform(0.48, 0.52) if view == "CC" else generator.uniform(0.56, 0.62)


def _outline(anatomy: Anatomy, view: View, nipple_level: float, level: FloatImage) -> FloatImage:
    """Return the depth of the skin at each of `level`, 0 where there is no breast."""
    above = level < nipple_level
    if view == "CC":
        reach, rest = np.full_like(level, anatomy.half_height), 0.0
    else:
        # Above, the breast runs out of the image into the armpit.
        reach = np.where(above, 1.15 * nipple_level, 0.94 - nipple_level)
        rest = 0.45
    fall = np.minimum(np.abs(level - nipple_level) / reach, 1) ** anatomy.roundness
    bow = (1 - fall) ** (1 / anatomy.roundness)
    bow = np.where(above, rest + (1 - rest) * bow, bow)
    nipple = 0.012 * np.exp(-(((level - nipple_level) / 0.012) ** 2))
    return anatomy.depth * bow + nipple


def _thickness(below_skin: FloatImage) -> FloatImage:
    """Return the share of the full compressed thickness, which rounds off below the skin."""
    missing = 1 - np.minimum(below_skin / _SKIN_FALL, 1)
    thickness = np.sqrt(1 - missing**2)
    skin = np.exp(-(((below_skin - 0.004) / 0.004) ** 2)) * (below_skin > 0)
    return thickness + 0.15 * skin


def _texture(
    generator: np.random.Generator, shape: tuple[int, int], exponent: float, stretch: float
) -> FloatImage:
    """Return Gaussian noise of mean 0, deviation 1 and power spectrum 1/f^exponent.

    Structures are `stretch` times longer along rows, the way ducts run, than along columns.
    """
    noise = generator.standard_normal(shape, dtype=np.float32)
    vertical = fft.fftfreq(shape[0])[:, None]
    horizontal = fft.rfftfreq(shape[1])[None, :] * stretch
    frequency = np.hypot(vertical, horizontal)
    frequency[0, 0] = np.inf
    spectrum = fft.rfft2(noise) * (frequency ** (-exponent / 2)).astype(np.float32)
    texture = fft.irfft2(spectrum, s=shape)
    return texture / texture.std()


def _parenchyma(
    generator: np.random.Generator, anatomy: Anatomy, depth: FloatImage, below_nipple: FloatImage
) -> FloatImage:
    """Return the share of dense tissue along each ray, about 0 to 1; fat has faint structure."""
    coarse, fine = (
        _texture(generator, depth.shape, anatomy.texture_exponent, anatomy.stretch)
        for _ in range(2)
    )
    # Parenchyma lies behind the nipple, and fills more of a denser breast.
    spread = 0.65 + 0.35 * anatomy.density
    across = below_nipple / (spread * anatomy.half_height)
    along = (depth / anatomy.depth - 0.55) / (0.75 * spread)
    likely = np.exp(-(across**2) - along**2)
    amount = 0.8 * coarse + 3.2 * likely + 2.6 * anatomy.density - 3.6
    return _below(0, amount, 0.45) * (0.85 + 0.12 * fine) + 0.06 * fine


def _muscle(
    generator: np.random.Generator, anatomy: Anatomy, depth: FloatImage, level: FloatImage
) -> FloatImage:
    """Return where the pectoral muscle lies, from 0 to 1: a wedge at the upper chest wall."""
    length = generator.uniform(0.42, 0.62)
    position = depth / anatomy.muscle + level / length
    position = position - 0.12 * np.sin(np.pi * np.clip(level / length, 0, 1))
    return _below(position, 1, 0.03)


def _below(value: FloatImage | float, limit: FloatImage | float, blur: float) -> FloatImage:
    """Return a soft step: 1 far below `limit`, 0 far above, 0.5 at it."""
    return special.expit((limit - value) / blur)


def _lesion(
    generator: np.random.Generator,
    anatomy: Anatomy,
    lesion: Lesion,
    view: View,
    depth: FloatImage,
    below_nipple: FloatImage,
) -> FloatImage:
    """Return the intensity that a lesion adds."""
    right = depth - lesion.depth * anatomy.depth
    down = below_nipple - lesion.levels[view] * anatomy.half_height
    radius = np.hypot(right, down)
    if lesion.kind == "calcifications":
        haze = 0.7 * lesion.contrast * np.exp(-((radius / lesion.radius) ** 2))
        return haze + _calcifications(generator, lesion, right, down)
    margin = lesion.radius * _margin(generator, lesion.spicules, np.arctan2(down, right))
    blur = lesion.blur * lesion.radius
    faded = np.exp(-1.5 * np.maximum(radius / lesion.radius - 0.8, 0))  # spicules thin out
    return lesion.contrast * faded * _below(radius, margin, blur)


def _margin(generator: np.random.Generator, spicules: int, angle: FloatImage) -> FloatImage:
    """Return the distance of a mass's margin from its centre at each of `angle`, in radii."""
    knots = np.linspace(-np.pi, np.pi, 361)
    margin = np.ones_like(knots)
    for lobes in (1, 2, 3, 4):
        amplitude = generator.uniform(0, 0.3 / lobes)
        margin += amplitude * np.cos(lobes * knots + generator.uniform(0, 2 * np.pi))
    for _ in range(spicules):
        turned = np.angle(np.exp(1j * (knots - generator.uniform(-np.pi, np.pi))))
        width = generator.uniform(0.03, 0.09)
        margin += generator.uniform(0.1, 1.0) * np.exp(-((turned / width) ** 2))
    return np.interp(angle, knots, margin).astype(np.float32)


def _calcifications(
    generator: np.random.Generator, lesion: Lesion, right: FloatImage, down: FloatImage
) -> FloatImage:
    """Return 5 to 15 bright specks of 1 or 2 pixels (at a height of 320) within the radius."""
    specks = np.zeros_like(right)
    pixel = 1 / right.shape[0]
    for _ in range(generator.integers(5, 16)):
        angle = generator.uniform(0, 2 * np.pi)
        distance = lesion.radius * 0.8 * np.sqrt(generator.random())
        size = max(generator.choice((1, 2)) / 320, pixel)
        near_right = np.abs(right - distance * np.cos(angle)) <= size / 2
        near_down = np.abs(down - distance * np.sin(angle)) <= size / 2
        specks[near_right & near_down] = generator.uniform(0.3, 0.6)
    return specks


def _exposed(
    generator: np.random.Generator, attenuation: FloatImage, inside: NDArray[np.bool_]
) -> FloatImage:
    """Return the film: the contrast curve and grain of an exposure; black beyond the skin."""
    film = np.clip(attenuation, 0, 1) ** generator.uniform(0.92, 1.12)
    film = film * generator.uniform(0.95, 1.05)
    grain = generator.standard_normal(film.shape, dtype=np.float32)
    film = film + generator.uniform(0.015, 0.03) * ndimage.gaussian_filter(grain, 0.6)
    return np.clip(film, 0, 1) * inside


def _marked(
    generator: np.random.Generator, film: FloatImage, text: str, at_right: bool
) -> NDArray[np.uint8]:
    """Return the film in grey levels; two in three bear a lead marker in the dark upper corner."""
    image = Image.fromarray(eight_bit(film))
    if generator.random() < 2 / 3:
        size = image.height * generator.uniform(0.028, 0.036)
        pen = ImageDraw.Draw(image)
        wide = pen.textlength(text, font_size=size)
        left = image.width - 1.2 * wide if at_right else 0.2 * wide
        top = image.height * generator.uniform(0.01, 0.05)
        pen.text((left, top), text, fill=int(generator.integers(150, 256)), font_size=size)
    return np.asarray(image)
