"""The back of an eye in the frame of a photograph, and what draws on it.

Lengths are in radii of the camera's round field of view, with `x` to the right and `y` downwards
from its middle, and colours are red, green, blue in [0, 1], unless a docstring says otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from synthmix.phantoms.textures import FloatImage, reduced

Colour = tuple[float, float, float]

_OVERSAMPLING = 3  # of what is drawn with lines and spots


@dataclass(frozen=True)
class Eye:
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

    def drawn(self, draw: Callable[["Pen"], None], blur: float) -> FloatImage:
        """Return what `draw` draws, 0 to 1, with edges `blur` wide; (`height`, `width`)."""
        size = (self.width * _OVERSAMPLING, self.height * _OVERSAMPLING)
        image = Image.new("L", size)
        unit = self.radius * self.height * _OVERSAMPLING
        draw(Pen(ImageDraw.Draw(image), np.array(size) / 2, unit))
        return reduced(image, (self.height, self.width), blur * self.radius * self.height)


@dataclass(frozen=True)
class Pen:
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


def blend(picture: FloatImage, share: FloatImage, colour: Colour) -> None:
    """Cover `picture` with `colour`, as much at each pixel as `share` says, 0 to 1."""
    picture += share[..., None] * (np.array(colour, np.float32) - picture)
