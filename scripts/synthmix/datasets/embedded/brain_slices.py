"""Drawn MRI slices of brains with a tumour, filed as in the brain tumor dataset of figshare.

The slices imitate T1-weighted images after contrast agent: bright scalp, dark bone, grey brain
with dark fluid, and a tumour that takes up the agent. A patient has neighbouring slices of one
view. Lengths are in half-widths of the image, `right` and `down` from its centre; intensities
are about 0 (air) to 1 (fat). All ranges are chosen by eye.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from tqdm import tqdm

from synthmix.seeds import derive_seed
from synthmix.settings import PositiveInt, SettingsModel

LABELS = ("meningioma", "glioma", "pituitary")  # in the files: 1, 2, 3
FILES_PER_FOLDER = 766

View = Literal["axial", "coronal", "sagittal"]
FloatImage = NDArray[np.floating]
Point = tuple[float, float]

_VIEWS: tuple[View, ...] = ("axial", "coronal", "sagittal")
_VIEW_SHARES = {
    "meningioma": (0.4, 0.3, 0.3),
    "glioma": (0.4, 0.3, 0.3),
    "pituitary": (0.2, 0.4, 0.4),
}
_SELLA: dict[View, Point] = {"axial": (0, -0.08), "coronal": (0, 0.17), "sagittal": (-0.12, 0.2)}
_FLUID, _BONE, _AIR = 0.13, 0.07, 0.02
_MOST_PATIENTS = 100_000  # of a class: their numbers have six digits
_USER_BLOCK = 512
_BORDER_POINTS = 32


class Embedded(SettingsModel):
    """How many patients are drawn, and how large their slices are."""

    meningioma_patients: Annotated[int, Field(ge=1, le=_MOST_PATIENTS)] = Field(
        description="Patients with a meningioma."
    )
    glioma_patients: Annotated[int, Field(ge=1, le=_MOST_PATIENTS)] = Field(
        description="Patients with a glioma."
    )
    pituitary_patients: Annotated[int, Field(ge=1, le=_MOST_PATIENTS)] = Field(
        description="Patients with a tumour of the pituitary gland."
    )
    slices_per_patient: PositiveInt = Field(3, description="Images of each patient.")
    size: Annotated[int, Field(ge=32, le=1024)] = Field(
        128, description="Width and height of an image in pixels."
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Another seed, other patients.")


@dataclass(frozen=True)
class _Tumour:
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
class _Patient:
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
    tumour: _Tumour


@dataclass(frozen=True)
class _Grid:
    """Where the pixels of a slice lie in the head."""

    right: FloatImage
    down: FloatImage

    def ellipse(
        self, centre: Point, radii: Point, blur: float = 0.03, turn: float = 0.0
    ) -> FloatImage:
        """Return 1 inside an ellipse and 0 outside, with a soft edge `blur` wide."""
        right, down = self.right - centre[0], self.down - centre[1]
        if turn:
            cosine, sine = math.cos(turn), math.sin(turn)
            right, down = cosine * right + sine * down, cosine * down - sine * right
        distance = np.sqrt((right / radii[0]) ** 2 + (down / radii[1]) ** 2)
        return _below(distance, 1, blur / min(radii))

    def twins(
        self, centre: Point, radii: Point, blur: float = 0.03, turn: float = 0.0
    ) -> FloatImage:
        """Return the same for an ellipse right of the midline and its mirror image."""
        return _Grid(np.abs(self.right), self.down).ellipse(centre, radii, blur, turn)


def write(embedded: Embedded, root: Path) -> None:
    """Draw every patient into `root`; a patient's slices do not depend on how many others are."""
    counts = (embedded.meningioma_patients, embedded.glioma_patients, embedded.pituitary_patients)
    patients = [
        (label, number)
        for label, count in zip(LABELS, counts, strict=True)
        for number in range(count)
    ]
    for label, number in tqdm(patients, "draw patients", disable=None):
        _write_patient(embedded, label, number, root)


def _write_patient(embedded: Embedded, label: str, number: int, root: Path) -> None:
    generator = np.random.default_rng(derive_seed("brain slices", embedded.seed, label, number))
    patient = _random_patient(generator, label, embedded.size)
    # interleaved, so that a patient's number is unique and depends on no count
    identity = len(LABELS) * number + LABELS.index(label)
    slices = embedded.slices_per_patient
    for index in range(slices):
        # from -1 to 1 are the slices that the tumour reaches
        place = 0.75 * (2 * (index + 0.5) / slices - 1)
        image, mask, border = _draw(generator, patient, place, embedded.size)
        file = identity * slices + index + 1
        first = file - (file - 1) % FILES_PER_FOLDER
        folder = root / f"brainTumorDataPublic_{first}-{first + FILES_PER_FOLDER - 1}"
        folder.mkdir(exist_ok=True)
        _write_file(folder / f"{file}.mat", label, f"{100_000 + identity}", image, mask, border)


