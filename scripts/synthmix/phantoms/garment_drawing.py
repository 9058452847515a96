"""Drawing of garments.

As in Fashion-MNIST, a garment is white to grey on black, fills the picture in its longer
direction, and shoes point to the left. A shape is a list of pieces, which are drawn in turn.
Coordinates grow to the right and downwards; a garment's middle is at x = 0 where it is symmetric.
Cuts, patterns and brightness vary so much that shirts, pullovers and coats are taken for each
other, as there.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from synthmix.phantoms.idx import SIZE
from synthmix.phantoms.textures import FloatImage, eight_bit, enlarged

_FINE = 4 * SIZE  # of the drawing, which is shrunk at the end

Generator = np.random.Generator
Point = tuple[float, float]


@dataclass(frozen=True)
class _Piece:
    points: list[Point]
    shade: float = 1.0
    """Brightness, in that of the cloth."""
    width: float | None = None
    """Of a line through the points; None fills the polygon that they are the corners of."""


def draw(generator: Generator, label: str) -> NDArray[np.uint8]:
    """Return a garment of the class `label` as grey levels, 28 x 28."""
    pieces = _fitted(_SHAPES[label](generator), generator.uniform(-0.05, 0.05))
    shades = _drawn(pieces)
    folds = 1 + generator.uniform(0.03, 0.12) * _clouds(generator, 7)
    rim = _blurred(shades)
    cloth = shades * folds * _pattern(generator) * (0.7 + 0.3 * np.minimum(rim, 1))
    fine = generator.uniform(0.3, 1.1) * np.clip(cloth, 0, 1.3)
    coarse = fine.reshape(SIZE, 4, SIZE, 4).mean(axis=(1, 3))
    noise = 0.02 * generator.standard_normal(coarse.shape) * (coarse > 0.04)
    return eight_bit(coarse + noise)


def _fitted(pieces: list[_Piece], slant: float) -> list[_Piece]:
    """Return `pieces` slanted by `slant`, scaled and moved so that they fill the drawing."""
    every = np.array([point for piece in pieces for point in piece.points])
    every[:, 0] += slant * every[:, 1]
    low, high = every.min(axis=0), every.max(axis=0)
    scale = (_FINE - 4) / (high - low).max()
    offset = (_FINE - scale * (high + low)) / 2

    def place(point: Point) -> Point:
        x, y = point
        return (scale * (x + slant * y) + offset[0], scale * y + offset[1])

    return [
        _Piece(
            [place(point) for point in piece.points],
            piece.shade,
            None if piece.width is None else piece.width * scale,
        )
        for piece in pieces
    ]


def _drawn(pieces: list[_Piece]) -> FloatImage:
    """Return the shades of the fitted `pieces`, 0 where there are none."""
    image = Image.new("F", (_FINE, _FINE))
    pencil = ImageDraw.Draw(image)
    for piece in pieces:
        if piece.width is None:
            pencil.polygon(piece.points, fill=piece.shade)
        else:
            pencil.line(piece.points, fill=piece.shade, width=max(2, round(piece.width)))
    return np.asarray(image)


def _blurred(image: FloatImage) -> FloatImage:
    small = Image.fromarray(image).resize((SIZE // 2, SIZE // 2), Image.Resampling.BOX)
    return enlarged(np.asarray(small), (_FINE, _FINE))


def _clouds(generator: Generator, cells: int) -> FloatImage:
    """Return smooth noise of about `cells` patches a side, with standard deviation near 1."""
    return enlarged(generator.standard_normal((cells, cells)), (_FINE, _FINE))


def _pattern(generator: Generator) -> FloatImage:
    """Return what the cloth's weave or print does to its brightness: a factor for each pixel."""
    y, x = np.mgrid[0:_FINE, 0:_FINE] / _FINE
    kind = generator.choice(["plain", "across", "along", "checks", "print", "mottled"], p=_KINDS)
    depth, waves, phase = generator.uniform([0.15, 4, 0], [0.7, 11, 1])
    across = (np.sin(2 * np.pi * (waves * y + phase)) > generator.uniform(-0.6, 0.6)).astype(float)
    along = (np.sin(2 * np.pi * (waves * x + phase)) > generator.uniform(-0.6, 0.6)).astype(float)
    if kind == "across":
        return 1 - depth * across
    if kind == "along":
        return 1 - depth * along
    if kind == "checks":
        return 1 - depth * (across + along) / 2
    if kind == "mottled":
        return 1 + depth / 2 * _clouds(generator, 18)
    if kind == "print":
        middle_x, middle_y, width, height = generator.uniform(
            [0.42, 0.3, 0.06, 0.03], [0.58, 0.55, 0.18, 0.16]
        )
        inside = ((x - middle_x) / width) ** 2 + ((y - middle_y) / height) ** 2 < 1
        return 1 + generator.choice([-depth, depth / 2]) * inside
    return np.ones((_FINE, _FINE))


