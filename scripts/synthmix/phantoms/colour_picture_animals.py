"""Animals in colour pictures, each as the pieces that are drawn in turn."""

import colorsys
from dataclasses import dataclass

import numpy as np

from synthmix.phantoms.colour_picture_pieces import (
    BLACK,
    Colour,
    Generator,
    Piece,
    Point,
    ellipse,
    lightened,
    random_coat,
    random_paint,
    shaded,
)


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


def _quadruped(generator: Generator, build: _Build, coat: Colour) -> list[Piece]:
    """Return legs, body, neck and head, which looks to the left."""
    dark = shaded(coat, generator.uniform(0.6, 0.9))
    pieces = []
    for x, near in ((-0.45, False), (0.6, False), (-0.58, True), (0.48, True)):
        step = float(generator.uniform(-0.16, 0.16))
        knee = (x + 0.6 * step, build.girth + 0.45 * build.legs)
        leg = [(x, 0.2 * build.girth), knee, (x + step, build.girth + build.legs)]
        pieces.append(Piece(leg, coat if near else dark, build.thick))
    head = build.head_at
    base = (-0.5, -0.1 * build.girth)
    pieces.append(Piece([base, head], coat, 1.1 * build.girth))
    pieces.append(ellipse((0, 0), (0.75, build.girth), coat))
    pieces.append(ellipse((0.45, -0.05), (0.33, 1.05 * build.girth), coat))
    slope = 0.4 * build.head[1]
    muzzle = (head[0] - build.head[0], head[1] + slope)
    pieces.append(Piece([head, muzzle], dark if generator.random() < 0.3 else coat, build.head[1]))
    pieces.append(ellipse(head, (0.7 * build.head[0], build.head[1]), coat))
    eye = (head[0] - 0.2 * build.head[0], head[1] - 0.2 * build.head[1])
    pieces.append(ellipse(eye, (0.04, 0.04), BLACK))
    return pieces


def deer(generator: Generator) -> list[Piece]:
    """Return a deer, spotted or with antlers now and then."""
    hue, saturation, value = generator.uniform([0.05, 0.25, 0.3], [0.1, 0.65, 0.75])
    coat = colorsys.hsv_to_rgb(hue, saturation, value)
    legs, high, back = generator.uniform([0.7, -0.95, -0.35], [1.0, -0.6, -0.15])
    build = _Build(legs, 0.09, 0.28, (back, high), (0.26, 0.13))
    pieces = _quadruped(generator, build, coat)
    x, y = build.head_at
    pieces.append(Piece([(x + 0.1, y), (x + 0.32, y - 0.16), (x + 0.14, y - 0.12)], coat))
    pieces.append(ellipse((0.76, -0.05), (0.08, 0.13), (0.9, 0.88, 0.8)))
    if generator.random() < 0.65:
        horn, size = shaded(coat, 0.55), generator.uniform(0.35, 0.7)
        for side in (-0.5, 0.6):
            beam = [(x + 0.05, y - 0.1), (x + side * size, y - 0.5 * size)]
            beam.append((x + 0.8 * side * size, y - size))
            pieces.append(Piece(beam, horn, 0.05))
            tine = [(x + side * size, y - 0.5 * size), (x + 1.5 * side * size, y - 0.75 * size)]
            pieces.append(Piece(tine, horn, 0.05))
    if generator.random() < 0.4:
        for spot in generator.uniform([-0.5, -0.2], [0.6, 0.05], (7, 2)):
            pieces.append(ellipse((spot[0], spot[1]), (0.04, 0.04), (0.9, 0.85, 0.75)))
    return pieces


def horse(generator: Generator) -> list[Piece]:
    """Return a horse, some with a rider."""
    coat = random_coat(generator)
    legs, high, back = generator.uniform([0.65, -0.7, -0.5], [0.9, -0.35, -0.25])
    build = _Build(legs, 0.13, 0.36, (back, high), (0.38, 0.15))
    pieces = _quadruped(generator, build, coat)
    x, y = build.head_at
    mane = shaded(coat, generator.choice([0.35, 0.6, 1.5]))
    pieces.append(Piece([(x + 0.05, y - 0.2), (x + 0.25, y - 0.05), (-0.3, -0.35)], mane, 0.12))
    pieces.append(Piece([(x, y - 0.05), (x + 0.05, y - 0.25), (x + 0.12, y - 0.05)], coat))
    swing, fall = generator.uniform([0.85, 0.4], [1.15, 0.8])
    pieces.append(Piece([(0.7, -0.2), (swing, 0.0), (swing, fall)], mane, 0.14))
    if generator.random() < 0.25:  # a rider
        cloth = random_paint(generator)
        pieces.append(Piece([(0, -0.25), (-0.05, -0.85)], cloth, 0.28))
        pieces.append(Piece([(0, -0.3), (-0.15, 0.25)], shaded(cloth, 0.5), 0.16))
        pieces.append(ellipse((-0.06, -1.05), (0.13, 0.15), (0.75, 0.55, 0.45)))
    return pieces