def _write_file(
    path: Path,
    label: str,
    patient: str,
    image: NDArray[np.int16],
    mask: NDArray[np.bool_],
    border: FloatImage,
) -> None:
    """Write a MATLAB 7.3 file, which is HDF5 with the axes in reverse order."""
    import h5py

    contents = {
        "PID": (np.array([[ord(letter)] for letter in patient], np.uint16), "char"),
        "image": (image.T, "int16"),
        "label": (np.array([[LABELS.index(label) + 1]], np.float64), "double"),
        "tumorBorder": (border.reshape(1, -1), "double"),
        "tumorMask": (mask.T.astype(np.uint8), "logical"),
    }
    with h5py.File(path, "w", libver="earliest", userblock_size=_USER_BLOCK) as file:
        group = file.create_group("cjdata")
        group.attrs["MATLAB_class"] = np.bytes_("struct")
        for name, (values, kind) in contents.items():
            # a time in it would make equal files differ
            group.create_dataset(name, data=values, track_times=False)
            group[name].attrs["MATLAB_class"] = np.bytes_(kind)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(116) + bytes(8) + b"\x00\x02IM")


def _random_patient(generator: np.random.Generator, label: str, size: int) -> _Patient:
    view = _VIEWS[generator.choice(len(_VIEWS), p=_VIEW_SHARES[label])]
    low, high = (0.0, 0.12) if label == "pituitary" else (0.0, 0.95)
    level = generator.uniform(low, high)
    width, height = {
        "axial": (generator.uniform(0.58, 0.68), generator.uniform(0.74, 0.84)),
        "coronal": (generator.uniform(0.58, 0.68), generator.uniform(0.56, 0.66)),
        "sagittal": (generator.uniform(0.72, 0.82), generator.uniform(0.62, 0.70)),
    }[view]
    fold = generator.uniform(10, 13)
    return _Patient(
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
        tumour=_random_tumour(generator, label, view, level, (width, height)),
    )


def _random_tumour(
    generator: np.random.Generator, label: str, view: View, level: float, head: Point
) -> _Tumour:
    shrink = _shrink(level) if view == "axial" else 1.0
    # below the braincase lie the face and the neck
    angle = generator.uniform(-np.pi, np.pi) if view == "axial" else generator.uniform(-3.2, 0.06)
    direction = np.array([math.cos(angle), math.sin(angle)]) * head * shrink
    above = np.array([0, 0 if view == "axial" else -0.25])
    if label == "meningioma":
        radius = generator.uniform(0.10, 0.22)
        edge = 0.86 - 0.7 * radius / np.hypot(*direction)
        if generator.random() < 0.2:  # along the midline or at the base
            edge *= generator.uniform(0.2, 0.9)
        centre, lobes, core, oedema = above + edge * direction, 0.06, 0.0, 0.0
        contrast = generator.uniform(0.20, 0.42)
    elif label == "glioma":
        radius = generator.uniform(0.10, 0.25)
        centre = above + generator.uniform(0.15, 0.62) * direction
        lobes, core = 0.2, generator.choice((0.0, 0.5, 0.7), p=(0.15, 0.35, 0.5))
        oedema = generator.uniform(0.2, 0.8)
        contrast = generator.uniform(0.08, 0.34)
    else:
        radius = generator.uniform(0.06, 0.14)
        centre = np.array(_SELLA[view]) + generator.normal(0, 0.02, 2) - [0, 0.4 * radius]
        lobes, core = 0.12, generator.choice((0.0, 0.4), p=(0.85, 0.15))
        oedema, contrast = 0.0, generator.uniform(0.16, 0.38)
    margin = _margin(generator, lobes)
    centre = (float(centre[0]), float(centre[1]))
    return _Tumour(label, centre, radius, contrast, margin, core, oedema)


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


def _below(value: FloatImage, limit: FloatImage | float, blur: FloatImage | float) -> FloatImage:
    """Return 1 below `limit`, 0 above and a slope `blur` wide around it."""
    return np.clip((limit - value) / blur + 0.5, 0, 1)


def _shrink(level: float) -> float:
    """Return the size of an axial slice at `level`: towards the crown the head narrows."""
    return math.sqrt(1 - (max(level - 0.4, 0) / 0.72) ** 2)