_KINDS = (0.46, 0.12, 0.07, 0.06, 0.17, 0.12)


def _mirrored(half: list[Point]) -> list[Point]:
    """Return the outline whose right half is `half`, from top to bottom."""
    return half + [(-x, y) for x, y in reversed(half)]


@dataclass(frozen=True)
class _Cut:
    """The cut of what is worn above the waist, in widths of a body with its sleeves on."""

    length: float
    sleeve: float
    """Length of a sleeve; 0 for none."""
    waist: float = 0.27
    hem: float = 0.28
    """Half of the width there."""
    spread: float = 0.16
    """How far a sleeve's end is from the body."""
    neck: float = 0.12
    """Half of its width."""
    depth: float = 0.06
    """Of the neckline."""


def _top(generator: Generator, cut: _Cut) -> list[_Piece]:
    """Return the body, its sleeves and the neckline."""
    shoulder, armpit = generator.uniform(0.25, 0.31), generator.uniform(0.22, 0.28)
    wide = generator.uniform(0.12, 0.17) if cut.sleeve < 0.4 else generator.uniform(0.08, 0.12)
    body = _mirrored(
        [
            (cut.neck, 0),
            (shoulder, 0.05),
            (0.9 * shoulder, armpit),
            (cut.waist, 0.55 * cut.length),
            (cut.hem, cut.length),
        ]
    )
    pieces = []
    if cut.sleeve:
        end = (shoulder + cut.spread, 0.05 + cut.sleeve)
        sleeve = [(cut.neck, 0), (shoulder, 0.04), (end[0], end[1] - 0.03)]
        sleeve += [(end[0] - wide, end[1]), (0.85 * shoulder, armpit + 0.02)]
        shade = generator.uniform(0.75, 1.0)
        pieces += [
            _Piece(sleeve, shade),
            _Piece([(-x, y) for x, y in sleeve], shade),
        ]
    pieces.append(_Piece(body))
    if cut.sleeve > 0.3:  # beside a long sleeve lies a fold of the body
        shade = generator.uniform(0.1, 0.6)
        seam = [(0.88 * shoulder, armpit), (cut.waist, 0.55 * cut.length), (cut.hem, cut.length)]
        pieces += [
            _Piece(seam, shade, 0.022),
            _Piece([(-x, y) for x, y in seam], shade, 0.022),
        ]
    neckline = [(cut.neck, -0.005), (0.5 * cut.neck, 0.8 * cut.depth), (0, cut.depth)]
    return [*pieces, _Piece(_mirrored(neckline), generator.choice([0.0, 0.35]))]


def _t_shirt(generator: Generator) -> list[_Piece]:
    sleeve, spread, length, hem = generator.uniform(
        [0.17, 0.12, 0.78, 0.24], [0.30, 0.26, 1.0, 0.32]
    )
    cut = _Cut(length, sleeve, hem - 0.01, hem, spread, depth=generator.uniform(0.03, 0.14))
    return _top(generator, cut)


def _pullover(generator: Generator) -> list[_Piece]:
    length, spread, hem = generator.uniform([0.78, 0.06, 0.22], [0.98, 0.26, 0.29])
    sleeve = length * generator.uniform(0.8, 1.0)
    cut = _Cut(length, sleeve, hem, hem, spread, depth=generator.uniform(0.02, 0.09))
    band = [(-hem, length - 0.05), (hem, length - 0.05)]
    return [*_top(generator, cut), _Piece(band, 0.7, 0.012)]


def _coat(generator: Generator) -> list[_Piece]:
    length, spread, hem = generator.uniform([0.9, 0.05, 0.23], [1.15, 0.2, 0.31])
    sleeve = generator.uniform(0.75, 0.9)
    cut = _Cut(length, sleeve, hem - 0.03, hem, spread, depth=generator.uniform(0.05, 0.25))
    aside = generator.uniform(-0.03, 0.03)
    front = _Piece([(0, cut.depth), (aside, length)], generator.uniform(0, 0.6), 0.025)
    pockets = [
        _Piece([(side * 0.08, 0.66 * length), (side * 0.2, 0.62 * length)], 0.5, 0.015)
        for side in (-1, 1)
    ]
    return [*_top(generator, cut), front, *(pockets if generator.random() < 0.5 else [])]


