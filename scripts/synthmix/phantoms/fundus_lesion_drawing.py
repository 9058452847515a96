"""Drawing of lesions of the retina, from hardly seen to striking.

Lengths and colours are as in `fundus_eye`. The ranges are chosen by eye.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synthmix.phantoms.fundus_eye import Colour, Eye, Pen, blend
from synthmix.phantoms.textures import FloatImage


@dataclass(frozen=True)
class _Spots:
    """Spots of one kind; a severity of 0 to 1 adds to their number and opacity."""

    number: tuple[int, int]
    """The least, and what severity adds at the most."""
    around: Literal["disc", "macula"]
    spread: float
    """How far from there, or from the middle of their cluster, they lie."""
    radii: tuple[float, float]
    """Range of their sizes."""
    colour: Colour
    opacity: float
    """The least; severity adds up to 0.4."""
    blur: float
    clusters: float | None = None
    """How far the middles of clusters lie from `around`; None where there is no cluster."""

    def places(
        self, generator: np.random.Generator, eye: Eye, severity: float
    ) -> NDArray[np.floating]:
        """Return where in the eye the spots lie, (N, 2)."""
        middles = getattr(eye, self.around)[None]
        if self.clusters is not None:
            count = int(generator.integers(1, 4))
            middles = _scattered(generator, count, middles[0], self.clusters)
        number = int(self.number[0] + self.number[1] * severity)
        return np.concatenate(
            [_scattered(generator, number, middle, self.spread) for middle in middles]
        )


_DRUSEN = _Spots((10, 60), "macula", 0.20, (0.015, 0.045), (0.95, 0.78, 0.38), 0.4, 0.01)
_HAEMORRHAGES = _Spots((4, 26), "macula", 0.42, (0.015, 0.065), (0.33, 0.04, 0.03), 0.5, 0.008)
_EXUDATES = _Spots((8, 22), "macula", 0.09, (0.010, 0.035), (1.0, 0.92, 0.52), 0.6, 0.006, 0.22)
_COTTON_WOOL = _Spots((2, 6), "disc", 0.38, (0.04, 0.09), (0.97, 0.90, 0.72), 0.5, 0.03)
# By the names of findings in the tables.
_SPOTS = {
    "DR": (_HAEMORRHAGES, _EXUDATES),
    "DN": (_DRUSEN,),
    "HR": (_HAEMORRHAGES,),
    "EDN": (_EXUDATES,),
    "CWS": (_COTTON_WOOL,),
}


def draw_lesions(
    generator: np.random.Generator, eye: Eye, picture: FloatImage, finding: str, severity: float
) -> None:
    """Draw the lesions of `finding` on `picture`, as many and as dense as `severity`, 0 to 1, says.

    Draws nothing for a finding that has no lesions of its own.
    """
    if finding == "BRVO":
        _draw_blocked_vein(generator, eye, picture, severity)
    for spots in _SPOTS.get(finding, ()):
        _draw_spots(generator, eye, picture, spots, severity)


def _draw_spots(
    generator: np.random.Generator, eye: Eye, picture: FloatImage, spots: _Spots, severity: float
) -> None:
    places = spots.places(generator, eye, severity)

    def draw(pen: Pen) -> None:
        for place in places:
            pen.spot(generator, place, generator.uniform(*spots.radii))

    share = np.float32(spots.opacity + 0.4 * severity) * eye.drawn(draw, spots.blur)
    blend(picture, share, spots.colour)


def _scattered(
    generator: np.random.Generator, number: int, middle: NDArray[np.floating], spread: float
) -> NDArray[np.floating]:
    """Return places (`number`, 2) around `middle`, (2,)."""
    return middle + generator.normal(0, spread, (number, 2))


def _draw_blocked_vein(
    generator: np.random.Generator, eye: Eye, picture: FloatImage, severity: float
) -> None:
    """Draw flame-shaped haemorrhages along one arcade."""
    outwards = np.array([-eye.side, generator.choice((-1, 1))])
    starts = eye.disc + generator.uniform(0.15, 0.75, (int(20 + 60 * severity), 2)) * outwards

    def draw_flames(pen: Pen) -> None:
        for start in starts:
            away = (start - eye.disc) * generator.uniform(0.05, 0.2)
            pen.line(np.stack([start, start + away]), generator.uniform(0.01, 0.04))

    share = np.float32(0.45 + 0.4 * severity) * eye.drawn(draw_flames, 0.008)
    blend(picture, share, (0.36, 0.04, 0.03))