def _draw(
    generator: np.random.Generator, patient: _Patient, place: float, size: int
) -> tuple[NDArray[np.int16], NDArray[np.bool_], FloatImage]:
    """Return a slice, the mask of its tumour and the tumour's border as x1, y1, x2, y2, ...

    The slice at `place` 0 goes through the middle of the tumour, those at -1 and 1 touch it.
    """
    cosine, sine = math.cos(patient.turn) / patient.zoom, math.sin(patient.turn) / patient.zoom
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    right, down = axis[None, :] - patient.shift[0], axis[:, None] - patient.shift[1]
    grid = _Grid(cosine * right + sine * down, cosine * down - sine * right)
    mix = 0.7 * place
    folds, mottle = (
        math.cos(mix) * patient.textures[one] + math.sin(mix) * patient.textures[one + 1]
        for one in (0, 2)
    )
    paint = {"axial": _axial, "coronal": _coronal, "sagittal": _sagittal}[patient.view]
    picture, brain = paint(grid, patient, place, folds, mottle)
    mask = _add_tumour(picture, brain, grid, patient, place, mottle)
    border = _border(patient, place) @ np.array([[cosine, sine], [-sine, cosine]])
    border = border * patient.zoom**2 + patient.shift
    return _received(generator, patient, picture, grid), mask, (border + 1) * (size - 1) / 2


def _border(patient: _Patient, place: float) -> FloatImage:
    """Return points (right, down) on the margin of the tumour, in the head."""
    tumour = patient.tumour
    angle = np.linspace(-np.pi, np.pi, _BORDER_POINTS, endpoint=False)
    knots = np.linspace(-np.pi, np.pi, len(tumour.margin))
    radius = _radius(tumour, place) * np.interp(angle, knots, tumour.margin)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None] + tumour.centre


def _radius(tumour: _Tumour, place: float) -> float:
    return tumour.radius * math.sqrt(1 - place**2)


def _cover(picture: FloatImage, where: FloatImage, value: FloatImage | float) -> None:
    """Paint `value` over `picture` as far as `where` (0 to 1) covers it."""
    picture += where * (value - picture)


def _tissue(
    patient: _Patient, depth: FloatImage, folds: FloatImage, mottle: FloatImage
) -> FloatImage:
    """Return brain: furrows filled with fluid near the surface, where `depth` is 1."""
    white = patient.tissue * (1.04 - 0.12 * np.clip(depth, 0, 1) + 0.03 * mottle)
    near = np.clip(1.9 * depth - 0.75, 0, 1)
    furrow = np.exp(-((folds / 0.3) ** 2)) * near
    return white + 0.03 * near * folds + furrow * 0.8 * (_FLUID - white)


def _flesh(patient: _Patient, folds: FloatImage, mottle: FloatImage) -> FloatImage:
    """Return what face and neck are made of: muscle, streaks of fat, bone and air."""
    # nearly the same left and right, as in a head that is seen from the front
    mottle = 0.7 * mottle + (0.0 if patient.view == "sagittal" else 0.5) * mottle[:, ::-1]
    muscle = 0.26 + 0.05 * mottle
    streaks = np.exp(-(((mottle + 0.2 * folds) / 0.22) ** 2))
    air = np.clip(-0.8 * mottle - 0.9, 0, 1)
    return muscle + 0.35 * streaks * (patient.fat - muscle) - 0.9 * air * muscle


def _skull(
    grid: _Grid,
    patient: _Patient,
    centre: Point,
    radii: Point,
    flesh: FloatImage,
    whole: FloatImage,
) -> tuple[FloatImage, FloatImage, FloatImage]:
    """Return a picture of scalp, flesh and bone around the ellipse of a braincase.

    `whole` is 1 inside the skin. Also returns where the brain is and its depth: 0 in the middle
    and 1 at its surface.
    """
    right, down = (grid.right - centre[0]) / radii[0], (grid.down - centre[1]) / radii[1]
    distance = np.sqrt(right**2 + down**2)
    scalp, bone = patient.scalp / radii[1], 0.045 / radii[1]
    picture = np.full_like(flesh, _AIR)
    _cover(picture, whole, flesh)
    dome = np.clip(0.5 - 4 * (down - 0.35), 0, 1)  # the scalp of the braincase alone
    _cover(picture, whole * dome, patient.fat * (0.95 + 0.05 * flesh))
    _cover(picture, _below(distance, 1 - scalp, 0.05), _BONE)
    edge = 1 - scalp - bone
    return picture, _below(distance, edge, 0.05), distance / edge