def dog(generator: Generator) -> list[Piece]:
    """Return a dog from the side, or its face."""
    coat = random_coat(generator)
    ear = shaded(coat, generator.uniform(0.4, 0.85))
    if generator.random() < 0.45:
        return _dog_face(generator, coat, ear)
    legs, thick, girth, high = generator.uniform([0.4, 0.12, 0.25, -0.5], [0.65, 0.2, 0.38, -0.25])
    build = _Build(legs, thick, girth, (-0.3, high), (0.36, 0.2))
    pieces = _quadruped(generator, build, coat)
    x, y = build.head_at
    pieces.append(ellipse((x + 0.12, y + 0.12), (0.1, 0.24), ear))
    pieces.append(ellipse((x - 0.48, y + 0.03), (0.07, 0.06), BLACK))
    up = float(generator.uniform(-0.7, -0.1))
    pieces.append(Piece([(0.65, -0.1), (0.95, up)], coat, 0.12))
    if generator.random() < 0.4:
        pieces.append(
            ellipse((generator.uniform(-0.3, 0.4), 0), (0.25, 0.2), random_coat(generator))
        )
    return pieces


def _dog_face(generator: Generator, coat: Colour, ear: Colour) -> list[Piece]:
    long, wide = generator.uniform([0.35, 0.3], [0.6, 0.45])
    muzzle = lightened(coat) if generator.random() < 0.6 else coat
    chest = ellipse((0, 1.0), (generator.uniform(0.5, 0.8), 0.6), shaded(coat, 0.85))
    pieces = [chest, ellipse((0, 0), (0.58, 0.66), coat)]
    for side in (-1, 1):
        pieces.append(ellipse((side * 0.6, 0.1), (0.19, long), ear))
        pieces.append(ellipse((side * 0.24, -0.12), (0.08, 0.08), BLACK))
    pieces.append(ellipse((0, 0.32), (wide, 0.36), muzzle))
    pieces.append(ellipse((0, 0.15), (0.16, 0.11), BLACK))
    if generator.random() < 0.4:
        pieces.append(ellipse((0, 0.62), (0.1, 0.17), (0.85, 0.4, 0.45)))
    return pieces


def cat(generator: Generator) -> list[Piece]:
    """Return a cat that sits, or its face."""
    coat = random_coat(generator)
    close = generator.random() < 0.5
    pieces = _cat_face(generator, coat)
    if close:
        chest = ellipse((0, 1.0), (generator.uniform(0.5, 0.85), 0.6), shaded(coat, 0.9))
        return [chest, *pieces]
    middle, wide = generator.uniform([0.1, 0.5], [0.55, 0.75])
    tail = [(middle + wide, 1.6), (middle + wide + 0.4, 1.2), (middle + wide + 0.35, 0.7)]
    body = [
        Piece(tail, shaded(coat, 0.8), 0.18),
        ellipse((middle, 1.15), (wide, 0.75), shaded(coat, 0.92)),
    ]
    for x in (middle - 0.3, middle + 0.1):
        body.append(Piece([(x, 1.2), (x, 1.9)], coat, 0.24))
    if generator.random() < 0.6:
        stripe = shaded(coat, 0.55)
        for x in np.linspace(middle, middle + 0.8 * wide, 4):
            body.append(Piece([(x, 0.7), (x + 0.08, 1.2)], stripe, 0.07))
    return body + pieces


def _cat_face(generator: Generator, coat: Colour) -> list[Piece]:
    wide, tip = generator.uniform([0.58, 0.8], [0.7, 1.05])
    pieces = []
    for side in (-1, 1):
        ear = [(side * 0.1, -0.42), (side * 0.5, -tip), (side * wide, -0.1)]
        inner = [(side * 0.25, -0.45), (side * 0.47, -tip + 0.18), (side * 0.52, -0.3)]
        pieces += [Piece(ear, coat), Piece(inner, (0.8, 0.55, 0.5))]
    pieces.append(ellipse((0, 0), (wide, 0.55), coat))
    if generator.random() < 0.6:
        for x in (-0.15, 0, 0.15):
            pieces.append(Piece([(x, -0.5), (0.8 * x, -0.25)], shaded(coat, 0.5), 0.06))
    hue = generator.uniform(0.12, 0.5)
    for side in (-1, 1):
        pieces.append(
            ellipse((side * 0.26, -0.05), (0.13, 0.11), colorsys.hsv_to_rgb(hue, 0.6, 0.8))
        )
        pieces.append(ellipse((side * 0.26, -0.05), (0.04, 0.1), BLACK))
        for y in (0.2, 0.32):
            pieces.append(Piece([(side * 0.15, 0.22), (side * 0.75, y)], (0.9, 0.9, 0.9), 0.02))
    pieces.append(ellipse((0, 0.3), (0.24, 0.17), lightened(coat)))
    pieces.append(Piece([(-0.08, 0.16), (0.08, 0.16), (0, 0.26)], (0.8, 0.45, 0.45)))
    return pieces


