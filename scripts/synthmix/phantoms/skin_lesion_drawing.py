"""Drawing of dermatoscopic images: skin, a lesion, and what lies on them.

Lengths are in image heights and colours are RGB in [0, 1] unless a docstring says otherwise. The
ranges are chosen by eye.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import fft

from synthmix.phantoms.skin_patients import Patient
from synthmix.phantoms.textures import FloatImage, soft_step

_SEVERITY = {"benign": (1.4, 4), "malignant": (4, 1.4), "indeterminate": (3, 3)}
_MELANIN = np.array((0.60, 1.02, 1.30), np.float32)  # absorbance
_BLOOD = np.array((0.12, 0.75, 0.50), np.float32)  # absorbance
_VEIL = np.array((0.40, 0.41, 0.53), np.float32)
_STICKERS = ((42, 98, 190), (44, 150, 92), (236, 196, 40), (226, 112, 34), (204, 62, 120))
_FINE = 3  # lines and discs are drawn that many times larger


@dataclass(frozen=True)
class _Lesion:
    """What a lesion looks like; `severity`, 0 to 1, moves the means of all the rest."""

    radius: float
    elongation: float
    irregularity: float
    asymmetry: float
    variegation: float
    blur: float
    """Width of the margin, in radii."""
    pigment: float
    blood: float
    network: float
    """Contrast of the pigment network."""
    veil: float
    """Opacity of blue-grey areas."""


def draw(
    generator: np.random.Generator, patient: Patient, group: str, height: int
) -> NDArray[np.uint8]:
    """Return an image of a lesion of the patient, (height, width, 3)."""
    width = round(patient.aspect * height)
    down, right = np.mgrid[0:height, 0:width].astype(np.float32) / height
    stickers = group == "sonic"
    severity = generator.beta(*_SEVERITY.get(group, _SEVERITY["benign"]))
    lesion = _random_lesion(generator, severity, small=stickers)
    image = _skin(generator, patient, down, right)
    image = _with_lesion(generator, lesion, image, down, right)
    if stickers:
        image = _with_stickers(generator, image)
    image = _with_hairs(generator, patient.hairs, image)
    if not stickers and generator.random() < 0.08:
        image = _with_ruler(generator, image)
    if patient.vignette:
        from_centre = np.hypot(right - right.max() / 2, down - 0.5)
        lit = soft_step(from_centre - generator.uniform(0.68, 0.8), 0.035)
        image *= 0.06 + 0.94 * lit[..., None]
    image += 0.008 * generator.standard_normal((height, width, 1), dtype=np.float32)
    return (255 * np.clip(image, 0, 1) + 0.5).astype(np.uint8)


def _random_lesion(generator: np.random.Generator, severity: float, small: bool) -> _Lesion:
    """Return a new lesion."""

    def around(low: float, high: float, spread: float = 0.18) -> float:
        """Return a value that severity moves from `low` to `high`, scattered around that."""
        share = np.clip(severity + generator.normal(0, spread), 0, 1)
        return float(low + (high - low) * share)

    size = generator.lognormal(0, 0.28) * (0.5 if small else 1)
    return _Lesion(
        radius=float(np.clip(around(0.17, 0.36) * size, 0.07, 0.6)),
        elongation=generator.uniform(1, 1.6),
        irregularity=around(0.1, 1),
        asymmetry=around(0, 0.8),
        variegation=around(0.1, 1),
        blur=generator.uniform(0.05, 0.22),
        pigment=around(0.55, 1.25, 0.3) * generator.uniform(0.6, 1.3),
        blood=generator.gamma(2, 0.12),
        network=generator.uniform(0.05, 0.55),
        veil=max(0.0, around(-0.7, 0.65, 0.25)),
    )


def _skin(
    generator: np.random.Generator, patient: Patient, down: FloatImage, right: FloatImage
) -> FloatImage:
    """Return bare skin under uneven light."""
    shape = down.shape
    angle = generator.uniform(0, 2 * np.pi)
    slope = math.cos(angle) * (down - 0.5) + math.sin(angle) * (right - right.max() / 2)
    light = generator.uniform(0.92, 1.06) * (1 + generator.uniform(0, 0.2) * slope)
    relief = _noise(generator, shape, 0.04, slope=2)
    redness = np.maximum(_noise(generator, shape, 0.2) + 0.4, 0) * patient.mottling
    freckles = np.maximum(_noise(generator, shape, 0.15) - 1.9, 0) * generator.uniform(0, 0.35)
    grey = light * (1 + patient.relief * relief)
    return patient.skin * grey[..., None] * _absorbed(freckles, redness)


def _with_lesion(
    generator: np.random.Generator,
    lesion: _Lesion,
    skin: FloatImage,
    down: FloatImage,
    right: FloatImage,
) -> FloatImage:
    """Return the skin with a lesion on it."""
    shape = down.shape
    y = down - 0.5 - generator.normal(0, 0.05)
    x = right - right.max() / 2 - generator.normal(0, 0.07)
    distance = _distance(generator, lesion, y, x)
    body = soft_step(distance - 1, lesion.blur)
    angle = generator.uniform(0, 2 * np.pi)
    side = np.tanh((math.cos(angle) * y + math.sin(angle) * x) / lesion.radius)
    patches, holes, veils = (
        _noise(generator, shape, lesion.radius * generator.uniform(0.7, 1.6)) for _ in range(3)
    )
    pigment = 0.8 + generator.uniform(0, 0.5) * (1 - np.minimum(distance, 1.5))
    pigment += lesion.asymmetry * 0.5 * side + lesion.variegation * 0.55 * patches
    pigment -= lesion.variegation * 0.8 * np.maximum(holes - 0.8, 0)
    network = np.abs(_noise(generator, shape, generator.uniform(0.03, 0.06), slope=4))
    pigment *= 1 + lesion.network * (0.5 - np.minimum(network, 1.6))
    grains = _noise(generator, shape, 0.035)
    pigment += lesion.variegation * 0.6 * np.maximum(grains - 1.2, 0)
    blood = lesion.blood * (1 + lesion.variegation * np.maximum(holes, -1))
    halo = np.exp(-np.maximum(distance - 0.8, 0) / 0.4) * generator.uniform(0, 0.2)
    pigment = lesion.pigment * body * np.maximum(pigment, 0.05)
    image = skin * _absorbed(pigment, blood * body + halo)
    opacity = min(lesion.veil, 0.85) * body * soft_step(0.6 - (veils + 0.4 * side), 0.4)
    return image + opacity[..., None] * (
        _VEIL * (0.6 + 0.5 * image.mean(axis=2, keepdims=True)) - image
    )


def _distance(
    generator: np.random.Generator, lesion: _Lesion, y: FloatImage, x: FloatImage
) -> FloatImage:
    """Return the distance from the lesion's centre, 1 at its margin."""
    turn = generator.uniform(0, np.pi)
    along = (math.cos(turn) * y + math.sin(turn) * x) / math.sqrt(lesion.elongation)
    across = (math.cos(turn) * x - math.sin(turn) * y) * math.sqrt(lesion.elongation)
    angle = np.arctan2(across, along)
    margin = np.ones_like(angle)
    for lobes in range(2, 7):
        amplitude = lesion.irregularity * generator.uniform(0, 0.5) / lobes
        margin += amplitude * np.cos(lobes * angle + generator.uniform(0, 2 * np.pi))
    distance = np.hypot(along, across) / (lesion.radius * np.maximum(margin, 0.3))
    coarse = _noise(generator, y.shape, 1.2 * lesion.radius)
    fine = _noise(generator, y.shape, 0.3 * lesion.radius)
    bent = (0.04 + 0.14 * lesion.irregularity) * coarse
    return distance + bent + (0.03 + 0.06 * lesion.irregularity) * fine


