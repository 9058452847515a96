"""Drawn colour pictures of animals and vehicles, filed the way CIFAR-10 files photographs.

A picture is a scene, and before it the thing that it shows. A thing is a list of pieces, which
are drawn in turn, in coordinates that grow to the right and downwards, from about -1 to 1. View,
place, size, colours, scene and light vary, and most colours and scenes go with several classes.
"""

import colorsys
import struct
from collections.abc import Callable
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

TOP = "cifar-10-batches-py"
SIZE = 32  # of a picture, in pixels
CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
_BATCHES = 5
_FINE = 4 * SIZE  # of the drawing, which is shrunk at the end

Generator = np.random.Generator
FloatImage = NDArray[np.floating]
Point = tuple[float, float]
Colour = tuple[float, float, float]


class Embedded(SettingsModel):
    """How many pictures are drawn, the classes in turn."""

    train_images: Annotated[int, Field(ge=_BATCHES * len(CLASSES))] = Field(
        1500, description=f"Images of the training part, which comes in {_BATCHES} files."
    )
    test_images: Annotated[int, Field(ge=len(CLASSES))] = Field(
        300, description="Images of the test part."
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Another seed, other pictures.")


@dataclass(frozen=True)
class _Piece:
    points: list[Point]
    colour: Colour
    """Red, green and blue, from 0 to 1."""
    width: float | None = None
    """Of a line through the points; None fills the polygon that they are the corners of."""


def write(embedded: Embedded, root: Path) -> None:
    """Draw every picture into `root`; a picture does not depend on how many others are drawn."""
    folder = root / TOP
    folder.mkdir()
    parts = np.array_split(np.arange(embedded.train_images), _BATCHES)
    batches = [
        (f"data_batch_{number}", f"training batch {number} of {_BATCHES}", "train", places)
        for number, places in enumerate(parts, start=1)
    ]
    batches.append(("test_batch", "testing batch 1 of 1", "test", np.arange(embedded.test_images)))
    for file, title, part, places in tqdm(batches, "draw batches", disable=None):
        content = _batch(embedded.seed, part, [int(place) for place in places])
        (folder / file).write_bytes(_pickled({b"batch_label": title.encode(), **content}))
    meta = {
        b"num_cases_per_batch": max(len(part) for part in parts),
        b"label_names": [name.encode() for name in CLASSES],
        b"num_vis": 3 * SIZE**2,
    }
    (folder / "batches.meta").write_bytes(_pickled(meta))


def _batch(seed: int, part: str, places: list[int]) -> dict[bytes, object]:
    """Return the pictures of the part `part` at `places`, as a batch holds them."""
    labels = [place % len(CLASSES) for place in places]
    pictures = [
        draw(
            np.random.default_rng(derive_seed("colour picture", seed, part, CLASSES[label], place)),
            CLASSES[label],
        )
        for place, label in zip(places, labels, strict=True)
    ]
    names = [
        f"{CLASSES[label]}_{part}_{place:06d}.png".encode()
        for place, label in zip(places, labels, strict=True)
    ]
    planes = np.stack(pictures).transpose(0, 3, 1, 2).reshape(len(pictures), -1)
    return {b"labels": labels, b"data": planes, b"filenames": names}


def _pickled(value: object) -> bytes:
    """Return a pickle of `value` in protocol 2, as Python 2 wrote them.

    Not by `pickle`: Python 3 has other opcodes for bytes, and numpy's modules have other names now.
    """
    return b"\x80\x02" + _opcodes(value) + b"."


def _opcodes(value: object) -> bytes:
    """Return the opcodes that put a map, list, array of bytes, text (bytes) or number there."""
    if isinstance(value, dict):
        items = (_opcodes(key) + _opcodes(item) for key, item in value.items())
        return b"}(" + b"".join(items) + b"u"
    if isinstance(value, list):
        return b"](" + b"".join(map(_opcodes, value)) + b"e"
    if isinstance(value, bytes):
        if len(value) < 256:
            return b"U" + struct.pack("<B", len(value)) + value
        return b"T" + struct.pack("<i", len(value)) + value
    if isinstance(value, np.ndarray):
        empty = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR"
        kind = b"cnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNN" + 2 * _opcodes(-1) + b"K\x00tb"
        shape = b"(" + b"".join(_opcodes(side) for side in value.shape) + b"t"
        return empty + b"(K\x01" + shape + kind + b"\x89" + _opcodes(value.tobytes()) + b"tb"
    return b"J" + struct.pack("<i", value)


def draw(generator: Generator, label: str) -> NDArray[np.uint8]:
    """Return a picture of the class `label`, 32 x 32 x 3."""
    kinds, odds = _SCENES[label]
    scene = _SCENERY[generator.choice(kinds, p=odds)](generator)
    pieces = _SHAPES[label](generator)
    if generator.random() < 0.5:
        pieces = _moved(pieces, np.array([[-1.0, 0.0], [0.0, 1.0]]), (0, 0))
    picture = _drawn(scene, _framed(generator, pieces, _TILTS.get(label, 0.08)))
    coarse = picture.reshape(SIZE, 4, SIZE, 4, 3).mean(axis=(1, 3))
    tint = generator.uniform(0.9, 1.1, 3)
    contrast, light = generator.uniform([0.6, -0.12], [1.1, 0.12])
    lit = 0.5 + light + contrast * (coarse * tint - 0.5)
    lit += generator.uniform(0.005, 0.03) * generator.standard_normal(lit.shape)
    return np.rint(255 * np.clip(lit, 0, 1)).astype(np.uint8)


def _framed(generator: Generator, pieces: list[_Piece], tilt: float) -> list[_Piece]:
    """Return `pieces` turned, stretched and placed in the drawing, of which they fill most."""
    angle, scale, stretch = generator.uniform([-tilt, 0.65, 0.85], [tilt, 1.15, 1.15])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    every = np.array([point for piece in pieces for point in piece.points])
    low, high = every.min(axis=0), every.max(axis=0)
    size = scale * _FINE / (high - low).max()
    matrix = size * turn @ np.diag([stretch, 1 / stretch])
    middle = _FINE * generator.uniform(0.42, 0.58, 2) - matrix @ ((low + high) / 2)
    return _moved(pieces, matrix, (middle[0], middle[1]))


def _moved(pieces: list[_Piece], matrix: FloatImage, shift: Point) -> list[_Piece]:
    """Return `pieces` with each point multiplied by `matrix` and then moved by `shift`."""
    wider = float(np.sqrt(abs(np.linalg.det(matrix))))
    return [
        _Piece(
            [(float(x), float(y)) for x, y in np.array(piece.points) @ matrix.T + shift],
            piece.colour,
            None if piece.width is None else piece.width * wider,
        )
        for piece in pieces
    ]


def _drawn(scene: FloatImage, pieces: list[_Piece]) -> FloatImage:
    """Return `scene` with `pieces` before it."""
    image = Image.fromarray(np.rint(255 * np.clip(scene, 0, 1)).astype(np.uint8))
    pencil = ImageDraw.Draw(image)
    for piece in pieces:
        red, green, blue = (round(255 * min(max(value, 0), 1)) for value in piece.colour)
        if piece.width is None:
            pencil.polygon(piece.points, fill=(red, green, blue))
        else:
            width = max(2, round(piece.width))
            pencil.line(piece.points, fill=(red, green, blue), width=width, joint="curve")
    return np.asarray(image) / 255


# Colours

_BLACK: Colour = (0.05, 0.05, 0.05)
_DARK: Colour = (0.22, 0.22, 0.22)
_GLASS: Colour = (0.2, 0.25, 0.3)


def _shaded(colour: Colour, factor: float) -> Colour:
    red, green, blue = colour
    return (red * factor, green * factor, blue * factor)


def _pale(colour: Colour) -> Colour:
    red, green, blue = colour
    return (0.5 * red + 0.45, 0.5 * green + 0.45, 0.5 * blue + 0.45)


def _paint(generator: Generator) -> Colour:
    """Return a colour that things are painted in: any, often white, grey or black."""
    if generator.random() < 0.45:
        grey = float(generator.uniform(0.1, 0.95))
        return (grey, grey, grey)
    hue, saturation, value = generator.uniform([0, 0.5, 0.35], [1, 0.95, 0.9])
    return colorsys.hsv_to_rgb(hue, saturation, value)


def _coat(generator: Generator) -> Colour:
    """Return a colour that animals have: brown to yellow, grey, black or white."""
    hue, saturation, value = generator.uniform([0.04, 0.1, 0.12], [0.12, 0.65, 0.85])
    return colorsys.hsv_to_rgb(hue, saturation, value)


# Scenes


def _clouds(generator: Generator, cells: int) -> FloatImage:
    """Return smooth noise (128, 128, 1) of `cells` patches a side, with deviation near 1."""
    coarse = Image.fromarray(generator.standard_normal((cells, cells)).astype(np.float32))
    return np.asarray(coarse.resize((_FINE, _FINE), Image.Resampling.BICUBIC))[..., None]


def _sky(generator: Generator) -> FloatImage:
    """Return a sky, blue, grey or of evening, lighter towards the horizon."""
    hue, saturation, value = generator.uniform([0.52, 0.02, 0.55], [0.64, 0.6, 0.95])
    if generator.random() < 0.15:
        hue, value = generator.uniform([0.03, 0.3], [0.12, 0.8])
    colour = np.array(colorsys.hsv_to_rgb(hue, saturation, value))
    paler = np.linspace(0, generator.uniform(0, 0.6), _FINE)[:, None, None]
    clouds = generator.uniform(0, 0.12) * _clouds(generator, 5)
    return colour + paler * (1 - colour) * 0.8 + clouds


def _field(generator: Generator) -> FloatImage:
    """Return grass, leaves, sand or earth."""
    hue, saturation, value = generator.uniform([0.08, 0.1, 0.25], [0.32, 0.7, 0.75])
    colour = np.array(colorsys.hsv_to_rgb(hue, saturation, value))
    coarse, fine = generator.uniform([0.02, 0.02], [0.16, 0.14])
    return colour * (1 + coarse * _clouds(generator, 6) + fine * _clouds(generator, 32))


def _meadow(generator: Generator) -> FloatImage:
    """Return a field, and above it the sky or a wood."""
    far = _sky(generator) if generator.random() < 0.5 else 0.6 * _field(generator)
    return _beyond(generator, far, _field(generator))


def _sea(generator: Generator) -> FloatImage:
    """Return water below the sky."""
    hue, saturation, value = generator.uniform([0.48, 0.1, 0.2], [0.64, 0.7, 0.75])
    waves = generator.uniform(0.02, 0.1) * _clouds(generator, 20)
    water = np.array(colorsys.hsv_to_rgb(hue, saturation, value)) + waves
    return _beyond(generator, _sky(generator), water)


def _street(generator: Generator) -> FloatImage:
    """Return a road, with the sky, trees or walls behind it."""
    grey = generator.uniform(0.25, 0.75) + generator.uniform(0.01, 0.08) * _clouds(generator, 24)
    behind = [_sky, _field, _room][generator.integers(3)](generator)
    return _beyond(generator, behind, grey * np.ones(3))


def _room(generator: Generator) -> FloatImage:
    """Return a wall or a cloth of any colour."""
    hue, saturation, value = generator.uniform([0, 0, 0.1], [1, 0.6, 0.9])
    colour = np.array(colorsys.hsv_to_rgb(hue, saturation, value))
    return colour * (1 + generator.uniform(0.02, 0.25) * _clouds(generator, 4))


def _studio(generator: Generator) -> FloatImage:
    """Return white, or nearly so."""
    return generator.uniform(0.85, 1) + 0.02 * _clouds(generator, 4) * np.ones(3)


def _beyond(generator: Generator, far: FloatImage, near: FloatImage) -> FloatImage:
    """Return `far` above a horizon and `near` below."""
    row = int(_FINE * generator.uniform(0.25, 0.7))
    return np.concatenate([far[:row], near[row:]])


_SCENERY: dict[str, Callable[[Generator], FloatImage]] = {
    "sky": _sky,
    "field": _field,
    "meadow": _meadow,
    "sea": _sea,
    "street": _street,
    "room": _room,
    "studio": _studio,
}
_SCENES: dict[str, tuple[tuple[str, ...], tuple[float, ...]]] = {
    "airplane": (("sky", "meadow", "street", "sea", "studio"), (0.6, 0.12, 0.12, 0.06, 0.1)),
    "automobile": (("street", "meadow", "room", "studio"), (0.6, 0.2, 0.08, 0.12)),
    "bird": (("field", "sky", "meadow", "sea", "room"), (0.4, 0.25, 0.15, 0.1, 0.1)),
    "cat": (("room", "field", "street", "studio"), (0.6, 0.2, 0.1, 0.1)),
    "deer": (("field", "meadow", "sky", "studio"), (0.45, 0.43, 0.06, 0.06)),
    "dog": (("room", "field", "meadow", "studio"), (0.45, 0.25, 0.15, 0.15)),
    "frog": (("field", "room", "studio"), (0.6, 0.22, 0.18)),
    "horse": (("meadow", "field", "street", "studio"), (0.55, 0.25, 0.1, 0.1)),
    "ship": (("sea", "sky", "studio"), (0.86, 0.08, 0.06)),
    "truck": (("street", "meadow", "sky", "studio"), (0.6, 0.2, 0.08, 0.12)),
}
_TILTS = {"airplane": 0.6, "bird": 0.35, "frog": 0.3, "cat": 0.2, "dog": 0.2}  # radians


# Things


def _ellipse(
    middle: Point, radii: Point, colour: Colour, begin: float = 0.0, end: float = 1.0
) -> _Piece:
    """Return the part of an ellipse between two angles, in turns from the right downwards."""
    angles = 2 * np.pi * np.linspace(begin, end, 24)
    points = [
        (float(middle[0] + radii[0] * np.cos(angle)), float(middle[1] + radii[1] * np.sin(angle)))
        for angle in angles
    ]
    return _Piece(points, colour)


def _box(left: float, top: float, right: float, bottom: float, colour: Colour) -> _Piece:
    return _Piece([(left, top), (right, top), (right, bottom), (left, bottom)], colour)


def _wheels(generator: Generator, places: list[float], level: float, radius: float) -> list[_Piece]:
    dark, light = generator.uniform([0.03, 0.3], [0.15, 0.8])
    return [
        wheel
        for x in places
        for wheel in (
            _ellipse((x, level), (radius, radius), (dark, dark, dark)),
            _ellipse((x, level), (0.5 * radius, 0.5 * radius), (light, light, light)),
        )
    ]


def _airplane(generator: Generator) -> list[_Piece]:
    body = _paint(generator)
    wing = _shaded(body, generator.uniform(0.6, 1.1))
    thick, sweep, span, tail = generator.uniform([0.08, 0.1, 0.5, 0.2], [0.16, 0.6, 1.0, 0.4])
    hull = [
        (-1, 0),
        (-0.85, -thick),
        (0.6, -thick),
        (1, -0.5 * thick),
        (0.6, thick),
        (-0.85, thick),
    ]
    if generator.random() < 0.4:  # from below
        wings = [(-0.25, 0), (sweep, -span), (sweep + 0.2, -span), (0.2, 0)]
        wings += [(sweep + 0.2, span), (sweep, span)]
        rear = [(0.7, 0), (0.95, -tail), (1.05, -tail), (0.95, 0), (1.05, tail), (0.95, tail)]
        return [_Piece(wings, wing), _Piece(rear, wing), _Piece(hull, body)]
    fin = [(0.6, -0.5 * thick), (0.85, -thick - tail), (1.02, -thick - tail), (0.98, 0)]
    near = [(-0.2, 0.3 * thick), (0.3 * sweep + 0.3, 0.6 * span), (0.45 + 0.3 * sweep, 0.6 * span)]
    near.append((0.25, 0.3 * thick))
    far = [(x + 0.05, -0.6 * y) for x, y in near]
    stripe = _Piece([(-0.8, -0.3 * thick), (0.6, -0.3 * thick)], _paint(generator), 0.05)
    engine = _ellipse((0.0, 0.35 * span), (0.14, 0.07), _shaded(body, 0.6))
    return [
        *(_Piece(far, _shaded(wing, 0.8)), _Piece(fin, _paint(generator)), _Piece(hull, body)),
        *(stripe, _Piece(near, wing), engine),
    ]


def _automobile(generator: Generator) -> list[_Piece]:
    paint = _paint(generator)
    roof, front, rear = generator.uniform([0.3, -0.62, 0.45], [0.5, -0.35, 0.85])
    if generator.random() < 0.4:  # from the front
        lamps = [_ellipse((side * 0.6, 0.08), (0.14, 0.1), (0.95, 0.93, 0.8)) for side in (-1, 1)]
        return [
            *(_box(side * 0.72 - 0.14, 0.2, side * 0.72 + 0.14, 0.6, _BLACK) for side in (-1, 1)),
            _Piece([(-0.55, -roof - 0.15), (0.55, -roof - 0.15), (0.8, -0.1), (-0.8, -0.1)], paint),
            _Piece([(-0.48, -roof), (0.48, -roof), (0.66, -0.14), (-0.66, -0.14)], _GLASS),
            _box(-0.88, -0.12, 0.88, 0.42, _shaded(paint, 0.9)),
            _box(-0.4, 0.02, 0.4, 0.2, _BLACK),
            *lamps,
        ]
    cabin = [(front, -0.1), (front + 0.28, -roof), (rear - 0.25, -roof), (rear, -0.1)]
    inner = [(front + 0.12, -0.1), (front + 0.31, 0.06 - roof), (rear - 0.28, 0.06 - roof)]
    inner.append((rear - 0.12, -0.1))
    body = [(-1, 0.05), (-0.9, -0.08), (front, -0.13), (rear, -0.13), (0.95, -0.08), (1, 0.25)]
    body.append((-1, 0.27))
    middle = (front + rear) / 2
    return [
        *(_Piece(cabin, _shaded(paint, 0.9)), _Piece(inner, _GLASS)),
        *(_Piece([(middle, -roof), (middle, 0)], paint, 0.07), _Piece(body, paint)),
        _Piece([(-1, 0.24), (1, 0.22)], _shaded(paint, 0.5), 0.06),
        *_wheels(generator, [-0.6, 0.6], 0.26, generator.uniform(0.17, 0.23)),
    ]


def _truck(generator: Generator) -> list[_Piece]:
    paint, load = _paint(generator), _paint(generator)
    high, cab, split = generator.uniform([0.45, 0.35, -0.5], [0.8, 0.65, -0.2])
    if generator.random() < 0.35:  # from the front
        return [
            *(_box(side * 0.5 - 0.12, 0.4, side * 0.5 + 0.12, 0.85, _BLACK) for side in (-1, 1)),
            _box(-0.6, -0.9, 0.6, 0.5, load),
            _box(-0.58, -0.5 - 0.3 * cab, 0.58, 0.62, paint),
            _box(-0.48, -0.5, 0.48, -0.1, _GLASS),
            _box(-0.35, 0.1, 0.35, 0.4, _shaded(paint, 0.4)),
            *(_ellipse((side * 0.46, 0.45), (0.08, 0.07), (0.95, 0.9, 0.7)) for side in (-1, 1)),
        ]
    front = [(-1, 0.35), (-0.98, -0.05), (-0.85, -cab), (split - 0.04, -cab), (split - 0.04, 0.35)]
    window = [
        (-0.92, -0.08),
        (-0.82, 0.07 - cab),
        (split - 0.15, 0.07 - cab),
        (split - 0.15, -0.08),
    ]
    cargo = _box(split, -high, 1, 0.25, load)
    if generator.random() < 0.25:  # a tipper
        cargo = _Piece([(split, -0.35), (1.05, -0.45), (0.9, 0.22), (split + 0.1, 0.22)], load)
    places = [-0.72, 0.45, 0.8] if generator.random() < 0.6 else [-0.7, 0.65]
    return [
        *(_box(-0.9, 0.2, 1, 0.36, _BLACK), cargo),
        *(_Piece(front, paint), _Piece(window, _GLASS)),
        *_wheels(generator, places, 0.38, generator.uniform(0.13, 0.18)),
    ]


def _ship(generator: Generator) -> list[_Piece]:
    hull, upper = _paint(generator), _paint(generator)
    depth, bow, stern, deck = generator.uniform([0.2, 0.1, 0.0, 0.15], [0.4, 0.35, 0.15, 0.4])
    sides = [(-1, -0.05), (1, 0.02), (1 - stern, depth), (bow - 1, depth)]
    line = [(-1 + 0.6 * bow, 0.7 * depth), (1 - 0.6 * stern, 0.75 * depth)]
    pieces = [_Piece(sides, hull), _Piece(line, _shaded(hull, 0.5), 0.06)]
    mast = float(generator.uniform(-0.3, 0.3))
    if generator.random() < 0.3:
        height = generator.uniform(0.9, 1.5)
        sail = [(mast + 0.04, -height), (mast + 0.75, -0.12), (mast + 0.04, -0.12)]
        jib = [(mast - 0.04, -0.9 * height), (mast - 0.6, -0.1), (mast - 0.04, -0.12)]
        cloth = _paint(generator) if generator.random() < 0.4 else (0.95, 0.93, 0.88)
        pole = _Piece([(mast, 0), (mast, -height)], (0.2, 0.15, 0.1), 0.05)
        return [*pieces, pole, _Piece(sail, cloth), _Piece(jib, _shaded(cloth, 0.85))]
    left, right = sorted(generator.uniform(-0.6, 0.8, 2))
    house = _box(left, -deck, right + 0.25, 0.0, upper)
    bridge = _box(left + 0.1, -1.6 * deck, left + 0.35, -deck, _shaded(upper, 0.9))
    windows = _Piece([(left + 0.05, -0.6 * deck), (right + 0.2, -0.6 * deck)], _DARK, 0.05)
    pole = _Piece([(mast, 0), (mast, -deck - 0.5)], _DARK, 0.04)
    funnel = _box(right, -deck - 0.25, right + 0.14, -deck, _paint(generator))
    return [pole, *pieces, house, bridge, windows, funnel]


@dataclass(frozen=True)
class _Build:
    """What a four-legged animal looks like from the side, in half-lengths of its body."""

    legs: float
    """Their length."""
    thick: float
    """Of a leg."""
    girth: float
    """Half of the body's height."""
    neck: Point
    """Which way, and how far, the head is from the shoulder."""
    head: Point
    """Half of its length and of its height."""

    @property
    def head_at(self) -> Point:
        """The middle of the head, in the coordinates of the pieces."""
        return (self.neck[0] - 0.62, self.neck[1] - 0.3 * self.girth)


def _quadruped(generator: Generator, build: _Build, coat: Colour) -> list[_Piece]:
    """Return legs, body, neck and head, which looks to the left."""
    dark = _shaded(coat, generator.uniform(0.6, 0.9))
    pieces = []
    for x, near in ((-0.45, False), (0.6, False), (-0.58, True), (0.48, True)):
        step = float(generator.uniform(-0.16, 0.16))
        knee = (x + 0.6 * step, build.girth + 0.45 * build.legs)
        leg = [(x, 0.2 * build.girth), knee, (x + step, build.girth + build.legs)]
        pieces.append(_Piece(leg, coat if near else dark, build.thick))
    head = build.head_at
    base = (-0.5, -0.1 * build.girth)
    pieces.append(_Piece([base, head], coat, 1.1 * build.girth))
    pieces.append(_ellipse((0, 0), (0.75, build.girth), coat))
    pieces.append(_ellipse((0.45, -0.05), (0.33, 1.05 * build.girth), coat))
    slope = 0.4 * build.head[1]
    muzzle = (head[0] - build.head[0], head[1] + slope)
    pieces.append(_Piece([head, muzzle], dark if generator.random() < 0.3 else coat, build.head[1]))
    pieces.append(_ellipse(head, (0.7 * build.head[0], build.head[1]), coat))
    eye = (head[0] - 0.2 * build.head[0], head[1] - 0.2 * build.head[1])
    pieces.append(_ellipse(eye, (0.04, 0.04), _BLACK))
    return pieces


def _deer(generator: Generator) -> list[_Piece]:
    hue, saturation, value = generator.uniform([0.05, 0.25, 0.3], [0.1, 0.65, 0.75])
    coat = colorsys.hsv_to_rgb(hue, saturation, value)
    legs, high, back = generator.uniform([0.7, -0.95, -0.35], [1.0, -0.6, -0.15])
    build = _Build(legs, 0.09, 0.28, (back, high), (0.26, 0.13))
    pieces = _quadruped(generator, build, coat)
    x, y = build.head_at
    pieces.append(_Piece([(x + 0.1, y), (x + 0.32, y - 0.16), (x + 0.14, y - 0.12)], coat))
    pieces.append(_ellipse((0.76, -0.05), (0.08, 0.13), (0.9, 0.88, 0.8)))
    if generator.random() < 0.65:
        horn, size = _shaded(coat, 0.55), generator.uniform(0.35, 0.7)
        for side in (-0.5, 0.6):
            beam = [(x + 0.05, y - 0.1), (x + side * size, y - 0.5 * size)]
            beam.append((x + 0.8 * side * size, y - size))
            pieces.append(_Piece(beam, horn, 0.05))
            tine = [(x + side * size, y - 0.5 * size), (x + 1.5 * side * size, y - 0.75 * size)]
            pieces.append(_Piece(tine, horn, 0.05))
    if generator.random() < 0.4:
        for spot in generator.uniform([-0.5, -0.2], [0.6, 0.05], (7, 2)):
            pieces.append(_ellipse((spot[0], spot[1]), (0.04, 0.04), (0.9, 0.85, 0.75)))
    return pieces


def _horse(generator: Generator) -> list[_Piece]:
    coat = _coat(generator)
    legs, high, back = generator.uniform([0.65, -0.7, -0.5], [0.9, -0.35, -0.25])
    build = _Build(legs, 0.13, 0.36, (back, high), (0.38, 0.15))
    pieces = _quadruped(generator, build, coat)
    x, y = build.head_at
    mane = _shaded(coat, generator.choice([0.35, 0.6, 1.5]))
    pieces.append(_Piece([(x + 0.05, y - 0.2), (x + 0.25, y - 0.05), (-0.3, -0.35)], mane, 0.12))
    pieces.append(_Piece([(x, y - 0.05), (x + 0.05, y - 0.25), (x + 0.12, y - 0.05)], coat))
    swing, fall = generator.uniform([0.85, 0.4], [1.15, 0.8])
    pieces.append(_Piece([(0.7, -0.2), (swing, 0.0), (swing, fall)], mane, 0.14))
    if generator.random() < 0.25:  # a rider
        cloth = _paint(generator)
        pieces.append(_Piece([(0, -0.25), (-0.05, -0.85)], cloth, 0.28))
        pieces.append(_Piece([(0, -0.3), (-0.15, 0.25)], _shaded(cloth, 0.5), 0.16))
        pieces.append(_ellipse((-0.06, -1.05), (0.13, 0.15), (0.75, 0.55, 0.45)))
    return pieces


def _dog(generator: Generator) -> list[_Piece]:
    coat = _coat(generator)
    ear = _shaded(coat, generator.uniform(0.4, 0.85))
    if generator.random() < 0.45:
        return _dog_face(generator, coat, ear)
    legs, thick, girth, high = generator.uniform([0.4, 0.12, 0.25, -0.5], [0.65, 0.2, 0.38, -0.25])
    build = _Build(legs, thick, girth, (-0.3, high), (0.36, 0.2))
    pieces = _quadruped(generator, build, coat)
    x, y = build.head_at
    pieces.append(_ellipse((x + 0.12, y + 0.12), (0.1, 0.24), ear))
    pieces.append(_ellipse((x - 0.48, y + 0.03), (0.07, 0.06), _BLACK))
    up = float(generator.uniform(-0.7, -0.1))
    pieces.append(_Piece([(0.65, -0.1), (0.95, up)], coat, 0.12))
    if generator.random() < 0.4:
        pieces.append(_ellipse((generator.uniform(-0.3, 0.4), 0), (0.25, 0.2), _coat(generator)))
    return pieces


def _dog_face(generator: Generator, coat: Colour, ear: Colour) -> list[_Piece]:
    long, wide = generator.uniform([0.35, 0.3], [0.6, 0.45])
    muzzle = _pale(coat) if generator.random() < 0.6 else coat
    chest = _ellipse((0, 1.0), (generator.uniform(0.5, 0.8), 0.6), _shaded(coat, 0.85))
    pieces = [chest, _ellipse((0, 0), (0.58, 0.66), coat)]
    for side in (-1, 1):
        pieces.append(_ellipse((side * 0.6, 0.1), (0.19, long), ear))
        pieces.append(_ellipse((side * 0.24, -0.12), (0.08, 0.08), _BLACK))
    pieces.append(_ellipse((0, 0.32), (wide, 0.36), muzzle))
    pieces.append(_ellipse((0, 0.15), (0.16, 0.11), _BLACK))
    if generator.random() < 0.4:
        pieces.append(_ellipse((0, 0.62), (0.1, 0.17), (0.85, 0.4, 0.45)))
    return pieces


def _cat(generator: Generator) -> list[_Piece]:
    coat = _coat(generator)
    close = generator.random() < 0.5
    pieces = _cat_face(generator, coat)
    if close:
        chest = _ellipse((0, 1.0), (generator.uniform(0.5, 0.85), 0.6), _shaded(coat, 0.9))
        return [chest, *pieces]
    middle, wide = generator.uniform([0.1, 0.5], [0.55, 0.75])
    tail = [(middle + wide, 1.6), (middle + wide + 0.4, 1.2), (middle + wide + 0.35, 0.7)]
    body = [
        _Piece(tail, _shaded(coat, 0.8), 0.18),
        _ellipse((middle, 1.15), (wide, 0.75), _shaded(coat, 0.92)),
    ]
    for x in (middle - 0.3, middle + 0.1):
        body.append(_Piece([(x, 1.2), (x, 1.9)], coat, 0.24))
    if generator.random() < 0.6:
        stripe = _shaded(coat, 0.55)
        for x in np.linspace(middle, middle + 0.8 * wide, 4):
            body.append(_Piece([(x, 0.7), (x + 0.08, 1.2)], stripe, 0.07))
    return body + pieces


def _cat_face(generator: Generator, coat: Colour) -> list[_Piece]:
    wide, tip = generator.uniform([0.58, 0.8], [0.7, 1.05])
    pieces = []
    for side in (-1, 1):
        ear = [(side * 0.1, -0.42), (side * 0.5, -tip), (side * wide, -0.1)]
        inner = [(side * 0.25, -0.45), (side * 0.47, -tip + 0.18), (side * 0.52, -0.3)]
        pieces += [_Piece(ear, coat), _Piece(inner, (0.8, 0.55, 0.5))]
    pieces.append(_ellipse((0, 0), (wide, 0.55), coat))
    if generator.random() < 0.6:
        for x in (-0.15, 0, 0.15):
            pieces.append(_Piece([(x, -0.5), (0.8 * x, -0.25)], _shaded(coat, 0.5), 0.06))
    hue = generator.uniform(0.12, 0.5)
    for side in (-1, 1):
        pieces.append(
            _ellipse((side * 0.26, -0.05), (0.13, 0.11), colorsys.hsv_to_rgb(hue, 0.6, 0.8))
        )
        pieces.append(_ellipse((side * 0.26, -0.05), (0.04, 0.1), _BLACK))
        for y in (0.2, 0.32):
            pieces.append(_Piece([(side * 0.15, 0.22), (side * 0.75, y)], (0.9, 0.9, 0.9), 0.02))
    pieces.append(_ellipse((0, 0.3), (0.24, 0.17), _pale(coat)))
    pieces.append(_Piece([(-0.08, 0.16), (0.08, 0.16), (0, 0.26)], (0.8, 0.45, 0.45)))
    return pieces


def _frog(generator: Generator) -> list[_Piece]:
    hue, saturation, value = generator.uniform([0.07, 0.3, 0.25], [0.36, 0.85, 0.75])
    skin = colorsys.hsv_to_rgb(hue, saturation, value)
    dark, pale = _shaded(skin, 0.6), _shaded(skin, 1.4)
    high, lean = generator.uniform([0.4, -0.2], [0.6, 0.1])
    pieces = [
        _ellipse((0.5, 0.25), (0.42, 0.3), dark),  # the thigh
        _Piece([(0.75, 0.35), (0.15, 0.52), (0.7, 0.6), (0.95, 0.6)], dark, 0.13),
        _ellipse((0.1, 0.1 + lean / 2), (0.72, high), skin),
        _ellipse((-0.55, lean), (0.42, 0.33), skin),
        _ellipse((-0.3, 0.32 + lean / 2), (0.5, 0.18), pale),
        _Piece([(-0.3, 0.25), (-0.42, 0.6), (-0.6, 0.62)], skin, 0.14),
        _Piece([(-0.95, lean + 0.1), (-0.35, lean + 0.14)], _shaded(skin, 0.45), 0.05),
    ]
    for x in (-0.7, -0.38):
        pieces.append(_ellipse((x, lean - 0.3), (0.16, 0.16), skin))
        pieces.append(_ellipse((x, lean - 0.32), (0.1, 0.1), (0.8, 0.65, 0.2)))
        pieces.append(_ellipse((x, lean - 0.32), (0.06, 0.07), _BLACK))
    for _ in range(generator.integers(0, 14)):
        x, y, radius = generator.uniform([-0.3, -0.25, 0.04], [0.7, 0.2, 0.11])
        pieces.append(_ellipse((x, y), (radius, 0.8 * radius), dark))
    return pieces


def _bird(generator: Generator) -> list[_Piece]:
    colours = [
        _coat(generator) if generator.random() < 0.6 else _paint(generator) for _ in range(3)
    ]
    plume, breast, wing = colours
    legs, neck, tail, slim = generator.uniform([0.15, 0.0, 0.4, 0.3], [0.45, 0.25, 0.8, 0.45])
    if generator.random() < 0.15:  # with long legs and a long neck
        legs, neck = generator.uniform([0.7, 0.5], [1.1, 0.9])
    head = (-0.5 - 0.2 * neck, -0.4 - neck)
    beak = generator.uniform(0.15, 0.4)
    pieces = [
        _Piece([(x, 0.2), (x - 0.04, slim + legs)], (0.3, 0.2, 0.1), 0.05) for x in (-0.1, 0.12)
    ]
    pieces += [
        _Piece([(0.4, -0.05), (0.6 + tail, 0.15), (0.55 + tail, 0.32), (0.3, 0.2)], wing),
        _Piece([(-0.3, 0), head], plume, 0.24),
        _ellipse((0, 0), (0.6, slim), plume),
        _ellipse((-0.25, 0.1), (0.35, 0.75 * slim), breast),
        _ellipse((0.15, -0.04), (0.42, 0.5 * slim), wing),
        _ellipse(head, (0.25, 0.23), plume),
    ]
    colour = [(0.9, 0.6, 0.15), (0.15, 0.13, 0.12), (0.6, 0.5, 0.4)][generator.integers(3)]
    tip = (head[0] - 0.2 - beak, head[1] + 0.06)
    pieces.append(
        _Piece([(head[0] - 0.2, head[1] - 0.09), tip, (head[0] - 0.2, head[1] + 0.1)], colour)
    )
    pieces.append(_ellipse((head[0] - 0.07, head[1] - 0.05), (0.05, 0.05), _BLACK))
    if generator.random() < 0.4:
        level = slim + legs
        branch = [(-1.3, level + generator.uniform(-0.2, 0.3)), (0, level), (1.3, level + 0.1)]
        pieces.append(_Piece(branch, (0.3, 0.22, 0.15), generator.uniform(0.06, 0.16)))
    return pieces


_SHAPES: dict[str, Callable[[Generator], list[_Piece]]] = {
    "airplane": _airplane,
    "automobile": _automobile,
    "bird": _bird,
    "cat": _cat,
    "deer": _deer,
    "dog": _dog,
    "frog": _frog,
    "horse": _horse,
    "ship": _ship,
    "truck": _truck,
}