def frog(generator: Generator) -> list[Piece]:
    """Return a frog that sits."""
    hue, saturation, value = generator.uniform([0.07, 0.3, 0.25], [0.36, 0.85, 0.75])
    skin = colorsys.hsv_to_rgb(hue, saturation, value)
    dark, pale = shaded(skin, 0.6), shaded(skin, 1.4)
    high, lean = generator.uniform([0.4, -0.2], [0.6, 0.1])
    pieces = [
        ellipse((0.5, 0.25), (0.42, 0.3), dark),  # the thigh
        Piece([(0.75, 0.35), (0.15, 0.52), (0.7, 0.6), (0.95, 0.6)], dark, 0.13),
        ellipse((0.1, 0.1 + lean / 2), (0.72, high), skin),
        ellipse((-0.55, lean), (0.42, 0.33), skin),
        ellipse((-0.3, 0.32 + lean / 2), (0.5, 0.18), pale),
        Piece([(-0.3, 0.25), (-0.42, 0.6), (-0.6, 0.62)], skin, 0.14),
        Piece([(-0.95, lean + 0.1), (-0.35, lean + 0.14)], shaded(skin, 0.45), 0.05),
    ]
    for x in (-0.7, -0.38):
        pieces.append(ellipse((x, lean - 0.3), (0.16, 0.16), skin))
        pieces.append(ellipse((x, lean - 0.32), (0.1, 0.1), (0.8, 0.65, 0.2)))
        pieces.append(ellipse((x, lean - 0.32), (0.06, 0.07), BLACK))
    for _ in range(generator.integers(0, 14)):
        x, y, radius = generator.uniform([-0.3, -0.25, 0.04], [0.7, 0.2, 0.11])
        pieces.append(ellipse((x, y), (radius, 0.8 * radius), dark))
    return pieces


def bird(generator: Generator) -> list[Piece]:
    """Return a bird that stands, on a branch now and then."""
    colours = [
        random_coat(generator) if generator.random() < 0.6 else random_paint(generator)
        for _ in range(3)
    ]
    plume, breast, wing = colours
    legs, neck, tail, slim = generator.uniform([0.15, 0.0, 0.4, 0.3], [0.45, 0.25, 0.8, 0.45])
    if generator.random() < 0.15:  # with long legs and a long neck
        legs, neck = generator.uniform([0.7, 0.5], [1.1, 0.9])
    head = (-0.5 - 0.2 * neck, -0.4 - neck)
    beak = generator.uniform(0.15, 0.4)
    pieces = [
        Piece([(x, 0.2), (x - 0.04, slim + legs)], (0.3, 0.2, 0.1), 0.05) for x in (-0.1, 0.12)
    ]
    pieces += [
        Piece([(0.4, -0.05), (0.6 + tail, 0.15), (0.55 + tail, 0.32), (0.3, 0.2)], wing),
        Piece([(-0.3, 0), head], plume, 0.24),
        ellipse((0, 0), (0.6, slim), plume),
        ellipse((-0.25, 0.1), (0.35, 0.75 * slim), breast),
        ellipse((0.15, -0.04), (0.42, 0.5 * slim), wing),
        ellipse(head, (0.25, 0.23), plume),
    ]
    colour = [(0.9, 0.6, 0.15), (0.15, 0.13, 0.12), (0.6, 0.5, 0.4)][generator.integers(3)]
    tip = (head[0] - 0.2 - beak, head[1] + 0.06)
    pieces.append(
        Piece([(head[0] - 0.2, head[1] - 0.09), tip, (head[0] - 0.2, head[1] + 0.1)], colour)
    )
    pieces.append(ellipse((head[0] - 0.07, head[1] - 0.05), (0.05, 0.05), BLACK))
    if generator.random() < 0.4:
        level = slim + legs
        branch = [(-1.3, level + generator.uniform(-0.2, 0.3)), (0, level), (1.3, level + 0.1)]
        pieces.append(Piece(branch, (0.3, 0.22, 0.15), generator.uniform(0.06, 0.16)))
    return pieces
