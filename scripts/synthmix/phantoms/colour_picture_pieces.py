"""What things in colour pictures are drawn from: pieces and their colours.

Coordinates grow to the right and downwards, from about -1 to 1.
"""

import colorsys
from dataclasses import dataclass

import numpy as np

Generator = np.random.Generator
Point = tuple[float, float]
Colour = tuple[float, float, float]

BLACK: Colour = (0.05, 0.05, 0.05)
DARK: Colour = (0.22, 0.22, 0.22)
GLASS: Colour = (0.2, 0.25, 0.3)


@dataclass(frozen=True)
class Piece:
    """A line or a polygon of one colour."""

    points: list[Point]
    colour: Colour
    """Red, green and blue, from 0 to 1."""
    width: float | None = None
    """Of a line through the points; None fills the polygon that they are the corners of."""


def ellipse(
    middle: Point, radii: Point, colour: Colour, begin: float = 0.0, end: float = 1.0
) -> Piece:
    """Return the part of an ellipse between two angles, in turns from the right downwards."""
    angles = 2 * np.pi * np.linspace(begin, end, 24)
    points = [
        (float(middle[0] + radii[0] * np.cos(angle)), float(middle[1] + radii[1] * np.sin(angle)))
        for angle in angles
    ]
    return Piece(points, colour)


def box(left: float, top: float, right: float, bottom: float, colour: Colour) -> Piece:
    """Return a rectangle."""
    return Piece([(left, top), (right, top), (right, bottom), (left, bottom)], colour)


def shaded(colour: Colour, factor: float) -> Colour:
    """Return a colour whose values are `factor` times those of another."""
    red, green, blue = colour
    return (red * factor, green * factor, blue * factor)


def lightened(colour: Colour) -> Colour:
    """Return a colour about half way to white."""
    red, green, blue = colour
    return (0.5 * red + 0.45, 0.5 * green + 0.45, 0.5 * blue + 0.45)


def random_paint(generator: Generator) -> Colour:
    """Return a colour that things are painted in: any, often white, grey or black."""
    if generator.random() < 0.45:
        grey = float(generator.uniform(0.1, 0.95))
        return (grey, grey, grey)
    hue, saturation, value = generator.uniform([0, 0.5, 0.35], [1, 0.95, 0.9])
    return colorsys.hsv_to_rgb(hue, saturation, value)


def random_coat(generator: Generator) -> Colour:
    """Return a colour that animals have: brown to yellow, grey, black or white."""
    hue, saturation, value = generator.uniform([0.04, 0.1, 0.12], [0.12, 0.65, 0.85])
    return colorsys.hsv_to_rgb(hue, saturation, value)
