"""Drawing of heads in axial, coronal and sagittal slices, without their tumours.

Lengths and intensities are as in `brain_slice_patients`. A view is drawn from `folds` and
`mottle`, noise of mean 0 and deviation 1, at the `place` of the slice, from -1 to 1; each
returns a picture and where in it the brain is, 0 to 1.
"""

import math
from dataclasses import dataclass

import numpy as np

from synthmix.phantoms.brain_slice_patients import Patient, Point, axial_shrink
from synthmix.phantoms.textures import FloatImage

FLUID, _BONE, _AIR = 0.13, 0.07, 0.02  # intensities


@dataclass(frozen=True)
class Grid:
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
        return ramp_below(distance, 1, blur / min(radii))

    def twins(
        self, centre: Point, radii: Point, blur: float = 0.03, turn: float = 0.0
    ) -> FloatImage:
        """Return the same for an ellipse right of the midline and its mirror image."""
        return Grid(np.abs(self.right), self.down).ellipse(centre, radii, blur, turn)


def ramp_below(
    value: FloatImage, limit: FloatImage | float, blur: FloatImage | float
) -> FloatImage:
    """Return 1 below `limit`, 0 above and a slope `blur` wide around it."""
    return np.clip((limit - value) / blur + 0.5, 0, 1)


def cover(picture: FloatImage, where: FloatImage, value: FloatImage | float) -> None:
    """Paint `value` over `picture` as far as `where` (0 to 1) covers it."""
    picture += where * (value - picture)


def _tissue(
    patient: Patient, depth: FloatImage, folds: FloatImage, mottle: FloatImage
) -> FloatImage:
    """Return brain: furrows filled with fluid near the surface, where `depth` is 1."""
    white = patient.tissue * (1.04 - 0.12 * np.clip(depth, 0, 1) + 0.03 * mottle)
    near = np.clip(1.9 * depth - 0.75, 0, 1)
    furrow = np.exp(-((folds / 0.3) ** 2)) * near
    return white + 0.03 * near * folds + furrow * 0.8 * (FLUID - white)


def _flesh(patient: Patient, folds: FloatImage, mottle: FloatImage) -> FloatImage:
    """Return what face and neck are made of: muscle, streaks of fat, bone and air."""
    # nearly the same left and right, as in a head that is seen from the front
    mottle = 0.7 * mottle + (0.0 if patient.view == "sagittal" else 0.5) * mottle[:, ::-1]
    muscle = 0.26 + 0.05 * mottle
    streaks = np.exp(-(((mottle + 0.2 * folds) / 0.22) ** 2))
    air = np.clip(-0.8 * mottle - 0.9, 0, 1)
    return muscle + 0.35 * streaks * (patient.fat - muscle) - 0.9 * air * muscle


