"""Drawn dermatoscopic images, filed the way the ISIC archive files real ones.

`metadata.csv` in the layout of its API, and `images/<isic_id>.jpg`. Malignant lesions tend to be
less symmetric, to have a less regular border, more colours and a larger diameter than benign ones
(the ABCD rule); the ranges overlap. The images of the collection SONIC, all benign, have coloured
stickers on the skin. A patient has 1 to 3 images; some patients have benign and malignant ones.

Lengths are in image heights and colours are RGB in [0, 1] unless a docstring says otherwise. The
ranges are chosen by eye.
"""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pydantic import Field
from tqdm import tqdm

from synthmix.seeds import derive_seed
from synthmix.settings import SettingsModel

METADATA = "metadata.csv"
IMAGES = "images"
STICKERS = "SONIC"

_GROUPS = ("benign", "malignant", "sonic", "indeterminate")
_MOST = 999_999  # images of a group: identifiers have seven digits
_SHARED = 5  # of so many patients with benign lesions, one is also among the malignant
_MOST_IMAGES = 3  # of a patient
_COLLECTIONS = ("HAM10000", "MSK-1", "UDA-1")
_DIAGNOSES = {
    "benign": ("Benign", "Benign melanocytic proliferations", "Nevus"),
    "malignant": ("Malignant", "Malignant melanocytic proliferations (Melanoma)", "Melanoma, NOS"),
    "indeterminate": ("Indeterminate", "Indeterminate melanocytic proliferations", ""),
}
_SITES = ("anterior torso", "posterior torso", "lower extremity", "upper extremity", "head/neck")
_SEVERITY = {"benign": (1.4, 4), "malignant": (4, 1.4), "indeterminate": (3, 3)}
_AGES = {"benign": (46, 15), "malignant": (60, 13), "indeterminate": (54, 14), "sonic": (13, 2)}

# As lit and white-balanced by three kinds of dermatoscope.
_SKINS = np.array([(0.90, 0.62, 0.56), (0.78, 0.67, 0.72), (0.88, 0.74, 0.70)], np.float32)
_MELANIN = np.array((0.60, 1.02, 1.30), np.float32)  # absorbance
_BLOOD = np.array((0.12, 0.75, 0.50), np.float32)  # absorbance
_VEIL = np.array((0.40, 0.41, 0.53), np.float32)
_STICKERS = ((42, 98, 190), (44, 150, 92), (236, 196, 40), (226, 112, 34), (204, 62, 120))
_FINE = 3  # lines and discs are drawn that many times larger
_JPEG_QUALITY = 92

FloatImage = NDArray[np.float32]


class Embedded(SettingsModel):
    """How many images are drawn, and how large."""

    benign: Annotated[int, Field(ge=1, le=_MOST)] = Field(
        description="Images of benign lesions without stickers."
    )
    malignant: Annotated[int, Field(ge=1, le=_MOST)] = Field(
        description="Images of malignant lesions."
    )
    sonic: Annotated[int, Field(ge=0, le=_MOST)] = Field(
        0, description="Images of benign lesions with stickers, of the collection SONIC."
    )
    indeterminate: Annotated[int, Field(ge=0, le=_MOST)] = Field(
        0, description="Images of lesions that are labelled neither benign nor malignant."
    )
    height: Annotated[int, Field(ge=32, le=2048)] = Field(
        128, description="Height of an image in pixels; its width is 1.33 to 1.5 of that."
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Another seed, other patients.")


@dataclass(frozen=True)
class _Patient:
    """What the images of a patient share."""

    identifier: str
    collection: str
    age: int
    sex: str
    skin: FloatImage
    relief: float
    """How strong the texture of the skin is."""
    mottling: float
    """How uneven its redness is."""
    hairs: int
    vignette: bool
    """Whether the dermatoscope leaves the corners dark."""
    aspect: float
    """Width of an image."""


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


def write(embedded: Embedded, root: Path) -> None:
    """Draw every image into `root`; one does not depend on how many others there are."""
    (root / IMAGES).mkdir()
    rows = []
    images = list(_images(embedded))
    for group, number, patient_number in tqdm(images, "draw skin lesions", disable=None):
        patient = _patient(embedded.seed, group, patient_number)
        generator = np.random.default_rng(derive_seed("skin lesion", embedded.seed, group, number))
        picture = _draw(generator, patient, group, embedded.height)
        identifier = _number("ISIC", group, number)
        path = root / IMAGES / f"{identifier}.jpg"
        Image.fromarray(picture).save(path, quality=_JPEG_QUALITY)
        rows.append(_row(generator, identifier, patient, group, number, picture.shape))
    with (root / METADATA).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: row["isic_id"]))