def _axial(
    grid: _Grid, patient: _Patient, place: float, folds: FloatImage, mottle: FloatImage
) -> tuple[FloatImage, FloatImage]:
    level = patient.level + 0.03 * place
    width, height = patient.width * _shrink(level), patient.height * _shrink(level)
    # the forehead is narrower than the back of the head
    egg = _Grid(grid.right * (1 - 0.08 * grid.down / height), grid.down)
    whole = egg.ellipse((0, 0), (width, height))
    flesh = _flesh(patient, folds, mottle)
    picture, brain, depth = _skull(egg, patient, (0, 0), (width, height), flesh, whole)
    _cover(picture, brain, _tissue(patient, depth, folds, mottle))
    wide = patient.ventricles
    if level < 0.2:
        _paint_base(picture, grid, patient, flesh, (width, height))
        brain = brain * np.clip(0.5 + 8 * (grid.down + 0.3 * height), 0, 1)
    else:
        fissure = np.exp(-((grid.right / 0.014) ** 2)) * brain * np.clip(3 * depth - 1, 0, 1)
        _cover(picture, 0.7 * fissure, _FLUID)
    if 0.2 <= level < 0.7:
        swell = wide * math.sqrt(max(1 - ((level - 0.42) / 0.3) ** 2, 0.05))
        horns = grid.twins((0.08, -0.13), (0.035 * swell, 0.14), turn=-0.35)
        back = grid.twins((0.15, 0.22), (0.04 * swell, 0.16), turn=-0.4)
        _cover(picture, np.maximum(horns, back), _FLUID)
    sinus = grid.ellipse((0, 0.84 * height), (0.035, 0.05))
    _cover(picture, 0.8 * sinus, 0.75)
    return picture, brain


def _paint_base(
    picture: FloatImage, grid: _Grid, patient: _Patient, flesh: FloatImage, head: Point
) -> None:
    """Paint the eyes, the nose and the bones of the skull's base on an axial slice."""
    width, height = head
    front = np.clip(0.5 - 8 * (grid.down + 0.33 * height), 0, 1)
    inside = grid.ellipse((0, 0), (0.93 * width, 0.95 * height))
    _cover(picture, front * inside, 0.8 * flesh)
    socket = grid.twins((0.42 * width, -0.58 * height), (0.15, 0.22), turn=0.25)
    _cover(picture, socket, 0.75 * patient.fat)
    eye = grid.twins((0.45 * width, -0.68 * height), (0.11, 0.12))
    _cover(picture, eye, 0.18)
    nose = grid.ellipse((0, -0.62 * height), (0.07, 0.28))
    _cover(picture, 0.9 * nose, 0.4 * flesh)
    petrous = grid.twins((0.55 * width, 0.1 * height), (0.22, 0.045), turn=0.45)
    _cover(picture, 0.85 * petrous, _BONE)
    stem = grid.ellipse((0, 0.16 * height), (0.13, 0.12))
    _cover(picture, np.clip(grid.ellipse((0, 0.16 * height), (0.18, 0.17)) - stem, 0, 1), _FLUID)
    _cover(picture, stem, 1.05 * patient.tissue)


def _coronal(
    grid: _Grid, patient: _Patient, place: float, folds: FloatImage, mottle: FloatImage
) -> tuple[FloatImage, FloatImage]:
    width, height = patient.width, patient.height
    centre = (0.0, -0.25)
    jaw = width * (0.93 - 0.16 * np.clip(grid.down - 0.1, 0, 1))
    lower = _below(np.abs(grid.right), jaw, 0.04) * (grid.down > centre[1])
    whole = np.maximum(grid.ellipse(centre, (width, height)), lower)
    flesh = _flesh(patient, folds, mottle)
    picture, brain, depth = _skull(grid, patient, centre, (width, height), flesh, whole)
    _cover(picture, brain, _tissue(patient, depth, folds, mottle))
    fissure = np.exp(-((grid.right / 0.014) ** 2)) * (grid.down < -0.4) * brain
    _cover(picture, 0.7 * fissure, _FLUID)
    sylvian = grid.twins((0.62 * width, -0.08), (0.17, 0.02), turn=-0.35)
    _cover(picture, 0.8 * sylvian, _FLUID)
    wide = patient.ventricles * (1 + 0.15 * place)
    horns = grid.twins((0.09, -0.27), (0.045 * wide, 0.11), turn=0.6)
    third = grid.ellipse((0, -0.08), (0.018 * wide, 0.09))
    _cover(picture, np.maximum(horns, third), _FLUID)
    # between the temporal lobes lies the skull's base with its air-filled hollows
    base = grid.ellipse((0, 0.42), (0.3 * width / 0.6, 0.2))
    _cover(picture, base, 0.7 * flesh)
    _cover(picture, grid.ellipse((0, 0.36), (0.11, 0.09)), _AIR)
    carotids = grid.twins((0.12, 0.2), (0.03, 0.035))
    _cover(picture, carotids, 0.55)
    return picture, brain