def _skull(
    grid: Grid,
    patient: Patient,
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
    cover(picture, whole, flesh)
    dome = np.clip(0.5 - 4 * (down - 0.35), 0, 1)  # the scalp of the braincase alone
    cover(picture, whole * dome, patient.fat * (0.95 + 0.05 * flesh))
    cover(picture, ramp_below(distance, 1 - scalp, 0.05), _BONE)
    edge = 1 - scalp - bone
    return picture, ramp_below(distance, edge, 0.05), distance / edge


def _axial(
    grid: Grid, patient: Patient, place: float, folds: FloatImage, mottle: FloatImage
) -> tuple[FloatImage, FloatImage]:
    level = patient.level + 0.03 * place
    width, height = patient.width * axial_shrink(level), patient.height * axial_shrink(level)
    # the forehead is narrower than the back of the head
    egg = Grid(grid.right * (1 - 0.08 * grid.down / height), grid.down)
    whole = egg.ellipse((0, 0), (width, height))
    flesh = _flesh(patient, folds, mottle)
    picture, brain, depth = _skull(egg, patient, (0, 0), (width, height), flesh, whole)
    cover(picture, brain, _tissue(patient, depth, folds, mottle))
    wide = patient.ventricles
    if level < 0.2:
        _paint_base(picture, grid, patient, flesh, (width, height))
        brain = brain * np.clip(0.5 + 8 * (grid.down + 0.3 * height), 0, 1)
    else:
        fissure = np.exp(-((grid.right / 0.014) ** 2)) * brain * np.clip(3 * depth - 1, 0, 1)
        cover(picture, 0.7 * fissure, FLUID)
    if 0.2 <= level < 0.7:
        swell = wide * math.sqrt(max(1 - ((level - 0.42) / 0.3) ** 2, 0.05))
        horns = grid.twins((0.08, -0.13), (0.035 * swell, 0.14), turn=-0.35)
        back = grid.twins((0.15, 0.22), (0.04 * swell, 0.16), turn=-0.4)
        cover(picture, np.maximum(horns, back), FLUID)
    sinus = grid.ellipse((0, 0.84 * height), (0.035, 0.05))
    cover(picture, 0.8 * sinus, 0.75)
    return picture, brain


def _paint_base(
    picture: FloatImage, grid: Grid, patient: Patient, flesh: FloatImage, head: Point
) -> None:
    """Paint the eyes, the nose and the bones of the skull's base on an axial slice."""
    width, height = head
    front = np.clip(0.5 - 8 * (grid.down + 0.33 * height), 0, 1)
    inside = grid.ellipse((0, 0), (0.93 * width, 0.95 * height))
    cover(picture, front * inside, 0.8 * flesh)
    socket = grid.twins((0.42 * width, -0.58 * height), (0.15, 0.22), turn=0.25)
    cover(picture, socket, 0.75 * patient.fat)
    eye = grid.twins((0.45 * width, -0.68 * height), (0.11, 0.12))
    cover(picture, eye, 0.18)
    nose = grid.ellipse((0, -0.62 * height), (0.07, 0.28))
    cover(picture, 0.9 * nose, 0.4 * flesh)
    petrous = grid.twins((0.55 * width, 0.1 * height), (0.22, 0.045), turn=0.45)
    cover(picture, 0.85 * petrous, _BONE)
    stem = grid.ellipse((0, 0.16 * height), (0.13, 0.12))
    cover(picture, np.clip(grid.ellipse((0, 0.16 * height), (0.18, 0.17)) - stem, 0, 1), FLUID)
    cover(picture, stem, 1.05 * patient.tissue)


def _coronal(
    grid: Grid, patient: Patient, place: float, folds: FloatImage, mottle: FloatImage
) -> tuple[FloatImage, FloatImage]:
    width, height = patient.width, patient.height
    centre = (0.0, -0.25)
    jaw = width * (0.93 - 0.16 * np.clip(grid.down - 0.1, 0, 1))
    lower = ramp_below(np.abs(grid.right), jaw, 0.04) * (grid.down > centre[1])
    whole = np.maximum(grid.ellipse(centre, (width, height)), lower)
    flesh = _flesh(patient, folds, mottle)
    picture, brain, depth = _skull(grid, patient, centre, (width, height), flesh, whole)
    cover(picture, brain, _tissue(patient, depth, folds, mottle))
    fissure = np.exp(-((grid.right / 0.014) ** 2)) * (grid.down < -0.4) * brain
    cover(picture, 0.7 * fissure, FLUID)
    sylvian = grid.twins((0.62 * width, -0.08), (0.17, 0.02), turn=-0.35)
    cover(picture, 0.8 * sylvian, FLUID)
    wide = patient.ventricles * (1 + 0.15 * place)
    horns = grid.twins((0.09, -0.27), (0.045 * wide, 0.11), turn=0.6)
    third = grid.ellipse((0, -0.08), (0.018 * wide, 0.09))
    cover(picture, np.maximum(horns, third), FLUID)
    # between the temporal lobes lies the skull's base with its air-filled hollows
    base = grid.ellipse((0, 0.42), (0.3 * width / 0.6, 0.2))
    cover(picture, base, 0.7 * flesh)
    cover(picture, grid.ellipse((0, 0.36), (0.11, 0.09)), _AIR)
    carotids = grid.twins((0.12, 0.2), (0.03, 0.035))
    cover(picture, carotids, 0.55)
    return picture, brain


def _sagittal(
    grid: Grid, patient: Patient, place: float, folds: FloatImage, mottle: FloatImage
) -> tuple[FloatImage, FloatImage]:
    width, height = patient.width, patient.height
    centre = (0.0, -0.22)
    face = grid.ellipse((-0.32, 0.45), (0.48, 0.75))
    nose = grid.ellipse((-0.76, 0.36), (0.11, 0.2), turn=0.35)
    neck = ramp_below(np.abs(grid.right - 0.22 - 0.1 * grid.down), 0.4, 0.05) * (grid.down > 0)
    whole = np.max([grid.ellipse(centre, (width, height)), face, nose, neck], axis=0)
    flesh = _flesh(patient, folds, mottle)
    picture, brain, depth = _skull(grid, patient, centre, (width, height), flesh, whole)
    cover(picture, brain, _tissue(patient, depth, folds, mottle))
    # the base rises towards the forehead; behind it lies the cerebellum
    base = ramp_below(-grid.down, -0.16 - 0.35 * np.clip(grid.right + 0.3, -0.4, 0.4), 0.04)
    base = base * (grid.right < 0.28)
    cover(picture, base * whole, flesh)
    brain = brain * (1 - base)
    cover(picture, grid.ellipse((-0.5, 0.38), (0.2, 0.14)), 0.35 * flesh)
    cover(picture, grid.ellipse((-0.2, 0.3), (0.1, 0.07)), _AIR)
    cover(picture, grid.ellipse((-0.02, 0.72), (0.05, 0.3), turn=-0.15), _AIR)
    arc = np.hypot((grid.right + 0.02) / 1.35, grid.down + 0.12)
    upper = np.clip(0.5 - 9 * (grid.down + 0.12), 0, 1)
    middle = 0.2 + 0.02 * place
    callosum = np.exp(-(((arc - middle - 0.05) / 0.03) ** 2)) * upper
    ventricle = np.exp(-(((arc - middle + 0.02) / (0.03 * patient.ventricles)) ** 2)) * upper
    cover(picture, 0.6 * callosum, 1.25 * patient.tissue)
    cover(picture, 0.9 * ventricle, FLUID)
    leaf = grid.ellipse((0.42, 0.26), (0.25, 0.17), turn=-0.2)
    gap = grid.ellipse((0.42, 0.26), (0.28, 0.20), turn=-0.2)
    cover(picture, np.clip(gap - leaf, 0, 1) * brain, FLUID)
    stripes = 0.035 * np.sin(60 * np.hypot(grid.right - 0.2, grid.down - 0.26))
    cover(picture, leaf, patient.tissue + stripes)
    stem = grid.ellipse((0.14, 0.4), (0.085, 0.36), turn=-0.25)
    cover(picture, stem, 1.08 * patient.tissue)
    return picture, np.maximum(brain, np.maximum(leaf, stem))


VIEWS = {"axial": _axial, "coronal": _coronal, "sagittal": _sagittal}