def _images(embedded: Embedded) -> Iterator[tuple[str, int, int]]:
    """Yield the group of each image, its number there and the number of its patient."""
    for group in _GROUPS:
        patient, left = -1, 0
        for number in range(getattr(embedded, group)):
            if not left:
                patient += 1
                seed = derive_seed("skin patient", embedded.seed, group, patient)
                left = int(np.random.default_rng(seed).integers(1, _MOST_IMAGES + 1))
            left -= 1
            yield group, number, patient


def _number(prefix: str, group: str, number: int) -> str:
    # Interleaved, so that it is unique and depends on no count.
    return f"{prefix}_{len(_GROUPS) * number + _GROUPS.index(group) + 1:07d}"


def _patient(seed: int, group: str, number: int) -> _Patient:
    """Return patient `number` of a group."""
    if group == "benign" and number % _SHARED == 0:
        group, number = "malignant", number // _SHARED
    generator = np.random.default_rng(derive_seed("skin", seed, group, number))
    child = group == "sonic"
    # Malignant lesions come from other clinics, with other devices, somewhat more often.
    shares = (0.36, 0.34, 0.30) if group == "malignant" else (0.48, 0.27, 0.25)
    device = 2 if child else int(generator.choice(len(_SKINS), p=shares))
    tone = generator.normal(0, 0.02, 3) + generator.normal(0, 0.05)
    return _Patient(
        identifier=_number("IP", group, number),
        collection=STICKERS if child else _COLLECTIONS[device],
        age=int(5 * np.clip(round(generator.normal(*_AGES[group]) / 5), 1, 17)),
        sex=str(generator.choice(("female", "male"))),
        skin=np.clip(_SKINS[device] + tone, 0.3, 0.96).astype(np.float32),
        relief=generator.uniform(0.010, 0.035),
        mottling=generator.gamma(1.5, 0.04),
        hairs=0 if child or generator.random() < 0.6 else int(generator.integers(2, 26)),
        vignette=device == 1 and bool(generator.random() < 0.35),
        aspect=generator.choice((1.4, 1.5)) if device == 1 else 4 / 3,
    )


def _row(
    generator: np.random.Generator,
    identifier: str,
    patient: _Patient,
    group: str,
    number: int,
    shape: tuple[int, ...],
) -> dict[str, str | int]:
    """Return what `metadata.csv` says of an image of `shape` (height, width, 3)."""
    first, second, third = _DIAGNOSES.get(group, _DIAGNOSES["benign"])
    return {
        "isic_id": identifier,
        "attribution": "drawn, not photographed",
        "collection": patient.collection,
        "copyright_license": "CC-0",
        "age_approx": patient.age,
        "anatom_site_general": str(generator.choice(_SITES)),
        "diagnosis_1": first,
        "diagnosis_2": second,
        "diagnosis_3": third,
        "image_type": "dermoscopic",
        "lesion_id": _number("IL", group, number),
        "patient_id": patient.identifier,
        "pixels_x": shape[1],
        "pixels_y": shape[0],
        "sex": patient.sex,
    }


def _draw(
    generator: np.random.Generator, patient: _Patient, group: str, height: int
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
        lit = _step((generator.uniform(0.68, 0.8) - from_centre) / 0.035)
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
    generator: np.random.Generator, patient: _Patient, down: FloatImage, right: FloatImage
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
    body = _step((1 - distance) / lesion.blur)
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
    opacity = min(lesion.veil, 0.85) * body * _step((veils + 0.4 * side - 0.6) / 0.4)
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


def _step(value: FloatImage) -> FloatImage:
    """Return a soft step from 0 to 1 at the value 0."""
    return 1 / (1 + np.exp(-np.clip(value, -30, 30)))


def _noise(
    generator: np.random.Generator, shape: tuple[int, int], scale: float, slope: float = 3
) -> FloatImage:
    """Return noise of mean 0 and deviation 1 with little detail below `scale`.

    A larger `slope` leaves less of it.
    """
    from scipy import fft  # here: reading a study imports this module

    waves = fft.fftfreq(shape[0])[:, None] ** 2 + fft.rfftfreq(shape[1])[None, :] ** 2
    share = (1 + (scale * shape[0]) ** 2 * waves.astype(np.float32)) ** np.float32(-slope / 2)
    share[0, 0] = 0
    white = generator.random((*share.shape, 2), dtype=np.float32) - np.float32(0.5)
    noise = fft.irfft2(share * white.view(np.complex64)[..., 0], s=shape)
    return noise / noise.std()