def _sagittal(
    grid: _Grid, patient: _Patient, place: float, folds: FloatImage, mottle: FloatImage
) -> tuple[FloatImage, FloatImage]:
    width, height = patient.width, patient.height
    centre = (0.0, -0.22)
    face = grid.ellipse((-0.32, 0.45), (0.48, 0.75))
    nose = grid.ellipse((-0.76, 0.36), (0.11, 0.2), turn=0.35)
    neck = _below(np.abs(grid.right - 0.22 - 0.1 * grid.down), 0.4, 0.05) * (grid.down > 0)
    whole = np.max([grid.ellipse(centre, (width, height)), face, nose, neck], axis=0)
    flesh = _flesh(patient, folds, mottle)
    picture, brain, depth = _skull(grid, patient, centre, (width, height), flesh, whole)
    _cover(picture, brain, _tissue(patient, depth, folds, mottle))
    # the base rises towards the forehead; behind it lies the cerebellum
    base = _below(-grid.down, -0.16 - 0.35 * np.clip(grid.right + 0.3, -0.4, 0.4), 0.04)
    base = base * (grid.right < 0.28)
    _cover(picture, base * whole, flesh)
    brain = brain * (1 - base)
    _cover(picture, grid.ellipse((-0.5, 0.38), (0.2, 0.14)), 0.35 * flesh)
    _cover(picture, grid.ellipse((-0.2, 0.3), (0.1, 0.07)), _AIR)
    _cover(picture, grid.ellipse((-0.02, 0.72), (0.05, 0.3), turn=-0.15), _AIR)
    arc = np.hypot((grid.right + 0.02) / 1.35, grid.down + 0.12)
    upper = np.clip(0.5 - 9 * (grid.down + 0.12), 0, 1)
    middle = 0.2 + 0.02 * place
    callosum = np.exp(-(((arc - middle - 0.05) / 0.03) ** 2)) * upper
    ventricle = np.exp(-(((arc - middle + 0.02) / (0.03 * patient.ventricles)) ** 2)) * upper
    _cover(picture, 0.6 * callosum, 1.25 * patient.tissue)
    _cover(picture, 0.9 * ventricle, _FLUID)
    leaf = grid.ellipse((0.42, 0.26), (0.25, 0.17), turn=-0.2)
    gap = grid.ellipse((0.42, 0.26), (0.28, 0.20), turn=-0.2)
    _cover(picture, np.clip(gap - leaf, 0, 1) * brain, _FLUID)
    stripes = 0.035 * np.sin(60 * np.hypot(grid.right - 0.2, grid.down - 0.26))
    _cover(picture, leaf, patient.tissue + stripes)
    stem = grid.ellipse((0.14, 0.4), (0.085, 0.36), turn=-0.25)
    _cover(picture, stem, 1.08 * patient.tissue)
    return picture, np.maximum(brain, np.maximum(leaf, stem))


def _add_tumour(
    picture: FloatImage,
    brain: FloatImage,
    grid: _Grid,
    patient: _Patient,
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
        halo = _below(distance, 1 + tumour.oedema / 2, tumour.oedema) * brain
        _cover(picture, 0.55 * halo, 0.6 * patient.tissue)
    bright = patient.tissue + tumour.contrast
    if tumour.label == "glioma":
        bright = bright * np.clip(1 + 0.25 * mottle, 0.5, 1.4)
        body = _below(distance, 1, 0.3) * brain
    else:
        bright = bright * (1 + 0.03 * mottle)
        body = _below(distance, 1, 0.15) * brain
    _cover(picture, body, bright)
    if tumour.core:
        _cover(
            picture, _below(distance, tumour.core * (1 + 0.12 * mottle), 0.25) * brain, 1.4 * _FLUID
        )
    return (distance < 1) & (brain > 0.5)


def _received(
    generator: np.random.Generator, patient: _Patient, picture: FloatImage, grid: _Grid
) -> NDArray[np.int16]:
    """Return the picture as a scanner gives it: uneven, noisy, in units of its own."""
    uneven = 1 + patient.slope[0] * grid.right + patient.slope[1] * grid.down
    uneven += patient.coil * (grid.right**2 + grid.down**2 - 0.5)
    noise = patient.noise * generator.standard_normal((2, *picture.shape), dtype=np.float32)
    magnitude = np.hypot(picture * uneven + noise[0], noise[1])
    return np.round(np.minimum(patient.scale * magnitude, np.iinfo(np.int16).max)).astype(np.int16)
