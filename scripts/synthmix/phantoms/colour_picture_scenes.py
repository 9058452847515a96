"""Scenes that things in colour pictures stand before: skies, fields, streets and the like.

A scene is (`SIDE`, `SIDE`, 3), values about 0 to 1.
"""

import colorsys
from collections.abc import Callable

import numpy as np

from synthmix.phantoms.textures import FloatImage, enlarged

Generator = np.random.Generator

SIDE = 128  # of a drawing, which is reduced at the end


def random_scene(generator: Generator, label: str) -> FloatImage:
    """Return a scene that things of the class `label` are seen before."""
    kinds, odds = _SCENES[label]
    return _SCENERY[generator.choice(kinds, p=odds)](generator)


def _clouds(generator: Generator, cells: int) -> FloatImage:
    """Return smooth noise (`SIDE`, `SIDE`, 1) of `cells` patches a side, with deviation near 1."""
    return enlarged(generator.standard_normal((cells, cells)), (SIDE, SIDE))[..., None]


def _sky(generator: Generator) -> FloatImage:
    """Return a sky, blue, grey or of evening, lighter towards the horizon."""
    hue, saturation, value = generator.uniform([0.52, 0.02, 0.55], [0.64, 0.6, 0.95])
    if generator.random() < 0.15:
        hue, value = generator.uniform([0.03, 0.3], [0.12, 0.8])
    colour = np.array(colorsys.hsv_to_rgb(hue, saturation, value))
    paler = np.linspace(0, generator.uniform(0, 0.6), SIDE)[:, None, None]
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
    row = int(SIDE * generator.uniform(0.25, 0.7))
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