def _shirt(generator: Generator) -> list[_Piece]:
    length, spread, hem = generator.uniform([0.82, 0.06, 0.22], [1.08, 0.24, 0.29])
    long_sleeve = generator.random() < 0.7
    sleeve = length * generator.uniform(0.7, 0.95) if long_sleeve else generator.uniform(0.18, 0.3)
    cut = _Cut(length, sleeve, hem - 0.02, hem, spread, depth=generator.uniform(0.05, 0.18))
    pieces = _top(generator, cut)
    if generator.random() < 0.75:
        buttons = np.arange(cut.depth + 0.05, length, generator.uniform(0.09, 0.14))
        shade = generator.choice([0.5, 1.5])
        pieces += [_Piece([(0, y), (0, y + 0.03)], shade, 0.03) for y in buttons]
        for side in (-1, 1):  # the collar
            corner = (side * 0.09, cut.depth + 0.07)
            collar = [(side * cut.neck, 0), (side * 0.02, cut.depth), corner]
            pieces.append(_Piece(collar, generator.uniform(0.8, 1.3)))
    return pieces


def _dress(generator: Generator) -> list[_Piece]:
    waist, hem, sleeve = generator.uniform([0.15, 0.17, 0.1], [0.23, 0.42, 0.3])
    long_sleeve = generator.random() < 0.2
    sleeve = generator.choice([0, 0, sleeve]) if not long_sleeve else 0.8
    length = generator.uniform(1.25, 1.7)
    cut = _Cut(length, sleeve, waist, hem, 0.06, 0.13, generator.uniform(0.05, 0.22))
    belt = _Piece([(-waist, 0.5 * length), (waist, 0.5 * length)], 0.55, 0.03)
    return [*_top(generator, cut), *([belt] if generator.random() < 0.35 else [])]


def _trouser(generator: Generator) -> list[_Piece]:
    waist, hip, gap, hem, length = generator.uniform(
        [0.14, 0.17, 0.005, 0.07, 1.0], [0.2, 0.24, 0.06, 0.14, 1.25]
    )
    if generator.random() < 0.12:
        length = generator.uniform(0.5, 0.7)
    crotch = generator.uniform(0.26, 0.34)
    leg = [(waist, 0), (hip, 0.2), (gap + hem, length), (gap, length), (0.004, crotch), (0, 0)]
    other = [(-x, y) for x, y in leg]
    shade = generator.uniform(0.8, 1.0)
    band = [(-waist, 0.04), (waist, 0.04)]
    return [_Piece(leg), _Piece(other, shade), _Piece(band, 0.6, 0.012)]


def _sandal(generator: Generator) -> list[_Piece]:
    heel, sole = generator.uniform([0.0, 0.03], [0.32, 0.07])
    toe = 0.45 + sole
    upper = [(-0.5, 0.45), (-0.2, 0.44), (0.2, 0.45 - 0.6 * heel), (0.5, 0.45 - heel)]
    under = [(x, y + sole) for x, y in reversed(upper)]
    pieces = [_Piece([*upper, *under], generator.uniform(0.6, 1.1))]
    if heel > 0.1:
        thin = generator.uniform(0.03, 0.16)
        block = [(0.5, 0.45 - heel), (0.5, toe), (0.5 - thin, toe), (0.42 - thin, 0.48 - heel)]
        pieces.append(_Piece(block, generator.uniform(0.6, 1.0)))
    wide = generator.uniform(0.03, 0.08)
    for x in generator.uniform(-0.42, 0.05, generator.integers(1, 4)):
        arch = [(x, 0.46), (x + 0.07, 0.3), (x + 0.2, 0.26), (x + 0.25, 0.44 - 0.5 * heel)]
        pieces.append(_Piece(arch, generator.uniform(0.7, 1.2), wide))
    if generator.random() < 0.75:
        ankle = 0.45 - heel - generator.uniform(0.14, 0.3)
        strap = [(0.5, 0.45 - heel), (0.47, ankle), (0.2, ankle + 0.04), (0.1, 0.45 - 0.4 * heel)]
        pieces.append(_Piece(strap, generator.uniform(0.7, 1.2), 0.8 * wide))
    return pieces