def _with_stickers(generator: np.random.Generator, image: FloatImage) -> FloatImage:
    """Return the image with one or two large round stickers that reach in from its edges."""
    height, width = image.shape[:2]
    colour = _STICKERS[generator.integers(len(_STICKERS))]
    for corner in generator.permutation(4)[: generator.integers(1, 3)]:
        radius = generator.uniform(0.34, 0.6) * height
        x = (width, 0)[corner % 2] + generator.uniform(-0.08, 0.12) * height * (-1, 1)[corner % 2]
        y = (height, 0)[corner // 2] + generator.uniform(-0.1, 0.5) * height * (-1, 1)[corner // 2]
        sheet, pen = _sheet(image)
        box = [_FINE * value for value in (x - radius, y - radius, x + radius, y + radius)]
        pen.ellipse(box, fill=255)
        cover = _reduced(sheet)[..., None]
        gloss = 1 + 0.05 * _noise(generator, (height, width), 0.7)
        paper = np.array(colour, np.float32) / 255 * gloss[..., None]
        image = image * (1 - cover) + paper * cover
    return image


def _with_hairs(generator: np.random.Generator, count: int, image: FloatImage) -> FloatImage:
    """Return the image with dark hairs across it, most of them lying one way."""
    if not count:
        return image
    height, width = image.shape[:2]
    sheet, pen = _sheet(image)
    lie = generator.uniform(0, np.pi)
    t = np.linspace(-1, 1, 16)
    for _ in range(count):
        angle = lie + generator.normal(0, 0.45)
        length = generator.uniform(0.2, 0.7) * height
        bend = generator.normal(0, 0.12) * length * t**2
        x = generator.uniform(0, width) + length * t * np.cos(angle) - bend * np.sin(angle)
        y = generator.uniform(0, height) + length * t * np.sin(angle) + bend * np.cos(angle)
        thick = max(1, round(_FINE * height * generator.uniform(0.003, 0.009)))
        points = [tuple(point) for point in (_FINE * np.stack((x, y), axis=1)).tolist()]
        pen.line(points, fill=int(generator.integers(120, 230)), width=thick)
    return image * (1 - 0.85 * _reduced(sheet)[..., None])


def _with_ruler(generator: np.random.Generator, image: FloatImage) -> FloatImage:
    """Return the image with the ticks of a scale along its lower edge."""
    height, width = image.shape[:2]
    sheet, pen = _sheet(image)
    step = generator.uniform(0.07, 0.12) * height
    for number in range(int(width / step) + 1):
        x = _FINE * number * step
        long = 0.09 if number % 5 == 0 else 0.05
        pen.line((x, _FINE * height, x, _FINE * height * (1 - long)), fill=220, width=_FINE)
    return image * (1 - 0.8 * _reduced(sheet)[..., None])


def _sheet(image: FloatImage) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return an empty sheet, finer than the image, and a pen for it."""
    sheet = Image.new("L", (_FINE * image.shape[1], _FINE * image.shape[0]))
    return sheet, ImageDraw.Draw(sheet)


def _reduced(sheet: Image.Image) -> FloatImage:
    """Return how much of each pixel of the image a sheet covers, 0 to 1."""
    return np.asarray(sheet.reduce(_FINE), np.float32) / 255


def _absorbed(pigment: FloatImage, blood: FloatImage) -> FloatImage:
    """Return the share of light of each colour that comes back through pigment and blood."""
    return np.exp(np.stack((pigment, blood), axis=-1) @ -np.stack((_MELANIN, _BLOOD)))


def _noise(
    generator: np.random.Generator, shape: tuple[int, int], scale: float, slope: float = 3
) -> FloatImage:
    """Return noise of mean 0 and deviation 1 with little detail below `scale`.

    A larger `slope` leaves less of it.
    """
    waves = fft.fftfreq(shape[0])[:, None] ** 2 + fft.rfftfreq(shape[1])[None, :] ** 2
    share = (1 + (scale * shape[0]) ** 2 * waves.astype(np.float32)) ** np.float32(-slope / 2)
    share[0, 0] = 0
    white = generator.random((*share.shape, 2), dtype=np.float32) - np.float32(0.5)
    noise = fft.irfft2(share * white.view(np.complex64)[..., 0], s=shape)
    return noise / noise.std()
