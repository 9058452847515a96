"""Drawn photographs of the back of the eye, filed the way RFMiD files real ones.

Lengths are in radii of the camera's round field of view, with `x` to the right and `y` downwards
from its middle, and colours are red, green, blue in [0, 1], unless a docstring says otherwise.

The ranges are chosen by eye. A disease has one to three findings, from hardly seen to striking.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from pydantic import Field
from tqdm import tqdm

from synthmix.seeds import derive_seed
from synthmix.settings import SettingsModel

FloatImage = NDArray[np.float32]
Colour = tuple[float, float, float]

# Folder, folder of the pictures, table; the first of five pictures go to the first part.
_PARTS = (
    ("Training_Set", "Training", "RFMiD_Training_Labels.csv"),
    ("Evaluation_Set", "Validation", "RFMiD_Validation_Labels.csv"),
    ("Test_Set", "Test", "RFMiD_Testing_Labels.csv"),
)
_PART_OF_FIVE = (0, 1, 0, 2, 0)
_DISEASES = (
    *("DR", "ARMD", "MH", "DN", "MYA", "BRVO", "TSLN", "ERM", "LS"),
    *("MS", "CSR", "ODC", "CRVO", "TV", "AH", "ODP", "ODE", "ST"),
    *("AION", "PT", "RT", "RS", "CRS", "EDN", "RPEC", "MHL", "RP"),
    *("CWS", "CB", "ODPM", "PRH", "MNF", "HR", "CRAO", "TD", "CME"),
    *("PTCR", "CF", "VH", "MCA", "VS", "BRAO", "PLQ", "HPED", "CL"),
)
_OVERSAMPLING = 3  # of what is drawn with lines and spots


class Embedded(SettingsModel):
    """How many photographs are drawn in all, and how large they are.

    Three in five go to the training part, one each to the validation and the test part.
    """

    healthy: Annotated[int, Field(ge=5)] = Field(description="Photographs without a disease.")
    diseased: Annotated[int, Field(ge=5)] = Field(description="Photographs with a disease.")
    height: Annotated[int, Field(ge=48, le=2048)] = Field(
        96, description="Height in pixels; the width is 1.33 or 1.5 of that. Real ones: 1424."
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Another seed, other photographs.")


def write(embedded: Embedded, root: Path) -> None:
    """Draw every photograph, and write the tables, into `root`.

    A photograph does not depend on how many others there are, nor does its name.
    """
    counts = (embedded.healthy, embedded.diseased)
    eyes = [(risk, number) for risk, count in enumerate(counts) for number in range(count)]
    rows: list[list[dict[str, int]]] = [[] for _ in _PARTS]
    for risk, number in tqdm(eyes, "draw fundus photographs", disable=None):
        generator = np.random.default_rng(derive_seed("fundus", embedded.seed, risk, number))
        findings = _random_findings(generator) if risk else []
        part = _PART_OF_FIVE[number % 5]
        folder, pictures, _ = _PARTS[part]
        # the classes take turns
        identifier = 2 * _place(number) + risk + 1
        path = root / folder / folder / pictures / f"{identifier}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw(generator, findings, embedded.height)).save(path)
        row = {disease: int(disease in findings) for disease in _DISEASES}
        rows[part].append({"ID": identifier, "Disease_Risk": risk} | row)
    for (folder, _, table), listed in zip(_PARTS, rows, strict=True):
        frame = pd.DataFrame(listed).sort_values("ID")
        frame.to_csv(root / folder / folder / table, index=False, lineterminator="\n")


def _place(number: int) -> int:
    """Return how many pictures of the same class and part come before the picture `number`."""
    fives, rest = divmod(number, len(_PART_OF_FIVE))
    part = _PART_OF_FIVE[rest]
    return fives * _PART_OF_FIVE.count(part) + _PART_OF_FIVE[:rest].count(part)


@dataclass(frozen=True)
class _Eye:
    """A photograph: its frame, and where things lie in it."""

    height: int
    width: int
    radius: float
    """Of the field of view, in heights."""
    disc: NDArray[np.floating]
    """The middle of the optic disc, x and y."""
    disc_radius: float
    macula: NDArray[np.floating]
    side: int
    """Where the disc lies as seen from the macula: 1 to the right, as in a right eye, or -1."""

    def seen(self) -> tuple[FloatImage, FloatImage]:
        """Return x and y at each pixel, (`height`, `width`)."""
        rows = np.arange(self.height, dtype=np.float32) + 0.5 - self.height / 2
        columns = np.arange(self.width, dtype=np.float32) + 0.5 - self.width / 2
        unit = np.float32(self.radius * self.height)
        y, x = np.meshgrid(rows / unit, columns / unit, indexing="ij")
        return x, y

    def away(self, place: NDArray[np.floating]) -> FloatImage:
        """Return the distance of each pixel from `place`."""
        x, y = self.seen()
        return np.hypot(x - np.float32(place[0]), y - np.float32(place[1]))

    def drawn(self, draw: Callable[["_Pen"], None], blur: float) -> FloatImage:
        """Return what `draw` draws, 0 to 1, with edges `blur` wide; (`height`, `width`)."""
        size = (self.width * _OVERSAMPLING, self.height * _OVERSAMPLING)
        image = Image.new("L", size)
        unit = self.radius * self.height * _OVERSAMPLING
        draw(_Pen(ImageDraw.Draw(image), np.array(size) / 2, unit))
        small = image.resize((self.width, self.height), Image.Resampling.BOX)
        soft = small.filter(ImageFilter.GaussianBlur(blur * self.radius * self.height))
        return np.asarray(soft, np.float32) / 255


@dataclass(frozen=True)
class _Pen:
    """Draws lines and spots at places and of sizes in radii of the field of view."""

    pen: ImageDraw.ImageDraw
    middle: NDArray[np.floating]
    unit: float

    def line(self, points: NDArray[np.floating], width: float) -> None:
        """Draw a line through `points` (N, 2)."""
        places = (points * self.unit + self.middle).ravel().tolist()
        self.pen.line(places, fill=255, width=max(1, round(width * self.unit)))

    def spot(
        self, generator: np.random.Generator, place: NDArray[np.floating], radius: float
    ) -> None:
        """Draw a spot with an uneven outline."""
        angles = np.linspace(0, 2 * np.pi, 14, endpoint=False)
        reach = radius * generator.uniform(0.6, 1.25, len(angles))
        outline = place + reach[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        places = (outline * self.unit + self.middle).ravel().tolist()
        self.pen.polygon(places, fill=int(generator.integers(150, 256)))


def draw(generator: np.random.Generator, findings: list[str], height: int) -> NDArray[np.uint8]:
    """Return a photograph with `findings`, names of columns in the tables; (`height`, W, 3)."""
    # what disease changes is drawn apart: all else is as it would be without
    disease = generator.spawn(1)[0]
    eye = _random_eye(generator, height)
    severity = disease.uniform(0.3, 1.0)
    # as in the real data, disease comes with age
    old = bool(generator.random() < (0.75 if findings else 0.3))
    picture = _retina(generator, eye, old)
    vessels = _vessels(generator, eye)
    cup, pallor = generator.uniform(0.25, 0.5), generator.uniform(0.0, 0.25)
    if "ODC" in findings:
        cup = 0.5 + 0.4 * severity
    if "ODP" in findings:
        pallor = 0.25 + 0.7 * severity
    _draw_disc(generator, eye, picture, cup, pallor)
    picture *= 1 - vessels[..., None] * np.array([0.38, 0.62, 0.50], np.float32)
    for finding in findings:
        for lesion in _LESIONS.get(finding, ()):
            lesion(disease, eye, picture, severity)
    if "MH" in findings:
        picture = _hazy(disease, picture, eye, severity)
    return _photographed(generator, eye, picture)


def _random_findings(generator: np.random.Generator) -> list[str]:
    """Return one to three findings, as the tables call them."""
    shares = np.array([5, 3, 3, 3, 2, 2, 2, 2, 1])
    names = ["DR", "DN", "MH", "ODC", "ODP", "HR", "EDN", "CWS", "BRVO"]
    number = generator.choice(3, p=(0.6, 0.3, 0.1)) + 1
    return sorted(generator.choice(names, number, replace=False, p=shares / shares.sum()).tolist())


def _random_eye(generator: np.random.Generator, height: int) -> _Eye:
    """Return a new photograph of one of three cameras, centred on the macula or disc."""
    aspect, radius = ((1.5, 0.49), (1.5, 0.56), (4 / 3, 0.51))[generator.integers(3)]
    side = int(generator.choice((-1, 1)))
    apart = generator.uniform(0.60, 0.70)
    if generator.random() < 0.8:
        macula = np.array([-0.06 * side, 0.03]) + generator.normal(0, 0.05, 2)
    else:
        macula = np.array([-0.6 * side, 0.06]) + generator.normal(0, 0.06, 2)
    return _Eye(
        height=height,
        width=round(aspect * height),
        radius=radius,
        disc=macula + np.array([side * apart, generator.uniform(-0.14, 0.02)]),
        disc_radius=generator.uniform(0.125, 0.16),
        macula=macula,
        side=side,
    )


def _blend(picture: FloatImage, share: FloatImage, colour: Colour) -> None:
    """Cover `picture` with `colour`, as much at each pixel as `share` says, 0 to 1."""
    picture += share[..., None] * (np.array(colour, np.float32) - picture)


def _clouds(generator: np.random.Generator, eye: _Eye, cells: int) -> FloatImage:
    """Return smooth noise of mean 0 and deviation about 1, over some `cells` a side."""
    coarse = generator.standard_normal((cells, cells), dtype=np.float32)
    size = (eye.width, eye.height)
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))


def _retina(generator: np.random.Generator, eye: _Eye, old: bool) -> FloatImage:
    """Return the retina without vessels and disc, pale orange to dark red; the macula is darker.

    The lens of an old eye is yellow, and more of the layer below shines through its retina.
    """
    red = generator.uniform(0.62, 0.92)
    green = red * generator.uniform(0.38, 0.56)
    blue = green * (generator.uniform(0.22, 0.45) if old else generator.uniform(0.3, 0.6))
    lit = 1.05 - generator.uniform(0.15, 0.45) * eye.away(generator.normal(0, 0.25, 2)) ** 2
    mottling = 0.03 * _clouds(generator, eye, 7) + 0.02 * _clouds(generator, eye, 24)
    picture = (lit + mottling)[..., None] * np.array([red, green, blue], np.float32)
    # vessels of the layer below, that shine through
    streaks = np.abs(_clouds(generator, eye, 14)) * generator.uniform(0, 0.18 if old else 0.09)
    picture *= 1 + streaks[..., None] * np.array([0.3, 1.0, 0.8], np.float32)
    dark = np.exp(-((eye.away(eye.macula) / generator.uniform(0.14, 0.24)) ** 2))
    shade = generator.uniform(0.15, 0.40) * dark[..., None]
    picture *= 1 - shade * np.array([0.6, 1.0, 1.0], np.float32)
    if not old and generator.random() < 0.4:  # the reflex of the fovea
        reflex = 0.35 * np.exp(-((eye.away(eye.macula) / 0.025) ** 2))
        _blend(picture, reflex, (1.0, 0.85, 0.6))
    return picture


def _draw_disc(
    generator: np.random.Generator, eye: _Eye, picture: FloatImage, cup: float, pallor: float
) -> None:
    """Draw the optic disc: its rim, and a paler cup of `cup` disc radii; `pallor` is 0 to 1."""
    x, y = eye.seen()
    tall = generator.uniform(1.0, 1.15)
    away = np.hypot(x - np.float32(eye.disc[0]), (y - np.float32(eye.disc[1])) / tall)
    away /= eye.disc_radius
    healthy = np.array([0.98, 0.72, 0.42]) * generator.uniform(0.85, 1.0)
    pale = np.array([0.97, 0.93, 0.78])
    rim = tuple(healthy + pallor * (pale - healthy))
    _blend(picture, 0.88 / (1 + np.exp(np.clip((away - 1) / 0.08, -30, 30))), rim)
    inside = 0.85 / (1 + np.exp(np.clip((away - cup) / 0.09, -30, 30)))
    _blend(picture, inside, (1.0, 0.95, 0.72))


def _vessels(generator: np.random.Generator, eye: _Eye) -> FloatImage:
    """Return the vessels, 0 to 1: arteries and veins in four arcades, and what branches off."""
    lines: list[tuple[NDArray[np.floating], float]] = []
    for vertical in (-1, 1):
        for temporal in (True, False):
            for width in (0.042, 0.030):  # vein and artery
                across = -eye.side if temporal else eye.side
                steep = generator.uniform(1.1, 1.5) if temporal else generator.uniform(0.5, 1.1)
                # arcades bend around the macula, others run outwards
                bend = generator.uniform(-1.4, -0.9) if temporal else generator.normal(0, 0.3)
                _grow(generator, lines, eye.disc, (across, vertical), steep, bend, width)

    def draw_lines(pen: _Pen) -> None:
        for points, width in lines:
            pen.line(points, width)

    # none reach the fovea
    clear = 1 - np.exp(-((eye.away(eye.macula) / 0.2) ** 2))
    return clear * eye.drawn(draw_lines, 0.006) * np.float32(generator.uniform(0.7, 1.0))


def _grow(
    generator: np.random.Generator,
    lines: list[tuple[NDArray[np.floating], float]],
    start: NDArray[np.floating],
    quadrant: tuple[int, int],
    heading: float,
    bend: float,
    width: float,
) -> None:
    """Add a vessel and its branches to `lines`, each as points (N, 2) and a width.

    It runs in the direction `heading` (radians above the horizontal of its `quadrant`), which
    changes by `bend` over a length of 1.
    """
    steps = 5 + int(500 * width)
    turns = np.cumsum(bend * 0.07 + generator.normal(0, 0.07, steps))
    headings = heading + turns
    moves = 0.07 * np.stack([np.cos(headings), np.sin(headings)], axis=1) * quadrant
    points = start + np.concatenate([np.zeros((1, 2)), np.cumsum(moves, axis=0)])
    for first in range(0, steps, 6):  # thinner towards its end
        lines.append((points[first : first + 7], width * (1 - 0.6 * first / steps)))
    for at in range(2, steps, 4):
        branch = width * (1 - 0.5 * at / steps) * generator.uniform(0.4, 0.7)
        if branch < 0.012:
            continue
        turn = generator.uniform(0.4, 0.9) * (1 if generator.random() < 0.5 else -1)
        _grow(
            generator,
            lines,
            points[at],
            quadrant,
            headings[at] + turn,
            generator.normal(-0.5 * turn, 0.4),
            branch,
        )


def _scattered(
    generator: np.random.Generator, number: int, middle: NDArray[np.floating], spread: float
) -> NDArray[np.floating]:
    """Return places (`number`, 2) around `middle`."""
    return middle + generator.normal(0, spread, (number, 2))


def _draw_spots(
    generator: np.random.Generator,
    eye: _Eye,
    picture: FloatImage,
    places: NDArray[np.floating],
    radii: tuple[float, float],
    colour: Colour,
    opacity: float,
    blur: float,
) -> None:
    """Draw a spot of `colour` at each of `places`, of a radius between the two."""

    def draw_spots(pen: _Pen) -> None:
        for place in places:
            pen.spot(generator, place, generator.uniform(*radii))

    _blend(picture, np.float32(opacity) * eye.drawn(draw_spots, blur), colour)


def _drusen(
    generator: np.random.Generator, eye: _Eye, picture: FloatImage, severity: float
) -> None:
    places = _scattered(generator, int(10 + 60 * severity), eye.macula, 0.20)
    opacity = 0.4 + 0.4 * severity
    _draw_spots(generator, eye, picture, places, (0.015, 0.045), (0.95, 0.78, 0.38), opacity, 0.01)


def _haemorrhages(
    generator: np.random.Generator, eye: _Eye, picture: FloatImage, severity: float
) -> None:
    places = _scattered(generator, int(4 + 26 * severity), eye.macula, 0.42)
    opacity = 0.5 + 0.4 * severity
    _draw_spots(generator, eye, picture, places, (0.015, 0.065), (0.33, 0.04, 0.03), opacity, 0.008)


def _exudates(
    generator: np.random.Generator, eye: _Eye, picture: FloatImage, severity: float
) -> None:
    middles = _scattered(generator, generator.integers(1, 4), eye.macula, 0.22)
    number = int(8 + 22 * severity)
    places = np.concatenate([_scattered(generator, number, middle, 0.09) for middle in middles])
    opacity = 0.6 + 0.4 * severity
    _draw_spots(generator, eye, picture, places, (0.010, 0.035), (1.0, 0.92, 0.52), opacity, 0.006)


def _cotton_wool(
    generator: np.random.Generator, eye: _Eye, picture: FloatImage, severity: float
) -> None:
    places = _scattered(generator, int(2 + 6 * severity), eye.disc, 0.38)
    opacity = 0.5 + 0.4 * severity
    _draw_spots(generator, eye, picture, places, (0.04, 0.09), (0.97, 0.90, 0.72), opacity, 0.03)


def _blocked_vein(
    generator: np.random.Generator, eye: _Eye, picture: FloatImage, severity: float
) -> None:
    """Draw flame-shaped haemorrhages along one arcade."""
    outwards = np.array([-eye.side, generator.choice((-1, 1))])
    starts = eye.disc + generator.uniform(0.15, 0.75, (int(20 + 60 * severity), 2)) * outwards

    def draw_flames(pen: _Pen) -> None:
        for start in starts:
            away = (start - eye.disc) * generator.uniform(0.05, 0.2)
            pen.line(np.stack([start, start + away]), generator.uniform(0.01, 0.04))

    share = np.float32(0.45 + 0.4 * severity) * eye.drawn(draw_flames, 0.008)
    _blend(picture, share, (0.36, 0.04, 0.03))


_LESIONS: dict[str, tuple[Callable[..., None], ...]] = {
    "DR": (_haemorrhages, _exudates),
    "DN": (_drusen,),
    "HR": (_haemorrhages,),
    "EDN": (_exudates,),
    "CWS": (_cotton_wool,),
    "BRVO": (_blocked_vein,),
}


def _blurred(picture: FloatImage, radius: float) -> FloatImage:
    """Return `picture` blurred by `radius` pixels."""
    image = Image.fromarray(np.round(255 * np.clip(picture, 0, 1)).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255


def _hazy(
    generator: np.random.Generator, picture: FloatImage, eye: _Eye, severity: float
) -> FloatImage:
    """Return `picture` as seen through a clouded lens."""
    hazy = _blurred(picture, 0.03 * severity * eye.radius * eye.height)
    veil = np.clip(0.6 + 0.25 * _clouds(generator, eye, 4), 0, 1) * np.float32(0.75 * severity)
    _blend(hazy, veil, tuple(generator.uniform((0.55, 0.42, 0.22), (0.75, 0.58, 0.40))))
    return hazy


def _photographed(generator: np.random.Generator, eye: _Eye, picture: FloatImage) -> NDArray:
    """Return the photograph: focus, exposure and grain, black beyond the field of view."""
    focus = generator.uniform(0, 0.012) * eye.radius * eye.height
    picture = _blurred(picture, focus) ** np.float32(generator.uniform(0.75, 1.35))
    picture *= generator.uniform(0.88, 1.08, 3).astype(np.float32)
    grain = generator.standard_normal(picture.shape, dtype=np.float32)
    picture += generator.uniform(0.004, 0.014) * grain
    edge = np.clip((1 - eye.away(np.zeros(2))) * eye.radius * eye.height, 0, 1)
    picture = np.clip(picture, 0, 1) * edge[..., None]
    return np.round(255 * picture).astype(np.uint8)