def _sneaker(generator: Generator) -> list[_Piece]:
    toe, tongue, heel, opening = generator.uniform([0.1, 0.26, 0.2, 0.02], [0.16, 0.38, 0.32, 0.22])
    upper = [(-0.5, 0), (-0.48, -toe), (-0.25, -toe - 0.06), (opening, -tongue)]
    upper += [(opening + 0.12, -0.8 * heel), (0.46, -heel), (0.5, -heel + 0.05), (0.5, 0)]
    sole = [(-0.5, -0.01), (0.5, -0.01), (0.48, 0.06), (-0.47, 0.06)]
    pieces = [_Piece(upper), _Piece(sole, generator.choice([0.5, 1.3]))]
    laces = np.linspace(-0.22, opening - 0.05, generator.integers(2, 5))
    for x in laces:
        y = -toe - 0.06 - (tongue - toe - 0.06) * (x + 0.25) / (opening + 0.25)
        pieces.append(_Piece([(x, y), (x + 0.05, y + 0.08)], generator.choice([0.5, 1.4]), 0.02))
    shade = generator.choice([0.4, 0.7, 1.4])
    for x in np.arange(generator.integers(1, 4)) * 0.08:
        stripe = [(x - 0.02, -0.03), (x + 0.1, -0.6 * heel)]
        pieces.append(_Piece(stripe, shade, generator.uniform(0.02, 0.05)))
    return pieces


def _ankle_boot(generator: Generator) -> list[_Piece]:
    shaft, toe, ankle, heel = generator.uniform([0.5, 0.1, -0.06, 0.0], [0.85, 0.17, 0.1, 0.16])
    wide = generator.uniform(0.0, 0.06)
    upper = [(-0.5, 0), (-0.48, -toe), (-0.25, -toe - 0.06), (ankle, -0.3)]
    upper += [(ankle - wide, -shaft), (0.47, -shaft - 0.02), (0.44, -0.3), (0.5, -heel)]
    upper += [(0.2, -0.5 * heel), (-0.2, 0.03)]
    block = [(0.5, -heel - 0.02), (0.48, 0.06), (0.26, 0.06), (0.22, -0.4 * heel)]
    sole = [(-0.5, 0), (-0.2, 0.03), (0.22, -0.4 * heel)]
    shade = generator.uniform(0.5, 1.2)
    pieces = [_Piece(upper), _Piece(block, shade), _Piece(sole, shade, 0.04)]
    if generator.random() < 0.6:  # a zip, or a strap
        high = generator.uniform(0.3, 0.8) * shaft
        line = [(0.2, -0.1), (0.22, -shaft)] if generator.random() < 0.5 else None
        strap = [(ankle - 0.02, -high), (0.46, -high - 0.03)]
        pieces.append(_Piece(line or strap, generator.choice([0.5, 1.3]), 0.03))
    return pieces


def _bag(generator: Generator) -> list[_Piece]:
    height, slope, wide, high = generator.uniform([0.45, -0.05, 0.12, 0.06], [0.85, 0.1, 0.4, 0.5])
    angles = np.linspace(0, np.pi, 15)
    handle = [(float(wide * np.cos(angle)), float(-high * np.sin(angle))) for angle in angles]
    body = [(-0.5 + slope, 0), (0.5 - slope, 0), (0.5, height), (-0.5, height)]
    handle_shade, thick = generator.uniform([0.6, 0.025], [1.1, 0.06])
    pieces = [_Piece(handle, handle_shade, thick), _Piece(body)]
    if generator.random() < 0.5:
        low = height * generator.uniform(0.3, 0.6)
        flap = [(-0.5 + slope, 0), (0.5 - slope, 0), (0.42, low), (-0.42, low)]
        pieces.append(_Piece(flap, generator.uniform(0.75, 1.25)))
        pieces.append(_Piece([(-0.03, low), (0.03, low)], 1.5, 0.07))
    else:
        pieces.append(_Piece([(-0.5 + slope, 0.08), (0.5 - slope, 0.08)], 0.6, 0.02))
    return pieces


_SHAPES: dict[str, Callable[[Generator], list[_Piece]]] = {
    "t_shirt": _t_shirt,
    "trouser": _trouser,
    "pullover": _pullover,
    "dress": _dress,
    "coat": _coat,
    "sandal": _sandal,
    "shirt": _shirt,
    "sneaker": _sneaker,
    "bag": _bag,
    "ankle_boot": _ankle_boot,
}
