"""Drawing of colour pictures: a scene, and before it the thing that it shows.

A thing is a list of pieces, which are drawn in turn. View, place, size, colours, scene and light
vary, and most colours and scenes go with several classes.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from synthmix.phantoms import colour_picture_animals as animals
from synthmix.phantoms import colour_picture_vehicles as vehicles
from synthmix.phantoms.colour_picture_pieces import Generator, Piece, Point
from synthmix.phantoms.colour_picture_scenes import SIDE, random_scene
from synthmix.phantoms.sizes import COLOUR_PICTURE as SIZE
from synthmix.phantoms.textures import FloatImage, eight_bit

_TILTS = {"airplane": 0.6, "bird": 0.35, "frog": 0.3, "cat": 0.2, "dog": 0.2}  # radians
_SHAPES: dict[str, Callable[[Generator], list[Piece]]] = {
    "airplane": vehicles.airplane,
    "automobile": vehicles.automobile,
    "bird": animals.bird,
    "cat": animals.cat,
    "deer": animals.deer,
    "dog": animals.dog,
    "frog": animals.frog,
    "horse": animals.horse,
    "ship": vehicles.ship,
    "truck": vehicles.truck,
}


def draw(generator: Generator, label: str) -> NDArray[np.uint8]:
    """Return a picture of the class `label`, 32 x 32 x 3."""
    scene = random_scene(generator, label)
    pieces = _SHAPES[label](generator)
    if generator.random() < 0.5:
        pieces = _moved(pieces, np.array([[-1.0, 0.0], [0.0, 1.0]]), (0, 0))
    picture = _drawn(scene, _framed(generator, pieces, _TILTS.get(label, 0.08)))
    coarse = picture.reshape(SIZE, SIDE // SIZE, SIZE, SIDE // SIZE, 3).mean(axis=(1, 3))
    tint = generator.uniform(0.9, 1.1, 3)
    contrast, light = generator.uniform([0.6, -0.12], [1.1, 0.12])
    lit = 0.5 + light + contrast * (coarse * tint - 0.5)
    lit += generator.uniform(0.005, 0.03) * generator.standard_normal(lit.shape)
    return eight_bit(lit)


def _framed(generator: Generator, pieces: list[Piece], tilt: float) -> list[Piece]:
    """Return `pieces` turned, stretched and placed in the drawing, of which they fill most."""
    angle, scale, stretch = generator.uniform([-tilt, 0.65, 0.85], [tilt, 1.15, 1.15])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    every = np.array([point for piece in pieces for point in piece.points])
    low, high = every.min(axis=0), every.max(axis=0)
    size = scale * SIDE / (high - low).max()
    matrix = size * turn @ np.diag([stretch, 1 / stretch])
    middle = SIDE * generator.uniform(0.42, 0.58, 2) - matrix @ ((low + high) / 2)
    return _moved(pieces, matrix, (middle[0], middle[1]))


def _moved(pieces: list[Piece], matrix: FloatImage, shift: Point) -> list[Piece]:
    """Return `pieces` with each point multiplied by `matrix` and then moved by `shift`."""
    wider = float(np.sqrt(abs(np.linalg.det(matrix))))
    return [
        Piece(
            [(float(x), float(y)) for x, y in np.array(piece.points) @ matrix.T + shift],
            piece.colour,
            None if piece.width is None else piece.width * wider,
        )
        for piece in pieces
    ]


def _drawn(scene: FloatImage, pieces: list[Piece]) -> FloatImage:
    """Return `scene` with `pieces` before it."""
    image = Image.fromarray(eight_bit(scene))
    pencil = ImageDraw.Draw(image)
    for piece in pieces:
        red, green, blue = (round(255 * min(max(value, 0), 1)) for value in piece.colour)
        if piece.width is None:
            pencil.polygon(piece.points, fill=(red, green, blue))
        else:
            width = max(2, round(piece.width))
            pencil.line(piece.points, fill=(red, green, blue), width=width, joint="curve")
    return np.asarray(image) / 255
